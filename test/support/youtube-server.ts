import { randomUUID } from 'node:crypto';
import { type FakeAnswer, type FakeRequest, FaultyServer } from './faulty-server.ts';

interface Metadata {
	snippet: { title: string; description: string; categoryId?: string; tags?: string[] };
	status?: { privacyStatus?: string; selfDeclaredMadeForKids?: boolean };
}

export interface FakeVideo extends Metadata {
	id: string;
	body: Buffer;
	length: number;
	processing: { uploadStatus: string; failureReason?: string; rejectionReason?: string };
	thumbnail?: Buffer;
}

interface FakeSession {
	metadata: Metadata;
	pieces: Buffer[];
	received: number;
	state: 'open' | 'cancelled' | 'complete';
	videoId?: string;
}

const CHUNK_UNIT_BYTES = 256 * 1024;

/**
 * YouTube's Data API as far as an uploader needs it: OAuth's token endpoint, channels.list (mine), videos.list, videos.update,
 * thumbnails.set, and the resumable upload protocol with cancellation. One channel. Everything else it refuses loudly.
 */
export class YoutubeServer extends FaultyServer {
	readonly videos = new Map<string, FakeVideo>();
	readonly sessions = new Map<string, FakeSession>();
	channel = 'UCfake000000000000000000';
	refreshToken = 'refresh-token';
	/** The answer to beginning an upload, when it is not to begin. */
	refuseBegin: FakeAnswer | undefined;
	/** Whether DELETE cancels a session. */
	cancels = true;
	/** A chunk of which only so many bytes are kept. */
	keepAtMost = Number.POSITIVE_INFINITY;
	readonly #token = `access-${randomUUID()}`;

	constructor() {
		super((request) => this.#handle(request));
	}

	/** Forgets its upload sessions, as it does after some days. */
	forgetSessions(): void {
		this.sessions.clear();
	}

	#handle(request: FakeRequest): FakeAnswer {
		if (request.path === '/token') return this.#login(request);
		if (request.headers.authorization !== `Bearer ${this.#token}`) return apiError(401, 'authError');
		switch (`${request.method} ${request.path}`) {
			case 'GET /youtube/v3/channels':
				if (request.query.get('mine') !== 'true') throw new Error('channels of others');
				return json({ items: [{ id: this.channel }] });
			case 'GET /youtube/v3/videos':
				return json({
					items: [this.videos.get(request.query.get('id')!)].flatMap((video) =>
						video ? [shown(video)] : [],
					),
				});
			case 'PUT /youtube/v3/videos':
				return this.#update(request);
			case 'POST /upload/youtube/v3/videos':
				return this.#begin(request);
			case 'POST /upload/youtube/v3/thumbnails/set':
				return this.#thumbnail(request);
			case 'PUT /upload/youtube/v3/videos':
				return this.#send(request);
			case 'DELETE /upload/youtube/v3/videos':
				return this.#cancel(request);
			default:
				throw new Error('unknown operation');
		}
	}

	#login({ body }: FakeRequest): FakeAnswer {
		const form = new URLSearchParams(body.toString());
		if (form.get('grant_type') !== 'refresh_token') throw new Error(`grant ${form.get('grant_type')}`);
		if (form.get('refresh_token') !== this.refreshToken) {
			return {
				...json({ error: 'invalid_grant', error_description: 'Token has been revoked.' }),
				status: 400,
			};
		}
		return json({ access_token: this.#token, expires_in: 3600, token_type: 'Bearer' });
	}

	#begin({ query, headers, body }: FakeRequest): FakeAnswer {
		if (query.get('uploadType') !== 'resumable') throw new Error(`uploadType ${query.get('uploadType')}`);
		if (query.get('part') !== 'snippet,status') throw new Error(`part ${query.get('part')}`);
		if (this.refuseBegin) return this.refuseBegin;
		if (!/^(video\/|application\/octet-stream)/.test(String(headers['x-upload-content-type']))) {
			return apiError(400, 'mediaBodyRequired');
		}
		const metadata = JSON.parse(body.toString()) as Metadata;
		const refused = refusedText(metadata);
		if (refused) return refused;
		const id = randomUUID();
		this.sessions.set(id, { metadata, pieces: [], received: 0, state: 'open' });
		const location = `${this.url}upload/youtube/v3/videos?uploadType=resumable&part=snippet,status&upload_id=${id}`;
		return { status: 200, headers: { location } };
	}

