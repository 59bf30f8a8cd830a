import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type Container, fileEnding, mediaType, thumbnailName } from './container.ts';
import { exchange, type HttpAnswer, type HttpRequest, retryAfterSeconds } from './http-exchange.ts';
import { IDENTITY_NAME, identityProblem } from './identity.ts';
import type { Publication, Resolution, UploadLocation, UploadSession, VideoText } from './location.ts';
import { LocationDown, QuotaError, reaching, UploadError } from './location.ts';
import { isFileName, safeName } from './safe-name.ts';
import { again, Interrupted, PATIENCE } from './try-again.ts';

export interface HttpLocationConfig {
	kind: 'http';
	/** The folder of the videos, a WebDAV collection that exists. */
	url: string;
	/** Links are this plus the file's name; without it they are `url` plus the name. */
	urlPrefix?: string;
	/** A file that holds `user:password`, for Basic authentication. */
	passwordFile?: string;
	/** A file that holds a token, for Bearer authentication. */
	tokenFile?: string;
	container?: Container;
}

interface HttpSession extends UploadSession {
	kind: 'http';
	/** File names within the folder. */
	partial: string;
	final: string;
}

/**
 * Opens a WebDAV folder (RFC 4918) as an upload location. A video is PUT under a hidden temporary name; the commit is a
 * MOVE to its final name without overwriting. Nothing is asked of the server yet: it may be down while we start.
 * Rejects with a sentence when the configuration cannot be right.
 */
export async function openHttpLocation(
	name: string,
	config: HttpLocationConfig,
	patience = PATIENCE,
): Promise<UploadLocation> {
	const folder = folderUrl(name, config.url);
	const place = `Upload location "${name}" (${folder.host})`;
	const urlOf = (file: string) => new URL(encodeURIComponent(file), folder);

	const authorization = async (): Promise<Record<string, string>> => {
		const file = config.passwordFile ?? config.tokenFile;
		if (file === undefined) return {};
		const secret = await readFile(file, 'utf8').catch((error: Error) => {
			throw new UploadError(`${place}: its credentials cannot be read: ${error.message}.`);
		});
		const line = secret.trim();
		if (config.passwordFile === undefined) return { authorization: `Bearer ${line}` };
		return { authorization: `Basic ${Buffer.from(line).toString('base64')}` };
	};

	const once = async (request: HttpRequest): Promise<HttpAnswer> => {
		const headers = { ...request.headers, ...(await authorization()) };
		const answer = await exchange(place, { ...request, headers }, patience);
		const problem = refusal(place, request.method, answer);
		if (problem) throw problem;
		return answer;
	};
	const repeated = (request: HttpRequest) => again(patience, () => once(request), request.signal);

	const expect = (answer: HttpAnswer, what: string, ...statuses: number[]): HttpAnswer => {
		if (statuses.includes(answer.status)) return answer;
		throw new UploadError(`${place} answered ${answer.status} when ${what}.`);
	};
	const move = (from: string, to: string): HttpRequest => ({
		method: 'MOVE',
		url: urlOf(from),
		headers: { destination: urlOf(to).href, overwrite: 'F' },
	});
	const remove = async (file: string) =>
		expect(
			await repeated({ method: 'DELETE', url: urlOf(file) }),
			'a temporary file was to be deleted',
			200,
			204,
			404,
			410,
		);

	const readIdentity = async (): Promise<string | undefined> => {
		const answer = expect(
			await repeated({ method: 'GET', url: urlOf(IDENTITY_NAME), headers: { 'cache-control': 'no-cache' } }),
			`its ${IDENTITY_NAME} was asked for`,
			200,
			404,
		);
		if (answer.status === 404) return undefined;
		const identity = answer.text.trim();
		// Some servers show a page, with 200, for what they do not have.
		if (!/^[0-9a-f-]{36}$/.test(identity)) {
			throw new UploadError(
				`${place} has a ${IDENTITY_NAME} that is not ours. Is its url that of the folder itself?`,
			);
		}
		return identity;
	};
	/** A new folder is given an id. Of two nodes that do so at once, the first wins, as with the videos. */
	const establishIdentity = async (): Promise<string> => {
		const draft = `${IDENTITY_NAME}.${randomUUID()}`;
		const put = { method: 'PUT', url: urlOf(draft), body: `${randomUUID()}\n` } as const;
		expect(
			await repeated({ ...put, headers: { 'if-none-match': '*', 'content-type': 'text/plain' } }),
			`it was given a ${IDENTITY_NAME}`,
			200,
			201,
			204,
			412,
		);
		await once(move(draft, IDENTITY_NAME)).catch((error) => {
			if (!(error instanceof Interrupted)) throw error;
		});
		await remove(draft);
		const identity = await readIdentity();
		if (identity === undefined) {
			throw new UploadError(
				`${place} does not carry out MOVE, so nothing can be published there. Allow it all WebDAV methods.`,
			);
		}
		return identity;
	};

	const publication = (session: HttpSession, video: VideoText): Publication => ({
		link:
			config.urlPrefix === undefined
				? urlOf(session.final).href
				: config.urlPrefix + encodeURIComponent(session.final),
		videoId: session.final,
		told: video,
	});

	return {
		name,
		kind: 'http',
		limits: {},
		configHash: createHash('sha256')
			.update(JSON.stringify(['http', folder.href, config.urlPrefix ?? null, config.container ?? 'mpegts']))
			.digest('hex'),

		async begin(video): Promise<HttpSession> {
			const identity = await reaching(readIdentity().then((known) => known ?? establishIdentity()));
			const attempt = randomUUID();
			return {
				kind: 'http',
				attempt,
				identity,
				partial: `.${attempt}.partial`,
				// The attempt in the name keeps two videos of one title apart.
				final: safeName(video.title, ` ${attempt.slice(0, 8)}${fileEnding(config.container)}`),
			};
		},

		reach: async () => {
			await reaching(readIdentity());
		},

		spoolFile: () => undefined,

		async send(stored, file, signal, onSent) {
			const url = urlOf(httpSession(stored).partial);
			const { size } = await stat(file);
			const headers = { 'content-type': mediaType(config.container) };
			const answer = await repeated({
				method: 'PUT',
				url,
				headers,
				body: { file, start: 0, end: size },
				onSent: onSent && ((bytes) => onSent(bytes, size)),
				signal,
			});
			expect(answer, 'the video was sent', 200, 201, 204);
			const stands = expect(
				await repeated({ method: 'HEAD', url, signal }),
				'the video was looked at after sending',
				200,
			);
			const length = stands.headers['content-length'];
			if (length !== undefined && Number(length) !== size) {
				throw new UploadError(`${place} kept ${length} bytes of a video of ${size} bytes.`);
			}
		},

		async commit(stored, video) {
			const session = httpSession(stored);
			// Once only: whether a MOVE without an answer took place is for resolve to find out.
			const answer = await once(move(session.partial, session.final));
			if (answer.status === 412) {
				throw new UploadError(`${place} already has a file "${session.final}", and it is never overwritten.`);
			}
			if (answer.status === 404) {
				throw new UploadError(`${place} no longer has the video that was sent, so it cannot be published.`);
			}
			expect(answer, 'the video was given its final name', 201, 204);
			return publication(session, video);
		},

		async resolve(stored, video): Promise<Resolution> {
			const session = httpSession(stored);
			try {
				const problem = identityProblem(place, session.identity, await readIdentity());
				if (problem) return { outcome: 'unknown', reason: problem };
				// First make the commit impossible, then look: a committer that comes late finds nothing to move.
				await remove(session.partial);
				const final = expect(
					await repeated({
						method: 'HEAD',
						url: urlOf(session.final),
						headers: { 'cache-control': 'no-cache' },
					}),
					'the video was looked for',
					200,
					404,
					410,
				);
				return final.status === 200
					? { outcome: 'committed', publication: publication(session, video) }
					: { outcome: 'absent' };
			} catch (error) {
				return { outcome: 'unknown', reason: (error as Error).message };
			}
		},

		async discard(session) {
			await remove(httpSession(session).partial).catch(() => undefined);
		},

		async setThumbnail(videoId, file) {
			if (!isFileName(videoId)) {
				throw new UploadError('The row names a video that cannot be a file of a WebDAV folder.');
			}
			const { size } = await stat(file);
			expect(
				await repeated({
					method: 'PUT',
					url: urlOf(thumbnailName(videoId)),
					headers: { 'content-type': 'image/jpeg' },
					body: { file, start: 0, end: size },
				}),
				'a thumbnail was sent',
				200,
				201,
				204,
			);
		},
	};
}

