import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { youtube_v3 } from 'googleapis/build/src/apis/youtube/index.js';
import type { Publication, Resolution, UploadLocation, UploadSession, VideoText } from './location.ts';
import { reaching, UploadError } from './location.ts';
import { again, Interrupted, PATIENCE, type Patience } from './try-again.ts';
import { readCredentials, refreshAccessToken } from './youtube-login.ts';
import { apiProblem, processingOf } from './youtube-problem.ts';
import {
	askSession,
	CHUNK_UNIT_BYTES,
	cancelSession,
	openSession,
	type SessionAccess,
	sendUpTo,
	sessionUrl,
} from './youtube-session.ts';
import { fittingTags, privacyOf, settableStatus } from './youtube-text.ts';

export interface YoutubeLocationConfig {
	kind: 'youtube';
	/**
	 * A JSON file of the channel's owner with client_id, client_secret and refresh_token, authorized for the scope
	 * https://www.googleapis.com/auth/youtube.
	 */
	credentials: string;
	/** Who may see the videos; private unless told. */
	privacy?: 'private' | 'unlisted' | 'public';
	/** The number of YouTube's category of the videos; 22, "People & Blogs", unless told. */
	category?: string;
	/** Tags that every video is given. */
	tags?: string[];
	/** What YouTube must be told of every video (COPPA); no unless told. */
	madeForKids?: boolean;
	/** The address of the API when it is not Google's own. */
	endpoint?: string;
}

interface YoutubeSession extends UploadSession {
	kind: 'youtube';
	/** The upload session's URI. Whoever has it can upload: never logged. */
	sessionUri: string;
}

/** https://developers.google.com/youtube/v3/docs/videos#snippet */
const LIMITS = { title_max_characters: 100, description_max_bytes: 5000, forbidden_characters: '<>' };
/** https://developers.google.com/youtube/v3/docs/thumbnails/set */
const MOST_THUMBNAIL_BYTES = 2 * 2 ** 20;

/**
 * Opens a YouTube channel as an upload location. A video is sent through the resumable protocol; its last chunk is the
 * commit. Nothing is asked of YouTube yet: it may be out of reach while we start. Rejects with a sentence when the
 * credentials cannot be used.
 */
