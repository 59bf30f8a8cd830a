import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Part } from '@aws-sdk/client-s3';
import { type Container, fileEnding, mediaType, thumbnailName } from './container.ts';
import { IDENTITY_NAME, identityProblem } from './identity.ts';
import type { Publication, Resolution, UploadLocation, VideoText } from './location.ts';
import { reaching, UploadError } from './location.ts';
import { connectStore, objectRoot, type S3Store } from './s3-client.ts';
import { type PartPlan, planParts } from './s3-parts.ts';
import { isAnswer, s3Problem } from './s3-problem.ts';
import { keyWithin, type S3Session, s3Session } from './s3-session.ts';
import { safeName } from './safe-name.ts';
import { again, PATIENCE, pauseAfter } from './try-again.ts';

export interface S3LocationConfig extends S3Store {
	kind: 's3';
	/** What the keys of the videos begin with, such as `talks/2026/`. Kept as it is. */
	prefix?: string;
	/** Links are this plus the key; without it they are the address of the object itself. */
	urlPrefix?: string;
	container?: Container;
}

const ATTEMPT = 'cutsheet-attempt';
const PARTS_AT_ONCE = 3;
/** How often an object that may have been made is looked for in vain before it is believed that there is none: within some 15 s. */
const MOST_MISSED = 5;
/** What stores answer about an upload that they have forgotten; the second one is Ceph's, of ListParts. */
const GONE = ['NoSuchUpload', 'NoSuchKey'];

/**
 * Opens a bucket of any S3-compatible store as an upload location. A video is a multipart upload, invisible until it is
 * completed; that is the commit, made on the condition that there is no such object. Nothing is asked of the store yet:
 * it may be down while we start. A rule in the bucket that aborts incomplete multipart uploads after some days clears away
 * what a killed node leaves.
 */
