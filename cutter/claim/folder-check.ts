import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** As much as anything that is written down of a job; less may still fit into a disk that has no room for that. */
const BYTES = Buffer.alloc(16 * 1024);

/**
 * Why nothing can be kept in a folder of this node's own, in the system's words, or undefined when it can. Makes the folder
 * if it is missing, and writes: a mode, a quota, a full or a read-only disk all show only then.
 */
export async function whyUnwritable(folder: string): Promise<string | undefined> {
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		const path = join(folder, `.room-${process.pid}`);
		await rm(path, { force: true });
		const file = await open(path, 'wx', 0o600);
		try {
			// At once, so that nobody who looks into the folder meets it, nor has to clear it away.
			await rm(path);
			const { bytesWritten } = await file.write(BYTES);
			if (bytesWritten < BYTES.length) return 'no space left on the disk';
			await file.datasync();
		} finally {
			await file.close();
		}
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}
