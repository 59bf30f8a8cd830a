import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../exit-codes.ts';
import { withoutPasswords } from '../passwords.ts';
import type { Health } from './health.ts';

/** What is answered on one of the paths. */
export interface HealthAnswer {
	status: number;
	type: string;
	body: string;
}

/**
 * The answer to a path, or undefined when it is none of these:
 * `/healthz`: 200 as long as the process answers at all, also while what it needs is missing: restarting would not mend it.
 * `/readyz`: 200, or 503 while something is missing; JSON with a sentence for each thing that is needed.
 * `/metrics`: in Prometheus' text format.
 */
export async function answerHealth(health: Health, path: string): Promise<HealthAnswer | undefined> {
	const json = 'application/json; charset=utf-8';
	switch (path) {
		case '/healthz': {
			const sentence = `cutsheet ${health.service} runs since ${new Date(performance.timeOrigin).toISOString()}.`;
			return {
				status: 200,
				type: json,
				body: `${JSON.stringify({ alive: true, sentence }, undefined, 2)}\n`,
			};
		}
		case '/readyz': {
			const readiness = await health.readiness();
			const body = `${withoutPasswords(JSON.stringify(readiness, undefined, 2))}\n`;
			return { status: readiness.ready ? 200 : 503, type: json, body };
		}
		case '/metrics':
			return { status: 200, type: health.metrics.contentType, body: await health.metrics.metrics() };
		default:
			return undefined;
	}
}

export interface HealthServer extends AsyncDisposable {
	/** Where it answers, with its port. */
	url: string;
}

/**
 * Serves the paths of `answerHealth`, and nothing else. `setting`: the one that names the port, for the sentence when
 * somebody else has it.
 */
export async function startHealthServer(
	health: Health,
	{ host, port, setting }: { host: string; port: number; setting: string },
): Promise<HealthServer> {
	const server = createServer((request, response) => {
		const path = (request.url ?? '/').split('?')[0]!;
		const reading = request.method === 'GET' || request.method === 'HEAD';
		(reading ? answerHealth(health, path) : Promise.resolve(undefined))
			.catch((error: Error) => ({
				status: 500,
				type: 'text/plain; charset=utf-8',
				body: `${withoutPasswords(error.message)}\n`,
			}))
			.then((answer) => {
				const { status, type, body } = answer ?? {
					status: reading ? 404 : 405,
					type: 'text/plain; charset=utf-8',
					body: 'Here are /metrics, /healthz and /readyz.\n',
				};
				response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
				response.end(request.method === 'HEAD' ? undefined : body);
			});
	});
	// A scraper that sends nothing must not hold a connection for ever.
	server.headersTimeout = 10_000;
	server.requestTimeout = 10_000;
	await listenOn(server, host, port, setting);
	const { port: taken } = server.address() as AddressInfo;
	return {
		url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
		async [Symbol.asyncDispose]() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}

async function listenOn(server: Server, host: string, port: number, setting: string): Promise<void> {
	server.listen(port, host);
	await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
		const why: Record<string, string> = {
			EADDRINUSE: 'another process has it; give each service on this machine a port of its own',
			EADDRNOTAVAIL: 'this machine has no such address; correct health.host',
			EACCES: 'ports below 1024 need a privilege; choose a higher one',
		};
		throw new UsageError(
			`${setting}: cannot listen on ${host}:${port}: ${why[error.code ?? ''] ?? error.message}.`,
		);
	});
}
