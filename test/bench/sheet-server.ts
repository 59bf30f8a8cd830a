/**
 * The local sheet in a process of its own, behind a counter of requests and bytes: `node sheet-server.ts DATABASE-URL`.
 * It tells its parent its address, then every request.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { openDatabase } from '../../db/connect.ts';
import { startLocalSheet } from '../../sheet-sync/local-sheet/server.ts';

/** What is told of each request. */
export interface CountedRequest {
	kind: 'read' | 'write';
	/** ms since 1970, when it came. */
	at: number;
	/** Of the bodies, as they went over the wire. */
	bytes: number;
}

const [, , databaseUrl = ''] = process.argv;
const { kysely } = openDatabase(databaseUrl, { applicationName: 'bench-sheet' });
const sheet = await startLocalSheet({ db: kysely, log: pino({ level: 'silent' }) });

const counter = createServer((incoming, outgoing) => {
	const at = Date.now();
	let bytes = 0;
	const { method = 'GET', url = '/', headers } = incoming;
	const isRead = method === 'GET' || url.includes(':batchGet');
	const forwarded = request(new URL(url, sheet.url), { method, headers }, (answer) => {
		outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
		answer.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
		});
		answer.pipe(outgoing);
		answer.on('end', () =>
			process.send?.({ kind: isRead ? 'read' : 'write', at, bytes } satisfies CountedRequest),
		);
	});
	incoming.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
	});
	incoming.pipe(forwarded);
});
counter.listen(0, '127.0.0.1', () => {
	const { port } = counter.address() as AddressInfo;
	process.send?.({ address: `http://127.0.0.1:${port}`, direct: sheet.url });
});
