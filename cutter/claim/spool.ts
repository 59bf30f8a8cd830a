import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The folders of a process tell where it runs, and which it is. */
function prefixOf(pid: number | string): string {
	return `cut-${hostname().replaceAll(/[^\w.]/g, '_')}-${pid}-`;
}

/** Makes a folder of its own for one job below the spool folder. */
export async function makeJobFolder(spoolFolder: string): Promise<string> {
	return await mkdtemp(join(spoolFolder, prefixOf(process.pid)));
}

/**
 * Removes the job folders that processes of this machine have left behind when they were killed. One of a process that may
 * still run, here or elsewhere, stays: several cutters may share a spool folder. Returns the names of those removed.
 */
export async function clearDeadJobFolders(spoolFolder: string): Promise<string[]> {
	const [before, after] = prefixOf('\n').split('\n') as [string, string];
	const names = await readdir(spoolFolder).catch(() => []);
	const dead = names.filter((name) => {
		if (!name.startsWith(before)) return false;
		const [pid = '', ...rest] = name.slice(before.length).split(after);
		return rest.length === 1 && /^\d+$/.test(pid) && !isRunning(Number(pid));
	});
	for (const name of dead) await rm(join(spoolFolder, name), { recursive: true, force: true });
	return dead;
}

/** Whether a process of this machine may run: only when the system says that there is no such one is it surely gone. */
export function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
	}
}
