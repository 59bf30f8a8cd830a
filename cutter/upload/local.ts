import { createHash, randomUUID } from 'node:crypto';
import {
	copyFile,
	cp,
	link,
	open,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	unlink,
	writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Container, fileEnding, thumbnailName } from './container.ts';
import { IDENTITY_NAME } from './identity.ts';
import type { Publication, Resolution, UploadLocation, UploadSession, VideoText } from './location.ts';
import { LocationDown, UploadError } from './location.ts';
import { isFileName, safeName } from './safe-name.ts';
import { isDiskDown } from './system-errors.ts';

export interface LocalLocationConfig {
	kind: 'local';
	/** The folder of the videos. It must exist: a missing one may be a disk that is not mounted. */
	path: string;
	/** Links are this plus the file's name; without it they are file:// links. */
	urlPrefix?: string;
	/** MPEG-TS unless told. */
	container?: Container;
	/** Each video is a folder of files, as an archive with holes is. */
	manyFiles?: boolean;
}

interface LocalSession extends UploadSession {
	kind: 'local';
	/** File names within the folder. */
	partial: string;
	final: string;
}

/**
 * Opens a folder as an upload location. A video is written as a hidden partial file, synced, and in the commit given its
 * final name by link(2), which never replaces a file (a video of many files, by rename(2)). Rejects with a sentence when the folder cannot be used.
 */
export async function openLocalLocation(name: string, config: LocalLocationConfig): Promise<UploadLocation> {
	const folder = config.path;
	const place = `The folder ${folder} of upload location "${name}"`;
	const ending = config.manyFiles ? '' : fileEnding(config.container);
	const found = await stat(folder).catch(() => undefined);
	if (!found?.isDirectory()) {
		throw new UploadError(`${place} does not exist. Create it, or mount its disk.`);
	}
	const identity = await establishIdentity(folder).catch((error: Error) => {
		throw new UploadError(`${place} cannot be written to: ${error.message}.`);
	});
	const address = (file: string) =>
		config.urlPrefix ? config.urlPrefix + encodeURIComponent(file) : pathToFileURL(join(folder, file)).href;

	/** Turns what the file system says into a sentence that names the place. */
	const within = async <T>(work: Promise<T>): Promise<T> =>
		work.catch((error: Error) => {
			if (error instanceof UploadError) throw error;
			throw new (isDiskDown(error) ? LocationDown : UploadError)(`${place}: ${error.message}.`);
		});
	const otherDisk = async (session: UploadSession): Promise<string | undefined> => {
		const seen = await readIdentity(folder);
		if (seen === session.identity) return undefined;
		return `${place} ${seen ? 'is another one than when the upload began' : 'is not there any more'}. Mount the disk that it began on.`;
	};
	const publication = (session: LocalSession, video: VideoText): Publication => ({
		link: address(session.final),
		videoId: session.final,
		told: video,
	});

	return {
		name,
		kind: 'local',
		limits: {},
		// Two nodes may have the folder at different paths, but it must be the same folder.
		configHash: createHash('sha256')
			.update(
				JSON.stringify([
					'local',
					identity,
					config.urlPrefix ?? null,
					config.container ?? 'mpegts',
					config.manyFiles ?? false,
				]),
			)
			.digest('hex'),

		async begin(video) {
			const attempt = randomUUID();
			const session: LocalSession = {
				kind: 'local',
				attempt,
				identity,
				partial: `.${attempt}.partial`,
				// The attempt in the name keeps two videos of one title apart.
				final: safeName(video.title, ` ${attempt.slice(0, 8)}${ending}`),
			};
			const problem = await otherDisk(session);
			if (problem) throw new LocationDown(problem);
			return session;
		},

		spoolFile: (session) => join(folder, localSession(session).partial),

		send: (session, file, _signal, onSent) =>
			within(
				(async () => {
					const partial = join(folder, localSession(session).partial);
					if (file !== partial) await cp(file, partial, { recursive: true });
					const names = config.manyFiles ? await readdir(partial) : [];
					const files = config.manyFiles ? names.map((one) => join(partial, one)) : [partial];
					const sizes = await Promise.all(files.map(async (one) => (await stat(one)).size));
					const size = sizes.reduce((sum, one) => sum + one, 0);
					// All that is to be waited for is that the disk keeps it.
					onSent?.(size, size);
					for (const one of files) await sync(one);
					if (config.manyFiles) await sync(partial);
				})(),
			),

		commit: (stored, video) =>
			within(
				(async () => {
					const session = localSession(stored);
					const problem = await otherDisk(session);
					if (problem) throw new UploadError(problem);
					const [partial, final] = [join(folder, session.partial), join(folder, session.final)];
					// A folder has no links. rename(2) replaces no file and no folder that holds something.
					await (config.manyFiles ? rename(partial, final) : link(partial, final));
					await sync(folder);
					await rm(partial, { force: true }).catch(() => undefined);
					return publication(session, video);
				})(),
			),

		async resolve(stored, video): Promise<Resolution> {
			const session = localSession(stored);
			try {
				const problem = await otherDisk(session);
				if (problem) return { outcome: 'unknown', reason: problem };
				// First make the commit impossible, then look: a committer that comes late finds nothing to link.
				await removeAtOnce(join(folder, session.partial));
				await sync(folder);
				const final = await stat(join(folder, session.final)).catch((error: NodeJS.ErrnoException) => {
					if (error.code !== 'ENOENT') throw error;
				});
				return final
					? { outcome: 'committed', publication: publication(session, video) }
					: { outcome: 'absent' };
			} catch (error) {
				return { outcome: 'unknown', reason: `${place}: ${(error as Error).message}.` };
			}
		},

		async discard(session) {
			const { partial } = session as LocalSession;
			if (!isFileName(partial)) return;
			await rm(join(folder, partial), { force: true, recursive: true }).catch(() => undefined);
		},

		setThumbnail: (videoId, file) =>
			within(
				(async () => {
					if (!isFileName(videoId))
						throw new UploadError('The row names a video that cannot be a file of a folder.');
					const draft = join(folder, `.${randomUUID()}.thumbnail`);
					await copyFile(file, draft);
					await rename(draft, join(folder, thumbnailName(videoId)));
				})(),
			),
	};
}