export async function openS3Location(
	name: string,
	config: S3LocationConfig,
	patience = PATIENCE,
): Promise<UploadLocation> {
	const place = `Upload location "${name}" (bucket ${config.bucket})`;
	const prefix = config.prefix ?? '';
	const sdk = await import('@aws-sdk/client-s3');
	const client = connectStore(sdk, name, config, patience.silenceMs);
	const Bucket = config.bucket;

	/** Turns what the store or the network says into a sentence that names the place. */
	const within = async <T>(doing: string, work: Promise<T>, signal?: AbortSignal): Promise<T> =>
		work.catch((error: unknown) => {
			signal?.throwIfAborted();
			throw s3Problem(place, doing, error);
		});
	/** The answer, or undefined when the store's error is one of `names`. */
	const unless = async <T>(names: string[], doing: string, work: Promise<T>): Promise<T | undefined> =>
		within(
			doing,
			work.catch((error: unknown) => {
				if (!isAnswer(error, ...names)) throw error;
				return undefined;
			}),
		);

	const readIdentity = async (): Promise<string | undefined> => {
		const get = new sdk.GetObjectCommand({ Bucket, Key: prefix + IDENTITY_NAME });
		const text = client.send(get).then((found) => found.Body?.transformToString());
		return (await unless(['NoSuchKey'], `reading ${IDENTITY_NAME}`, text))?.trim();
	};
	/** A new place is given an id. Of two nodes that do so at once, the first wins. */
	const establishIdentity = async (): Promise<string> => {
		const put = { Bucket, Key: prefix + IDENTITY_NAME, Body: `${randomUUID()}\n`, ContentType: 'text/plain' };
		const doing = `writing ${IDENTITY_NAME}`;
		const known = ['PreconditionFailed', 'ConditionalRequestConflict', 'NotImplemented'];
		const conditional = client.send(new sdk.PutObjectCommand({ ...put, IfNoneMatch: '*' })).then(
			() => undefined,
			(error: unknown) => {
				if (!isAnswer(error, ...known)) throw error;
				return isAnswer(error, 'NotImplemented');
			},
		);
		// A store without conditional writes: the last of two nodes wins, and the other one's first upload is begun anew.
		if (await within(doing, conditional)) await within(doing, client.send(new sdk.PutObjectCommand(put)));
		const identity = await readIdentity();
		if (!identity) throw new UploadError(`${place} does not show yet what is written to it.`);
		return identity;
	};

	const listParts = async ({ key, uploadId }: S3Session, signal?: AbortSignal): Promise<Part[]> => {
		const parts: Part[] = [];
		// Not the SDK's paginator: it goes on as long as there is a marker, and some stores always send one.
		for (let marker: string | undefined; ; ) {
			const asked = { Bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker };
			const page = await client.send(new sdk.ListPartsCommand(asked), {
				...(signal && { abortSignal: signal }),
			});
			parts.push(...(page.Parts ?? []));
			if (!page.IsTruncated || page.NextPartNumberMarker === marker) return parts;
			marker = page.NextPartNumberMarker;
		}
	};
	const sendPart = (
		session: S3Session,
		file: string,
		part: PartPlan,
		{ signal, onSent }: { signal: AbortSignal; onSent: (bytes: number) => void },
	) =>
		again(
			patience,
			async () => {
				const body = partOf(file, part, onSent);
				const command = new sdk.UploadPartCommand({
					Bucket,
					Key: session.key,
					UploadId: session.uploadId,
					PartNumber: part.number,
					ContentLength: part.end - part.start,
					Body: body,
				});
				try {
					await within('sending the video', client.send(command, { abortSignal: signal }), signal);
				} finally {
					body.destroy();
				}
			},
			signal,
		);
	const complete = async (session: S3Session, parts: Part[], condition: { IfNoneMatch?: '*' }) =>
		client.send(
			new sdk.CompleteMultipartUploadCommand({
				Bucket,
				Key: session.key,
				UploadId: session.uploadId,
				MultipartUpload: { Parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) },
				...condition,
			}),
		);
	/** The attempt that made the object of a key; null when another program did, undefined when there is none. */
	const attemptOf = async (key: string): Promise<string | null | undefined> => {
		const head = client.send(new sdk.HeadObjectCommand({ Bucket, Key: key }));
		const found = await unless(['NotFound', 'NoSuchKey'], 'looking for the video', head);
		return found && (found.Metadata?.[ATTEMPT] ?? null);
	};
	/**
	 * After it the upload can no longer be completed: either the store has forgotten it, or this rejects. Whether it was this
	 * that ended it: else it may have been completed before.
	 */
	const abort = async (session: S3Session): Promise<boolean> => {
		const { key: Key, uploadId: UploadId } = session;
		const command = new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId });
		const aborted = await unless(GONE, 'aborting the upload', client.send(command));
		// As the documentation of AbortMultipartUpload advises; it also waits for a completion that was under way.
		const rest = await unless(GONE, 'aborting the upload', listParts(session));
		if (rest) throw new UploadError(`${place} has not aborted the upload yet.`);
		return aborted !== undefined;
	};
	/** The same as attemptOf, of an upload that may have been completed a moment ago: many stores show that only some seconds later. */
	const attemptAtLast = async (key: string): Promise<string | null | undefined> => {
		for (let missed = 1; ; missed++) {
			const found = await attemptOf(key);
			if (found !== undefined || missed > MOST_MISSED) return found;
			await pauseAfter(missed, patience);
		}
	};
	const publication = (session: S3Session, video: VideoText): Publication => ({
		link: (config.urlPrefix ?? objectRoot(config)) + session.key.split('/').map(encodeURIComponent).join('/'),
		videoId: session.key,
		told: video,
	});

	return {
		name,
		kind: 's3',
		limits: {},
		configHash: createHash('sha256')
			.update(
				JSON.stringify([
					's3',
					config.endpoint ?? null,
					Bucket,
					prefix,
					config.urlPrefix ?? null,
					config.container ?? 'mpegts',
				]),
			)
			.digest('hex'),

		async begin(video): Promise<S3Session> {
			const identity = await reaching(readIdentity().then((known) => known ?? establishIdentity()));
			const attempt = randomUUID();
			// The attempt in the name keeps two videos of one title apart.
			const key = prefix + safeName(video.title, ` ${attempt.slice(0, 8)}${fileEnding(config.container)}`);
			const created = await reaching(
				within(
					'beginning an upload',
					client.send(
						new sdk.CreateMultipartUploadCommand({
							Bucket,
							Key: key,
							ContentType: mediaType(config.container),
							Metadata: { [ATTEMPT]: attempt },
						}),
					),
				),
			);
			return { kind: 's3', attempt, identity, key, uploadId: created.UploadId! };
		},

		reach: async () => {
			await reaching(readIdentity());
		},

		spoolFile: () => undefined,

		async send(stored, file, signal, onSent) {
			const session = s3Session(stored, prefix);
			const { size } = await stat(file);
			const there = new Map(
				(await within('asking for parts', listParts(session, signal), signal)).map((part) => [
					part.PartNumber,
					part.Size,
				]),
			);
			const parts = planParts(size);
			const missing = parts.filter((part) => there.get(part.number) !== part.end - part.start);
			let sent = size - missing.reduce((sum, { start, end }) => sum + end - start, 0);
			onSent?.(sent, size);
			const rest = missing.values();
			const stop = new AbortController();
			const either = AbortSignal.any([signal, stop.signal]);
			const sender = async () => {
				for (const part of rest) {
					let ofPart = 0;
					const told = (bytes: number) => {
						sent += bytes - ofPart;
						ofPart = bytes;
						onSent?.(sent, size);
					};
					await sendPart(session, file, part, { signal: either, onSent: told });
					told(part.end - part.start);
				}
			};
			await Promise.all(
				Array.from({ length: PARTS_AT_ONCE }, () =>
					sender().catch((error) => {
						stop.abort(error);
						throw error;
					}),
				),
			);
		},

		async commit(stored, video, file) {
			const session = s3Session(stored, prefix);
			const { size } = await stat(file);
			const parts = await within('asking for parts', listParts(session));
			const sent = parts.reduce((sum, part) => sum + (part.Size ?? 0), 0);
			if (sent !== size) throw new UploadError(`${place} has ${sent} bytes of a video of ${size} bytes.`);
			const doing = 'publishing the video';
			try {
				await complete(session, parts, { IfNoneMatch: '*' });
			} catch (error) {
				if (isAnswer(error, 'PreconditionFailed')) {
					throw new UploadError(
						`${place} already has an object "${session.key}", and it is never overwritten.`,
					);
				}
				if (!isAnswer(error, 'NotImplemented')) throw s3Problem(place, doing, error);
				// A store without conditional completion. The key carries the attempt, so looking first is as good.
				if ((await attemptOf(session.key)) !== undefined) {
					throw new UploadError(
						`${place} already has an object "${session.key}", and it is never overwritten.`,
					);
				}
				await within(doing, complete(session, parts, {}));
			}
			return publication(session, video);
		},

		async resolve(stored, video): Promise<Resolution> {
			const session = s3Session(stored, prefix);
			try {
				const problem = identityProblem(place, session.identity, await readIdentity());
				if (problem) return { outcome: 'unknown', reason: problem };
				// First make the commit impossible, then look: a committer that comes late finds nothing to complete.
				const wasOpen = await abort(session);
				const found = await (wasOpen ? attemptOf(session.key) : attemptAtLast(session.key));
				return found === session.attempt
					? { outcome: 'committed', publication: publication(session, video) }
					: { outcome: 'absent' };
			} catch (error) {
				return { outcome: 'unknown', reason: (error as Error).message };
			}
		},

		async discard(session) {
			await abort(s3Session(session, prefix)).catch(() => undefined);
		},

		async setThumbnail(videoId, file) {
			const Key = thumbnailName(keyWithin(videoId, prefix));
			const put = new sdk.PutObjectCommand({
				Bucket,
				Key,
				Body: await readFile(file),
				ContentType: 'image/jpeg',
			});
			await within('sending a thumbnail', client.send(put));
		},
	};
}

/** The bytes of a part. `onSent` is told how many of them the connection has taken. */
function partOf(file: string, { start, end }: PartPlan, onSent: (bytes: number) => void): Readable {
	async function* bytes() {
		let sent = 0;
		for await (const chunk of createReadStream(file, { start, end: end - 1 })) {
			onSent(sent);
			yield chunk as Buffer;
			sent += (chunk as Buffer).length;
		}
	}
	return Readable.from(bytes(), { objectMode: false });
}
