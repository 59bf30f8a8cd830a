/** The one shape of a refusal: an HTTP status and a sentence for people, whatever went wrong. */
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import {
	hasZodFastifySchemaValidationErrors,
	type ZodFastifySchemaValidationError,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { z } from 'zod';
import { explainDatabaseError, isRefusal, isUnstorable } from '../database-errors.ts';

export interface ProblemDetails {
	/** The field of the request that is wrong, dotted: `edit.ranges.0.start`. */
	field?: string;
	/** What else a page needs in order to help: what changed meanwhile, say. */
	[detail: string]: unknown;
}

/** A request is refused. The message is a sentence: what, where, what to do. */
export class Problem extends Error {
	override name = 'Problem';
	readonly status: number;
	readonly details: ProblemDetails;

	constructor(status: number, sentence: string, details: ProblemDetails = {}) {
		super(sentence);
		this.status = status;
		this.details = details;
	}
}

/** The body of every refusal, for the schemas of answers. */
export const problemSchema = z
	.object({ error: z.looseObject({ sentence: z.string(), field: z.string().optional() }) })
	.describe('The request was refused; the sentence says why.');

/** The answers that any route may give beside its own: `response: { 200: …, ...refusals }`. */
export const refusals = { '4xx': problemSchema, '5xx': problemSchema };

/** Answers every error of this app and of what it registers with a sentence; only what is our own fault is logged. */
export function answerProblems(app: FastifyInstance, log: Logger): void {
	app.setErrorHandler((error, request, reply) => {
		const { status, message, details } = asProblem(error);
		if (status >= 500) {
			log.error({ err: error, method: request.method, url: withoutQuery(request.url) }, 'cannot answer');
		}
		if (reply.raw.headersSent) return reply.raw.destroy();
		// The rest of a body that is too large is read and dropped, so that whoever sends it gets the answer.
		if (status === 413) reply.removeHeader('connection');
		return reply
			.code(status)
			.type('application/json; charset=utf-8')
			.header('cache-control', 'no-store')
			.serializer(JSON.stringify)
			.send({ error: { sentence: message, ...details } });
	});
	app.setNotFoundHandler((request) => {
		throw new Problem(404, `There is nothing at ${request.method} ${withoutQuery(request.url)}.`);
	});
}

/**
 * Options of fastify for requests that reach no route: addresses that cannot be read, or are too long, and what is no HTTP
 * at all. They are refused in the same form.
 */
export const refuseUnreadable = {
	frameworkErrors(error, _request, reply) {
		const unreadable =
			error.code === 'FST_ERR_BAD_URL'
				? 'The address cannot be read: a % in it stands for nothing.'
				: 'A part of the address is too long.';
		// The type knows the replies of routes, and this comes before any.
		return (reply as unknown as FastifyReply)
			.code(error.statusCode ?? 400)
			.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
			.send({ error: { sentence: unreadable } });
	},
	clientErrorHandler(error, socket) {
		if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
		const [status, sentence] = {
			HPE_HEADER_OVERFLOW: [
				'431 Request Header Fields Too Large',
				'The address and headers are too long: at most 16 kB.',
			],
			ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request was not sent to its end in time.'],
		}[error.code] ?? ['400 Bad Request', 'This is no HTTP request that can be read.'];
		const body = JSON.stringify({ error: { sentence } });
		socket.end(
			`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
		);
	},
} satisfies FastifyServerOptions;

/** A query may hold a one-time code of a sign-in, which has no place in a log or on a screen. */
function withoutQuery(url: string): string {
	return url.split('?')[0]!;
}

function asProblem(error: unknown): Problem {
	if (error instanceof Problem) return error;
	if (hasZodFastifySchemaValidationErrors(error)) {
		return wrongInput(error.validation, (error as { validationContext?: string }).validationContext);
	}
	const sentence = explainDatabaseError(error);
	if (sentence !== undefined) {
		const missing = /^(P0002|02000)$/.test(String((error as { code?: unknown }).code));
		if (isRefusal(error)) return new Problem(missing ? 404 : 409, sentence);
		if (isUnstorable(error)) {
			return new Problem(400, asSentence(`The request holds what the database cannot: ${sentence}`));
		}
		return new Problem(
			503,
			'The database does not answer as it should. The log of the web service says more.',
		);
	}
	if (isOfSystem(error)) {
		return new Problem(
			503,
			`The machine that serves these pages refuses something (${error.code}). Try again; if it stays so, tell whoever looks after it: the log of the web service says more.`,
		);
	}
	const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
	if (statusCode === 413) return new Problem(413, 'The request is too large; send less at once.');
	if (statusCode >= 400 && statusCode < 500) return new Problem(statusCode, asSentence(message));
	return new Problem(500, 'Something went wrong here. The log of the web service says more.');
}

/** Whether the operating system refused: a disk that fails, a folder that may not be read, no descriptors left. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error;
}

function wrongInput(issues: ZodFastifySchemaValidationError[], where = 'body'): Problem {
	const [first] = issues;
	const field = (first?.instancePath ?? '').split('/').filter(Boolean).join('.');
	const place =
		{ querystring: 'the query', params: 'the address', headers: 'the headers' }[where] ?? 'the body';
	const what = field === '' ? place : `“${field}” in ${place}`;
	return new Problem(
		400,
		asSentence(`The request is wrong at ${what}: ${first?.message ?? 'it cannot be read'}`),
		field === '' ? {} : { field },
	);
}

function asSentence(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
