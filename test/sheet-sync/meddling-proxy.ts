import type { ExecutionContext } from 'ava';
import fastify from 'fastify';

/** What happens to a request: it is let through, or answered in place of the server. */
export type Answer = undefined | { status: number; headers?: Record<string, string>; body?: object };

export interface MeddlingProxy {
	url: string;
	/** Called before each request is let through, with its number from 1 on. */
	before: (request: { number: number; method: string; path: string }) => Promise<Answer> | Answer;
	/** How many requests came. */
	count: number;
}

/** Stands between the sync and a sheet, so that a test can act, or fail, between any two calls. */
export async function startMeddlingProxy(
	t: Pick<ExecutionContext, 'teardown'>,
	target: string,
): Promise<MeddlingProxy> {
	const proxy: MeddlingProxy = { url: '', before: () => undefined, count: 0 };
	const server = fastify({ forceCloseConnections: true });
	server.removeAllContentTypeParsers();
	server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
	server.all('/*', async (request, reply) => {
		proxy.count++;
		const answer = await proxy.before({ number: proxy.count, method: request.method, path: request.url });
		if (answer !== undefined) {
			return reply
				.code(answer.status)
				.headers(answer.headers ?? {})
				.send(answer.body ?? {});
		}
		const response = await fetch(`${target}${request.url}`, {
			method: request.method,
			headers: { 'content-type': 'application/json' },
			...(typeof request.body === 'string' ? { body: request.body } : {}),
		});
		return reply
			.code(response.status)
			.type('application/json')
			.send(await response.text());
	});
	proxy.url = await server.listen({ host: '127.0.0.1', port: 0 });
	t.teardown(() => server.close());
	return proxy;
}
