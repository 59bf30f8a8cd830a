import type { FastifyReply } from 'fastify';

/** A client went away before its answer was sent. Nobody is left to be told. */
export class ClientGoneError extends Error {
	override name = 'ClientGoneError';
	readonly statusCode = 499;

	constructor() {
		super('The client closed the connection before the answer was ready.');
	}
}

/** Aborts when the client of a request is gone before all of its answer was sent. */
export function clientSignal(reply: FastifyReply): AbortSignal {
	const gone = new AbortController();
	const { raw } = reply;
	const check = () => {
		if (!raw.writableFinished) gone.abort(new ClientGoneError());
	};
	if (raw.destroyed) check();
	else raw.once('close', check);
	return gone.signal;
}
