import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { formatSegmentPath, type SegmentName } from './name.ts';
import { type SegmentStore, storeFolder } from './store.ts';

/**
 * Gives a complete file its place in the store: hashes it, syncs it to disk and renames it to its final name. A reader
 * so sees the whole segment or none. `file` must lie on the store's file system, best in `recordingFolder`; `start` and
 * `duration` are 90 kHz ticks. Returns the final path. Storing the same bytes again changes nothing.
 */
export async function storeSegment(
	store: SegmentStore,
	file: string,
	{ start, duration, type }: Omit<SegmentName, 'hash'>,
): Promise<string> {
	const hash = await hashFile(file);
	await sync(file);
	const final = path.join(storeFolder(store), formatSegmentPath({ start, duration, type, hash }));
	await mkdir(path.dirname(final), { recursive: true });
	await rename(file, final);
	return final;
}

/**
 * Makes and returns the hidden folder inside the store where the recorder `name` writes what is not yet a segment. It is
 * on the same file system, so that the rename into place is one step, and no reader looks into it.
 */
export async function recordingFolder(store: SegmentStore, name: string): Promise<string> {
	const folder = path.join(storeFolder(store), `.recording-${name}`);
	await mkdir(folder, { recursive: true });
	return folder;
}

/** The HASH of a segment's name: SHA-256 of its bytes in unpadded url-safe base64. */
export async function hashFile(file: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
	return hash.digest('base64url');
}

async function sync(file: string): Promise<void> {
	await using handle = await open(file, 'r');
	await handle.sync();
}
