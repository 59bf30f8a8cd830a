import dns from 'node:dns';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import { startMeddlingProxy } from '../sheet-sync/meddling-proxy.ts';
import { openSync, settle, startWorld } from '../sheet-sync/world.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { GoogleSignInServer } from '../support/google-sign-in-server.ts';
import { temporaryFolder } from '../support/recording.ts';
import { FEW, longTest } from './extent.ts';

// The Sheets API, or Google's sign-in, cannot be reached at all, or not safely: its name cannot be looked up, or somebody
// else answers in its place.

/** Hosts of these tests that cannot be looked up now, with the system's code for why not; undefined: it is this machine. */
const names = new Map<string, string | undefined>();
const lookUp = dns.lookup;
// Node's own connections ask this object at each look-up.
Object.assign(dns, {
	lookup: (...words: Parameters<typeof lookUp>) => {
		const [host, options, tell] = words as unknown as [string, object, (error: Error) => void];
		if (!names.has(host)) return Reflect.apply(lookUp, dns, words);
		const code = names.get(host);
		if (code === undefined) return Reflect.apply(lookUp, dns, ['127.0.0.1', options, tell]);
		const error = new Error(`getaddrinfo ${code} ${host}`);
		setImmediate(() => tell(Object.assign(error, { code, syscall: 'getaddrinfo', hostname: host })));
	},
});

/** A sheet with a row that is an event, and one that was typed since. */
async function world(t: ExecutionContext) {
	const made = await startWorld(t);
	await made.type('Talks!D2', [['First']]);
	await settle(await openSync(made));
	await made.type('Talks!D3', [['Second']]);
	return made;
}

/** Holds that a cycle fails with a sentence, twice, and that the same sync goes on once `mend` is done. */
async function recovers(
	t: ExecutionContext,
	made: Awaited<ReturnType<typeof world>>,
	endpoint: string,
	sentence: RegExp,
	mend: () => void,
): Promise<void> {
	const sync = await openSync(made, { endpoint });
	for (let cycle = 0; cycle < 2; cycle++) {
		await t.throwsAsync(sync.cycle(), { instanceOf: SheetsError, message: sentence });
	}
	mend();
	await settle(sync);
	const rows = await made.rows();
	t.deepEqual(
		rows.map(({ Description, State, Error: said }) => [Description, State, said]),
		[
			['First', 'UNEDITED', ''],
			['Second', 'UNEDITED', ''],
		],
	);
	const events = await made.db.selectFrom('events').select(['id', 'removed_from_sheet_at']).execute();
	t.deepEqual(events.map(({ id }) => id).sort(), rows.map(({ ID }) => ID).sort());
	t.true(events.every(({ removed_from_sheet_at }) => removed_from_sheet_at === null));
}

for (const code of FEW ? ['EAI_AGAIN'] : ['ENOTFOUND', 'EAI_AGAIN']) {
	test(`a name that cannot be looked up (${code}): one sentence, no row at fault, and the sync goes on once it can`, async (t) => {
		const made = await world(t);
		const endpoint = new URL((await startMeddlingProxy(t, made.sheet.url)).url);
		endpoint.hostname = `${code.toLowerCase().replace('_', '-')}.sheets.example`;
		names.set(endpoint.hostname, code);
		await recovers(
			t,
			made,
			endpoint.href,
			new RegExp(
				`^Cannot reach http://${endpoint.host}/?: its name cannot be looked up \\(.*${code}.*\\); look at this machine’s network and DNS\\.$`,
			),
			() => names.set(endpoint.hostname, undefined),
		);
	});
}

test('a name of Google’s sign-in that cannot be looked up is said to be that one', async (t) => {
	const made = await world(t);
	const google = await GoogleSignInServer.start(t);
	const file = await google.writeServiceAccount(join(await temporaryFolder(t), 'key.json'));
	const key = JSON.parse(await readFile(file, 'utf8'));
	await writeFile(file, JSON.stringify({ ...key, token_uri: 'https://sign-in.example/token' }));
	names.set('sign-in.example', 'ENOTFOUND');
	const sync = await openSync(made, { credentialsFile: file });
	await t.throwsAsync(sync.cycle(), {
		instanceOf: SheetsError,
		message:
			/^Cannot reach Google’s sign-in \(https:\/\/sign-in\.example\/token\): its name cannot be looked up/,
	});
});

/** Stands in front of the sheet with TLS, and with whatever certificate it is given. */
async function startTls(t: ExecutionContext, target: string) {
	const certificates = await makeCertificates(await temporaryFolder(t));
	// Those who vouch are the process's, and so of all tests of this file.
	tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.authority]);
	const { hostname, port } = new URL(target);
	const server = tls.createServer({ ...certificates.good }, (socket) => {
		const through = net.connect(Number(port), hostname);
		socket.pipe(through).pipe(socket);
		for (const one of [socket, through]) one.on('error', () => undefined);
	});
	server.on('tlsClientError', () => undefined);
	/** What answers in place of TLS. */
	let instead: ((socket: net.Socket) => void) | undefined;
	const door = net.createServer((socket) => {
		socket.on('error', () => undefined);
		if (instead) instead(socket);
		else server.emit('connection', socket);
	});
	door.listen(0, '127.0.0.1');
	await once(door, 'listening');
	t.teardown(() => door.close());
	return {
		endpoint: `https://localhost:${(door.address() as AddressInfo).port}/`,
		present: (which: Exclude<keyof Certificates, 'authority'>) =>
			server.setSecureContext(certificates[which]),
		answer: (how: typeof instead) => {
			instead = how;
		},
	};
}

const UNSAFE = {
	selfSigned: 'self-signed certificate.*',
	expired: 'certificate has expired',
	misnamed: "Hostname/IP does not match certificate's altnames.*",
} as const;
for (const [which, said] of Object.entries(UNSAFE) as [keyof typeof UNSAFE, string][]) {
	const oneOfThem = which === 'expired' ? test : longTest;
	oneOfThem(
		`a certificate that is ${which}: no word is sent, one sentence, and the sync goes on with a good one`,
		async (t) => {
			const made = await world(t);
			const door = await startTls(t, made.sheet.url);
			door.present(which);
			await recovers(
				t,
				made,
				door.endpoint,
				new RegExp(
					`^Cannot reach ${door.endpoint} safely \\(${said}\\); is there a proxy in between, or is this machine’s clock wrong\\?$`,
				),
				() => door.present('good'),
			);
		},
	);
}

const HANDSHAKES: [name: string, answer: (socket: net.Socket) => void, sentence: RegExp][] = [
	['is reset', (socket) => socket.resetAndDestroy(), /^Cannot reach https:\S+: .*\.$/],
	['is ended', (socket) => socket.end(), /^Cannot reach https:\S+: .*\.$/],
	[
		'is answered in plain HTTP',
		(socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
		/^Cannot reach https:\S+ safely \(.*\); is there a proxy in between/,
	],
];
for (const [name, answer, sentence] of HANDSHAKES) {
	longTest(
		`a handshake of TLS that ${name}: one sentence, and the sync goes on once it is let through`,
		async (t) => {
			const made = await world(t);
			const door = await startTls(t, made.sheet.url);
			door.answer(answer);
			await recovers(t, made, door.endpoint, sentence, () => door.answer(undefined));
		},
	);
}
