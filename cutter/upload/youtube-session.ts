import { exchange, type HttpAnswer, type HttpRequest } from './http-exchange.ts';
import { type OnSent, UploadError } from './location.ts';
import { Interrupted, type Patience, pauseAfter } from './try-again.ts';
import { apiProblem } from './youtube-problem.ts';

// The resumable upload protocol: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol

/** All chunks but the last are multiples of this (section "Uploading a file in chunks"). */
export const CHUNK_UNIT_BYTES = 256 * 1024;
/** A chunk is one request. Large, since each costs a round trip; what an interruption loses is little on a good line. */
const CHUNK_BYTES = 128 * CHUNK_UNIT_BYTES;

/** What an upload session says of itself. */
export type SessionState =
	/** It awaits the byte after the first `received`. */
	| { state: 'open'; received: number }
	/** Finished. It says so as long as YouTube remembers the session (section 4.2). */
	| { state: 'complete'; videoId: string }
	/** Somebody cancelled it before it was complete. */
	| { state: 'cancelled' }
	/** YouTube does not know it (any more). This is no word about whether it was once completed. */
	| { state: 'gone' };

/** What a session needs of its surroundings. `authorization` is a header's value. */
export interface SessionAccess {
	place: string;
	authorization: () => Promise<string>;
	patience: Patience;
}

/**
 * Opens an upload session for a video of the given metadata and tells its URI. Whoever has the URI can upload to it: it is
 * stored in the row and never logged. The size of the file need not be known yet.
 */
export async function openSession(
	endpoint: URL,
	metadata: { snippet: object; status: object },
	access: SessionAccess,
): Promise<string> {
	const url = new URL('upload/youtube/v3/videos?uploadType=resumable&part=snippet,status', endpoint);
	const answer = await converse(access, {
		method: 'POST',
		url,
		headers: { 'content-type': 'application/json; charset=UTF-8', 'x-upload-content-type': 'video/*' },
		body: JSON.stringify(metadata),
	});
	const location = answer.headers.location;
	if (answer.status !== 200 || location === undefined) {
		throw apiProblem(access.place, 'beginning an upload', answer.status, answer.text, answer.headers);
	}
	return sessionUrl(location, endpoint).href;
}

/**
 * The URI of a session, checked: our credentials go to YouTube only, whatever somebody typed into the row.
 */
export function sessionUrl(uri: unknown, endpoint: URL): URL {
	const url = typeof uri === 'string' ? URL.parse(uri) : null;
	const googles = url?.protocol === 'https:' && /(^|\.)(googleapis|google|youtube)\.com$/.test(url.hostname);
	if (!url || !(googles || url.origin === endpoint.origin)) {
		throw new UploadError('The upload session in the row is not one of YouTube.');
	}
	return url;
}

/** Asks a session how far it is (section 4.1). */
export async function askSession(
	url: URL,
	access: SessionAccess,
	signal?: AbortSignal,
): Promise<SessionState> {
	const answer = await converse(access, {
		method: 'PUT',
		url,
		headers: { 'content-length': '0', 'content-range': 'bytes */*' },
		signal,
	});
	return sessionState(answer, access);
}

/**
 * Cancels a session. The guide does not mention it, but YouTube's upload server is that of all Google APIs, for which it is
 * documented (Cloud Storage, "Cancel a resumable upload"): it answers 499 and refuses the session from then on.
 * Resolves with whether it was cancelled by this.
 */
export async function cancelSession(url: URL, access: SessionAccess): Promise<boolean> {
	const { status } = await converse(access, { method: 'DELETE', url, headers: { 'content-length': '0' } });
	return status === 499 || status === 200 || status === 204;
}

/** What is sent to a session: the bytes before `end` of a file of `size` bytes. */
export interface Sending {
	url: URL;
	file: string;
	/** `size`, or a multiple of 256 KiB. */
	end: number;
	size: number;
	signal?: AbortSignal;
	onSent?: OnSent | undefined;
}

/**
 * Sends what the session does not have yet, and goes on after interruptions as long as the session progresses. Resolves with
 * the state that was reached: complete when `end` is `size`, else open.
 */
export async function sendUpTo(sending: Sending, access: SessionAccess): Promise<SessionState> {
	const { url, end, size, signal, onSent } = sending;
	let state: SessionState | undefined;
	let furthest = 0;
	let inVain = 0;
	for (;;) {
		let problem = new UploadError(`${access.place} does not take the video beyond ${furthest} bytes.`);
		try {
			// After an interruption only the session knows what arrived.
			if (state?.state !== 'open') state = await askSession(url, access, signal);
			if (state.state === 'open') onSent?.(state.received, size);
			if (state.state !== 'open' || state.received >= end) return state;
			state = await sendChunk(sending, state.received, access);
			if (state.state !== 'open' || state.received >= end) return state;
			if (state.received > furthest) {
				furthest = state.received;
				inVain = 0;
				continue;
			}
		} catch (error) {
			if (!(error instanceof Interrupted)) throw error;
			problem = error;
			state = undefined;
		}
		inVain += 1;
		if (inVain >= access.patience.tries) throw problem;
		await pauseAfter(inVain, access.patience, signal);
	}
}

async function sendChunk(
	{ url, file, end, size, signal, onSent }: Sending,
	start: number,
	access: SessionAccess,
): Promise<SessionState> {
	const chunkEnd = Math.min(start + CHUNK_BYTES, end);
	const answer = await converse(access, {
		method: 'PUT',
		url,
		headers: { 'content-type': 'video/*', 'content-range': `bytes ${start}-${chunkEnd - 1}/${size}` },
		body: { file, start, end: chunkEnd },
		onSent: onSent && ((bytes) => onSent(start + bytes, size)),
		signal,
	});
	return sessionState(answer, access);
}

/** One exchange with our credentials. Rejects with Interrupted when YouTube failed or did not answer. */
async function converse(access: SessionAccess, request: HttpRequest): Promise<HttpAnswer> {
	const headers = { ...request.headers, authorization: await access.authorization() };
	const answer = await exchange(access.place, { ...request, headers }, access.patience);
	if (answer.status >= 500) throw new Interrupted(`${access.place} failed (${answer.status}).`);
	return answer;
}

function sessionState({ status, headers, text }: HttpAnswer, { place }: SessionAccess): SessionState {
	if (status === 499 || headers['x-goog-upload-status'] === 'cancelled') return { state: 'cancelled' };
	if (status === 308) {
		const [, last] = /^bytes=0-(\d+)$/.exec(headers.range ?? '') ?? [];
		return { state: 'open', received: last === undefined ? 0 : Number(last) + 1 };
	}
	if (status === 404 || status === 410) return { state: 'gone' };
	if (status === 200 || status === 201) {
		const videoId = videoIdOf(text);
		if (videoId !== undefined) return { state: 'complete', videoId };
		throw new UploadError(`${place} says that the upload is complete, but not which video it became.`);
	}
	throw apiProblem(place, 'uploading', status, text, headers);
}

function videoIdOf(text: string): string | undefined {
	try {
		const { id } = JSON.parse(text) as { id?: unknown };
		return typeof id === 'string' && /^[\w-]+$/.test(id) ? id : undefined;
	} catch {
		return undefined;
	}
}