export async function openYoutubeLocation(
	name: string,
	config: YoutubeLocationConfig,
	patience = PATIENCE,
): Promise<UploadLocation> {
	const place = `YouTube (upload location "${name}")`;
	const endpoint = new URL(config.endpoint ?? 'https://www.googleapis.com/');
	const { auth, api } = await connect(place, config.credentials, endpoint, patience);
	const access: SessionAccess = {
		place,
		patience,
		authorization: async () => {
			const { token } = await within('logging in', auth.getAccessToken());
			return `Bearer ${token}`;
		},
	};

	/** Turns an error of the API client into a sentence. It carries the whole request, with our token in it. */
	async function within<T>(doing: string, work: Promise<T>): Promise<T> {
		return work.catch((error: unknown) => {
			throw clientProblem(place, doing, error);
		});
	}
	/** The same for what does no harm when it is done twice. */
	const repeated = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
		again(patience, () => within(doing, work()));
	const askChannel = async (): Promise<string> => {
		const { data } = await repeated('asking for the channel', () =>
			api.channels.list({ part: ['id'], mine: true }),
		);
		const id = data.items?.[0]?.id;
		if (!id) throw new UploadError(`${place}: the account of the credentials has no channel. Create one.`);
		return id;
	};
	let channel: Promise<string> | undefined;
	/** The channel's id. It cannot change while the credentials are the same, so it is asked for once. */
	const identity = (): Promise<string> => {
		channel ??= askChannel();
		channel.catch(() => {
			channel = undefined;
		});
		return channel;
	};
	const publication = (videoId: string, told: VideoText): Publication => ({
		link: `https://youtu.be/${videoId}`,
		videoId,
		told,
	});

	return {
		name,
		kind: 'youtube',
		limits: LIMITS,
		configHash: createHash('sha256')
			.update(
				JSON.stringify([
					'youtube',
					endpoint.href,
					config.privacy ?? 'private',
					config.category ?? '22',
					config.tags ?? [],
					config.madeForKids ?? false,
				]),
			)
			.digest('hex'),

		async begin(video): Promise<YoutubeSession> {
			const tags = fittingTags([...(config.tags ?? []), ...(video.tags ?? [])]);
			const metadata = {
				snippet: {
					title: video.title,
					description: video.description,
					categoryId: config.category ?? '22',
					...(tags.length > 0 && { tags: tags }),
				},
				status: {
					privacyStatus: privacyOf(config.privacy, video),
					selfDeclaredMadeForKids: config.madeForKids ?? false,
				},
			};
			const channelId = await reaching(identity());
			// A session without a byte is no video; that of a lost answer is forgotten by YouTube.
			const sessionUri = await again(patience, () => openSession(endpoint, metadata, access));
			return { kind: 'youtube', attempt: randomUUID(), identity: channelId, sessionUri };
		},

		reach: async () => {
			await reaching(askChannel());
		},

		spoolFile: () => undefined,

		async send(stored, file, signal, onSent) {
			const url = youtubeSession(stored, endpoint);
			const { size } = await stat(file);
			if (size === 0) throw new UploadError(`The video for ${place} is empty.`);
			const end = lastChunkStart(size);
			const reached = await sendUpTo({ url, file, end, size, signal, onSent }, access);
			if (reached.state !== 'open') throw lostSession(place);
		},

		async commit(stored, video, file) {
			const url = youtubeSession(stored, endpoint);
			const { size } = await stat(file);
			const reached = await sendUpTo({ url, file, end: size, size }, access);
			if (reached.state !== 'complete') throw lostSession(place);
			return publication(reached.videoId, video);
		},

		async resolve(stored, video): Promise<Resolution> {
			try {
				const url = youtubeSession(stored, endpoint);
				if ((await identity()) !== stored.identity) {
					const reason = `${place} is another channel than when the upload began. Configure the credentials of channel ${stored.identity}.`;
					return { outcome: 'unknown', reason };
				}
				return await fate(url, video);
			} catch (error) {
				return { outcome: 'unknown', reason: (error as Error).message };
			}
		},

		async discard(stored) {
			try {
				await cancelSession(youtubeSession(stored, endpoint), access);
			} catch {
				// An incomplete session is not visible, and YouTube forgets it after some days.
			}
		},

		async update(videoId, video, told = {}) {
			const doing = 'changing what is said about the video';
			const found = await repeated(doing, () =>
				api.videos.list({ part: ['snippet', 'status'], id: [videoId] }),
			);
			const { snippet, status } = found.data.items?.[0] ?? {};
			if (!snippet) throw new UploadError(`${place} does not have the video ${videoId} any more.`);
			// An update replaces the whole snippet, so what was set by hand is sent along.
			const { categoryId, defaultLanguage, defaultAudioLanguage } = snippet;
			const before = told.tags ?? [];
			const byHand = (snippet.tags ?? []).filter((tag) => !before.includes(tag));
			const tags = fittingTags([...byHand, ...(video.tags ?? [])]);
			const kept = {
				categoryId,
				tags: tags.length > 0 ? tags : undefined,
				defaultLanguage,
				defaultAudioLanguage,
			};
			const set = Object.fromEntries(Object.entries(kept).filter(([, value]) => value != null));
			// Somebody may have made the video public by hand: its visibility is touched only when the row changes it.
			const changesPrivacy = (video.unlisted ?? false) !== (told.unlisted ?? false);
			await repeated(doing, () =>
				api.videos.update({
					part: changesPrivacy ? ['snippet', 'status'] : ['snippet'],
					requestBody: {
						id: videoId,
						snippet: { ...set, title: video.title, description: video.description },
						...(changesPrivacy && {
							status: { ...settableStatus(status), privacyStatus: privacyOf(config.privacy, video) },
						}),
					},
				}),
			);
		},

		async setThumbnail(videoId, file) {
			const { size } = await stat(file);
			if (size > MOST_THUMBNAIL_BYTES) {
				throw new UploadError(`${place} takes thumbnails of up to 2 MiB; this one has ${size} bytes.`);
			}
			await repeated('setting the thumbnail', () => {
				const media = { mimeType: 'image/jpeg', body: createReadStream(file) };
				// The library forgets its own rootUrl when there is a medium.
				return api.thumbnails.set({ videoId, media }, { rootUrl: endpoint.href });
			});
		},

		async processing(videoId) {
			const found = await repeated('asking for the processing', () =>
				api.videos.list({ part: ['status'], id: [videoId] }),
			);
			return processingOf(found.data.items?.[0]?.status);
		},
	};

	/** What became of a session's upload, after it can no longer change. */
	async function fate(url: URL, video: VideoText): Promise<Resolution> {
		const ask = () => again(patience, () => askSession(url, access));
		let seen = await ask();
		let cancelled = seen.state === 'cancelled';
		if (seen.state === 'open') {
			// First make the commit impossible, then look: a committer that comes late finds a cancelled session.
			cancelled = await again(patience, () => cancelSession(url, access));
			seen = await ask();
		}
		switch (seen.state) {
			case 'complete':
				return { outcome: 'committed', publication: publication(seen.videoId, video) };
			case 'cancelled':
				return { outcome: 'absent' };
			case 'open': {
				const reason = `${place} holds the upload of "${video.title}" open, without its end, and could not be made to cancel it. It is asked again until YouTube drops it.`;
				return { outcome: 'unknown', reason };
			}
			case 'gone': {
				if (cancelled) return { outcome: 'absent' };
				// The guide promises a finished session's answer again, but not for how long.
				const reason = `${place} has forgotten the upload of "${video.title}" and so cannot tell whether it was finished. Look at the channel's videos: if it is there, set the row's state to UPLOADED and its video_link; if not, set its state to EDITED.`;
				return { outcome: 'unknown', reason };
			}
		}
	}
}

