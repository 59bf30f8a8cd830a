import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from 'ava';
import fastify from 'fastify';

/**
 * What happens to a request: it is let through, or answered in place of the server (`body`: JSON, or text as it is). Or the
 * connection is `cut` before the effect or `lost` after it; the answer ends after a `half` of it, with the connection or,
 * `short`, as if that were all; or there is `silence`. A function does on the wire whatever it likes.
 */
export type Answer =
	| undefined
	| { status: number; headers?: Record<string, string>; body?: object | string }
	| 'cut'
	| 'lost'
	| 'half'
	| 'short'
	| 'silence'
	| ((request: IncomingMessage, response: ServerResponse) => void);

export interface MeddlingProxy {
	url: string;
	/** Called before each request is let through, with its number from 1 on. */
	before: (request: {
		number: number;
		method: string;
		path: string;
		headers: IncomingHttpHeaders;
	}) => Promise<Answer> | Answer;
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
		const { method, url: path, headers } = request;
		const answer = await proxy.before({ number: proxy.count, method, path, headers });
		if (answer === 'silence') return reply.hijack();
		if (typeof answer === 'function') {
			reply.hijack();
			answer(request.raw, reply.raw);
			return;
		}
		if (answer === 'cut') {
			reply.hijack();
			request.raw.socket.destroy();
			return;
		}
		if (typeof answer === 'object') {
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
		const text = await response.text();
		if (answer === 'lost' || answer === 'half') {
			reply.hijack();
			const bytes = Buffer.from(text);
			if (answer === 'half') {
				reply.raw.writeHead(response.status, {
					'content-type': 'application/json',
					'content-length': bytes.length,
				});
				await new Promise<void>((sent) => reply.raw.write(bytes.subarray(0, bytes.length / 2), () => sent()));
			}
			request.raw.socket.destroy();
			return;
		}
		return reply
			.code(response.status)
			.type('application/json')
			.send(answer === 'short' ? text.slice(0, text.length / 2) : text);
	});
	proxy.url = await server.listen({ host: '127.0.0.1', port: 0 });
	t.teardown(() => server.close());
	return proxy;
}
