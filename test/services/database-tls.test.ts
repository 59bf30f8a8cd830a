import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { explainUnreachable } from '../../services/database-errors.ts';
import { makeCertificates } from '../support/certificates.ts';
import { temporaryFolder } from '../support/recording.ts';

/**
 * A server as far as a client comes that asks for TLS (PostgreSQL's manual, "SSL Session Encryption"), and what it is told when
 * it connects with `words` in its URL.
 */
async function refusal(t: ExecutionContext, answer: (socket: net.Socket) => void, words: string) {
	const server = net.createServer((socket) => {
		socket.on('error', () => undefined);
		socket.once('data', () => answer(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	const { port } = server.address() as AddressInfo;
	const database = openDatabase(`postgres://me:S3CRET@localhost:${port}/cutsheet?${words}`, {
		applicationName: 'test',
	});
	t.teardown(() => database.close());
	const error = await t.throwsAsync(sql`select 1`.execute(database.kysely));
	return explainUnreachable(error);
}

for (const [which, said] of [
	['expired', 'certificate has expired'],
	['misnamed', 'does not match certificate'],
	['selfSigned', 'self-signed certificate'],
] as const) {
	test(`a database whose certificate is ${which} is waited for with a sentence that says so`, async (t) => {
		const folder = await temporaryFolder(t);
		const certificates = await makeCertificates(folder);
		await writeFile(join(folder, 'root.crt'), certificates.authority);
		const secure = tls.createServer(certificates[which]);
		secure.on('tlsClientError', () => undefined);
		const answer = (socket: net.Socket) => {
			socket.write('S');
			secure.emit('connection', socket);
		};
		const sentence = await refusal(t, answer, `sslmode=verify-full&sslrootcert=${join(folder, 'root.crt')}`);
		t.regex(
			sentence ?? '',
			new RegExp(`^The database cannot be reached safely \\(.*${said}.*\\)\\. Look at`),
		);
	});
}

test('a database without TLS is waited for with a sentence that says so, where its URL demands TLS', async (t) => {
	const sentence = await refusal(t, (socket) => socket.write('N'), 'sslmode=verify-full');
	t.regex(sentence ?? '', /^The database takes no connection with TLS, which database\.url demands/);
});
