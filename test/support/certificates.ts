import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A key with its certificate, in PEM. */
export interface Certificate {
	key: string;
	cert: string;
}

/** Who vouches for servers, and certificates of one of them that are good, and of which one thing each is wrong. */
export interface Certificates {
	authority: string;
	good: Certificate;
	/** Its time is over since yesterday. */
	expired: Certificate;
	/** Of another host. */
	misnamed: Certificate;
	/** Nobody vouches for it. */
	selfSigned: Certificate;
}

/** Makes certificates for the host `localhost` in a folder, with openssl. */
export async function makeCertificates(folder: string): Promise<Certificates> {
	const path = (name: string) => join(folder, name);
	const openssl = (...words: string[]) => run('openssl', words);
	const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
	const named = (host: string) => ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
	const selfSigned = async (name: string, ...subject: string[]) => {
		await openssl(
			...[...request, '-x509', '-days', '2', ...subject],
			...['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)],
		);
		return read(name);
	};
	const signed = async (name: string, host: string, days: string) => {
		await openssl(...request, ...named(host), '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`));
		await openssl(
			...['x509', '-req', '-in', path(`${name}.csr`), '-CA', path('authority.crt')],
			...['-CAkey', path('authority.key'), '-days', days, '-copy_extensions', 'copy'],
			...['-out', path(`${name}.crt`)],
		);
		return read(name);
	};
	const read = async (name: string): Promise<Certificate> => ({
		key: await readFile(path(`${name}.key`), 'utf8'),
		cert: await readFile(path(`${name}.crt`), 'utf8'),
	});
	const { cert: authority } = await selfSigned('authority', '-subj', '/CN=authority');
	const [good, expired, misnamed, alone] = await Promise.all([
		signed('good', 'localhost', '2'),
		signed('expired', 'localhost', '-1'),
		signed('misnamed', 'elsewhere.example', '2'),
		selfSigned('selfSigned', ...named('localhost')),
	]);
	return { authority, good, expired, misnamed, selfSigned: alone };
}
