import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import got from 'got';
import { LocationDown } from './location.ts';
import { isDiskDown } from './system-errors.ts';
import { Interrupted, type Patience } from './try-again.ts';

/** A part of a file as a body: bytes `[start, end)`. */
export interface FilePart {
	file: string;
	start: number;
	end: number;
}

export interface HttpRequest {
	method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'MOVE';
	url: URL;
	headers?: Record<string, string>;
	body?: string | FilePart;
	/** Is told how many bytes of the body have left. */
	onSent?: ((bytes: number) => void) | undefined;
	signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
	status: number;
	headers: IncomingHttpHeaders;
	text: string;
}

/**
 * One exchange with `place`, tried once, redirects not followed. Resolves with whatever status the server answers. Rejects with
 * Interrupted when it does not answer, or with the signal's reason. No message says anything of the URL: it may be a capability.
 */
export async function exchange(place: string, request: HttpRequest, patience: Patience): Promise<HttpAnswer> {
	const { method, url, headers = {}, body, signal, onSent } = request;
	const source = typeof body === 'object' ? fileStream(body) : undefined;
	const length = typeof body === 'object' ? body.end - body.start : undefined;
	const wait = patience.silenceMs;
	try {
		const answering = got(url, {
			method: method as 'PUT',
			headers: { ...headers, ...(length !== undefined && { 'content-length': String(length) }) },
			...(source ? { body: source } : typeof body === 'string' && { body }),
			...(signal && { signal }),
			throwHttpErrors: false,
			followRedirect: false,
			decompress: false,
			retry: { limit: 0 },
			timeout: { lookup: wait, connect: wait, secureConnect: wait, socket: wait },
		});
		if (onSent) void answering.on('uploadProgress', ({ transferred }) => onSent(transferred));
		const response = await answering;
		return { status: response.statusCode, headers: response.headers, text: response.body };
	} catch (error) {
		signal?.throwIfAborted();
		// Of the file that is sent, or for want of a socket.
		if (isDiskDown(error))
			throw new LocationDown(`Nothing can be sent to ${place} from this node: ${(error as Error).message}.`);
		throw new Interrupted(`${place} did not answer: ${(error as Error).message}.`);
	} finally {
		source?.destroy();
	}
}

/** How long a server asks to be left alone, by its Retry-After (RFC 9110, section 10.2.3), or undefined. Seconds. */
export function retryAfterSeconds(headers: IncomingHttpHeaders): number | undefined {
	const value = headers['retry-after'];
	if (value === undefined) return undefined;
	const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
	return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined;
}

function fileStream({ file, start, end }: FilePart) {
	return createReadStream(file, { start, end: Math.max(start, end - 1) });
}