function folderUrl(name: string, text: string): URL {
	const url = URL.parse(text.endsWith('/') ? text : `${text}/`);
	if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
		throw new UploadError(
			`The url of upload location "${name}" must be that of a folder, such as https://dav.example.org/videos/.`,
		);
	}
	if (url.username || url.password) {
		throw new UploadError(
			`The url of upload location "${name}" holds a password. Put user:password into a file and name it as passwordFile.`,
		);
	}
	return url;
}

/** What a server's answer means whatever was asked, as an error, or undefined. */
function refusal(place: string, method: string, { status, headers }: HttpAnswer): UploadError | undefined {
	if (status === 401 || status === 403) {
		return new UploadError(
			`${place} refuses our credentials for ${method} (${status}). Correct passwordFile or tokenFile, or what that user may do there.`,
		);
	}
	if (status === 405 || status === 501) {
		return new UploadError(
			`${place} does not know ${method} (${status}). It must be a WebDAV folder in which that is allowed.`,
		);
	}
	if (status === 409)
		return new UploadError(`${place}: there is no such folder (409). Create it, or correct the url.`);
	if (status === 507) return new LocationDown(`${place} is full (507). Make room there.`);
	if (status >= 300 && status < 400) {
		return new UploadError(
			`${place} sends us elsewhere (${status}, ${headers.location ?? 'without an address'}). Set url to where it lies.`,
		);
	}
	if (status === 429)
		return new QuotaError(`${place} takes no more for now (429).`, retryAfterSeconds(headers) ?? 60);
	if (status >= 500) return new Interrupted(`${place} failed at ${method} (${status}).`);
	return undefined;
}

/** The names in a session come from the database: they stay names within the folder, whatever somebody typed there. */
function httpSession(session: UploadSession): HttpSession {
	const { partial, final } = session as HttpSession;
	if (session.kind !== 'http' || ![partial, final].every(isFileName)) {
		throw new UploadError('The upload session in the row is not one of a WebDAV folder.');
	}
	return session as HttpSession;
}