/** The names in a session come from the database: they stay names within the folder, whatever somebody typed there. */
function localSession(session: UploadSession): LocalSession {
	const { partial, final } = session as LocalSession;
	if (session.kind !== 'local' || ![partial, final].every(isFileName)) {
		throw new UploadError('The upload session in the row is not one of a local folder.');
	}
	return session as LocalSession;
}

async function readIdentity(folder: string): Promise<string | undefined> {
	return readFile(join(folder, IDENTITY_NAME), 'utf8').then(
		(text) => text.trim(),
		() => undefined,
	);
}

/** The folder's id; a new folder is given one. Of two nodes that do so at once, the first wins. */
async function establishIdentity(folder: string): Promise<string> {
	const draft = join(folder, `${IDENTITY_NAME}.${randomUUID()}`);
	await writeFile(draft, `${randomUUID()}\n`);
	await sync(draft);
	try {
		await link(draft, join(folder, IDENTITY_NAME));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
	} finally {
		await unlink(draft);
	}
	await sync(folder);
	return (await readIdentity(folder))!;
}

/**
 * Removes a partial file or folder, in one step as its committer sees it: of a folder that loses one file after the other a
 * rename(2) could publish the rest.
 */
async function removeAtOnce(partial: string): Promise<void> {
	const doomed = `${partial}.removed`;
	await rename(partial, doomed).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') throw error;
	});
	await rm(doomed, { force: true, recursive: true });
}

/** fsync of a file or a folder. */
async function sync(path: string): Promise<void> {
	const handle = await open(path, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