	#send(request: FakeRequest): FakeAnswer {
		const session = this.sessions.get(request.query.get('upload_id') ?? '');
		if (!session) return { status: 404, body: 'Not Found' };
		if (session.state === 'cancelled') return { status: 499 };
		if (session.state === 'complete') return json(shown(this.videos.get(session.videoId!)!));
		const range = String(request.headers['content-range']);
		if (/^bytes \*\/(\*|\d+)$/.test(range)) {
			if (request.length !== 0) return apiError(400, 'badRequest');
			const total = range.slice('bytes */'.length);
			return Number(total) === session.received && total !== '0'
				? this.#finish(session)
				: incomplete(session);
		}
		const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range)?.map(Number) ?? [];
		if (first === undefined || last! - first + 1 !== request.length)
			return apiError(400, 'invalidContentRange');
		const isLast = last! + 1 === total;
		if (!isLast && request.length % CHUNK_UNIT_BYTES !== 0) return apiError(400, 'invalidChunkSize');
		if (first > session.received) return apiError(400, 'invalidContentRange');
		const fresh = request.length - (session.received - first);
		if (fresh > 0) {
			const kept = Math.min(fresh, this.keepAtMost);
			session.pieces.push(request.body.subarray(session.received - first, session.received - first + kept));
			session.received += kept;
		}
		return isLast && session.received === total ? this.#finish(session) : incomplete(session);
	}

	#finish(session: FakeSession): FakeAnswer {
		const id = randomUUID().replaceAll('-', '').slice(0, 11);
		const body = Buffer.concat(session.pieces);
		const { metadata, received } = session;
		const video = { ...metadata, id, body, length: received, processing: { uploadStatus: 'uploaded' } };
		this.videos.set(id, video);
		session.state = 'complete';
		session.videoId = id;
		return { ...json(shown(video)), status: 201 };
	}

	#cancel({ query }: FakeRequest): FakeAnswer {
		if (!this.cancels) return { status: 405 };
		const session = this.sessions.get(query.get('upload_id') ?? '');
		if (!session) return { status: 404 };
		if (session.state === 'complete') return { status: 400 };
		session.state = 'cancelled';
		return { status: 499 };
	}

	#update({ query, body }: FakeRequest): FakeAnswer {
		// As googleapis sends several: part=snippet&part=status.
		const parts = query.getAll('part').join(',');
		if (parts !== 'snippet' && parts !== 'snippet,status') throw new Error(`update of ${parts}`);
		const { id, snippet, status } = JSON.parse(body.toString()) as Metadata & { id: string };
		if ((status !== undefined) !== parts.includes('status')) throw new Error('a part that is not named');
		const video = this.videos.get(id);
		if (!video) return apiError(404, 'videoNotFound');
		if (!snippet.categoryId) return apiError(400, 'invalidCategoryId');
		const refused = refusedText({ snippet });
		if (refused) return refused;
		video.snippet = snippet;
		if (status !== undefined) video.status = status;
		return json(shown(video));
	}

	#thumbnail({ query, headers, body }: FakeRequest): FakeAnswer {
		const video = this.videos.get(query.get('videoId') ?? '');
		if (!video) return apiError(404, 'videoNotFound');
		if (headers['content-type'] !== 'image/jpeg') throw new Error(`thumbnail of ${headers['content-type']}`);
		video.thumbnail = body;
		return json({ items: [{}] });
	}
}

function incomplete({ received }: FakeSession): FakeAnswer {
	return { status: 308, headers: received === 0 ? {} : { range: `bytes=0-${received - 1}` } };
}

function shown({ id, snippet, status, processing }: FakeVideo) {
	return { id, snippet, status: { ...status, ...processing } };
}

function refusedText({ snippet }: Metadata): FakeAnswer | undefined {
	const { title, description } = snippet;
	if (title.trim() === '' || [...title].length > 100 || /[<>]/.test(title))
		return apiError(400, 'invalidTitle');
	if (Buffer.byteLength(description) > 5000 || /[<>]/.test(description)) {
		return apiError(400, 'invalidDescription');
	}
	return undefined;
}

function json(value: unknown): FakeAnswer {
	return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** An error as the API words it. */
export function apiError(status: number, reason: string): FakeAnswer {
	const message = `The fake says ${reason}.`;
	const error = { code: status, message, errors: [{ domain: 'youtube.video', reason, message }] };
	return { ...json({ error }), status };
}
