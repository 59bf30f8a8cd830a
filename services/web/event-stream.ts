/** Server-sent events: one long answer that tells a page what changes. */
import type { FastifyReply } from 'fastify';

/** How often a silent stream says that it lives, so that no proxy closes it. */
const KEEP_ALIVE_MS = 20_000;

/** A reader that does not read: so many bytes wait for it before the stream ends, and its page asks anew. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

export interface EventStream {
	/** Tells the page: `event: NAME` with JSON. Does nothing once the stream is over. */
	send(event: string, data: unknown): void;
	/** Aborted when the page has gone, the service stops, or the person may not read this any longer. */
	closed: AbortSignal;
	/** Ends it. */
	close(): void;
}

/**
 * Answers a request with a stream: `const stream = openEventStream(reply)`, and nothing else with `reply`. Like every
 * answer it ends when its reader may not have it any longer.
 */
export function openEventStream(reply: FastifyReply): EventStream {
	reply.hijack();
	const { raw } = reply;
	const closed = new AbortController();
	const close = () => raw.end();
	raw.writeHead(200, {
		...(reply.getHeaders() as Record<string, string>),
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-store',
		'x-accel-buffering': 'no',
	});
	raw.write(': hello\n\n');
	const keepAlive = setInterval(() => {
		if (!raw.writableEnded) raw.write(': still here\n\n');
	}, KEEP_ALIVE_MS);
	raw.once('close', () => {
		clearInterval(keepAlive);
		closed.abort();
	});
	return {
		closed: closed.signal,
		close,
		send(event, data) {
			if (raw.writableEnded || closed.signal.aborted) return;
			raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
			if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy();
		},
	};
}
