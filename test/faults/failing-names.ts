// Loaded into a process before everything else (node --import): while the file NAMES_FAIL is there no name of a host can be
// looked up, as with a name server that does not answer. Addresses written as numbers need none.
import dns from 'node:dns';
import { existsSync } from 'node:fs';

const lookUp = dns.lookup;

function failing(...words: unknown[]): unknown {
	const [host, ...rest] = words;
	const tell = rest.at(-1) as (error: Error) => void;
	if (!existsSync(process.env.NAMES_FAIL!)) return Reflect.apply(lookUp, dns, words);
	const error = new Error(`getaddrinfo EAI_AGAIN ${host}`);
	setImmediate(() =>
		tell(Object.assign(error, { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: host })),
	);
}

// Node's own connections ask this object at each look-up.
Object.assign(dns, { lookup: failing });
