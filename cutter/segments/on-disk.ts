/** Looking at a segment store's disk: what is not there is told from what the disk does not let us see. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';

/** Nothing is there, neither the name nor what a link leads to. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/**
 * `undefined` for an error that says that nothing is there. Every other one is thrown: what lies on a disk that fails is no
 * hole, which `allow_holes` would leave out of a video.
 */
export function absent(error: unknown): undefined {
	if (error instanceof Error && 'code' in error && MISSING.has(String(error.code))) return undefined;
	throw error;
}

/** What the system knows of a file or folder, all links followed; undefined where there is none. */
export async function statsOf(path: string): Promise<Stats | undefined> {
	return await stat(path).catch(absent);
}

/** What a folder holds; nothing where there is none. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
	return (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
}
