import type { FastifyReply, FastifyServerOptions } from 'fastify';
import type { ApiError } from './api-error.ts';
import { invalid } from './api-error.ts';

/** The API's own form of an error. */
export function errorBody({ code, message, status }: ApiError): object {
	return { error: { code, message, status } };
}

/** Options of fastify for requests that reach no route: they are refused in the API's form, too. */
export const refuseUnreadable = {
	frameworkErrors(error, _request, reply) {
		const refusal = invalid(
			error.code === 'FST_ERR_BAD_URL'
				? 'The address cannot be read: a % in it stands for nothing.'
				: 'A part of the address is too long.',
		);
		// The type knows the replies of routes, and this comes before any.
		return (reply as unknown as FastifyReply).code(refusal.code).send(errorBody(refusal));
	},
	clientErrorHandler(error, socket) {
		if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
		const long = error.code === 'HPE_HEADER_OVERFLOW';
		const refusal = invalid(
			long
				? 'The address and headers are too long: at most 16 kB. Send what is longer in a body.'
				: 'This is no HTTP request that can be read.',
		);
		const status = long ? '431 Request Header Fields Too Large' : '400 Bad Request';
		const body = JSON.stringify(errorBody(refusal));
		socket.end(
			`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
		);
	},
} satisfies FastifyServerOptions;