/** The last chunk is the commit: where it begins in a file of `size` bytes, a multiple of 256 KiB. */
export function lastChunkStart(size: number): number {
	return Math.floor(Math.max(0, size - 1) / CHUNK_UNIT_BYTES) * CHUNK_UNIT_BYTES;
}

function lostSession(place: string): UploadError {
	return new UploadError(`${place} has ended the upload session before the video was complete.`);
}

/** The URI of a session of the row, which may hold whatever somebody typed there. */
function youtubeSession(session: UploadSession, endpoint: URL): URL {
	if (session.kind !== 'youtube') {
		throw new UploadError('The upload session in the row is not one of YouTube.');
	}
	return sessionUrl(session.sessionUri, endpoint);
}

async function connect(place: string, file: string, endpoint: URL, patience: Patience) {
	const credentials = await readCredentials(place, file);
	const google = await import('googleapis/build/src/apis/youtube/index.js');
	const auth = new google.auth.OAuth2();
	auth.refreshHandler = () => refreshAccessToken(place, credentials, patience);
	const api: youtube_v3.Youtube = google.youtube({
		version: 'v3',
		auth,
		rootUrl: endpoint.href,
		timeout: patience.silenceMs,
		retry: false,
	});
	return { auth, api };
}

/** An error of Google's client as a sentence. Interrupted when there was no answer, or one that YouTube failed. */
function clientProblem(place: string, doing: string, error: unknown): UploadError {
	if (error instanceof UploadError) return error;
	const { response, message } = error as {
		response?: { status?: number; data?: unknown };
		message: string;
	};
	const status = response?.status;
	if (status === undefined || status >= 500) {
		const what = status === undefined ? `no answer: ${message}` : `it failed (${status})`;
		return new Interrupted(`${place}, ${doing}: ${what}.`);
	}
	const data = response?.data;
	const text = typeof data === 'string' ? data : JSON.stringify(data ?? {});
	return apiProblem(place, doing, status, text);
}
