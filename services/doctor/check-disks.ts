import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Finding, fine, hint, problem } from './finding.ts';

const run = promisify(execFile);

/** Below this a cut of some length may not fit (bytes). */
const LITTLE = 20e9;
/** Below this the next one probably does not. */
const VERY_LITTLE = 2e9;
/** Below this not even what is written down of a job surely fits. */
const NOTHING = 1e6;

/** A folder that is needed, and what for. */
export interface NeededFolder {
	folder: string;
	purpose: string;
	/** Whether we write into it. */
	written: boolean;
	/** Whether it is made when it is missing. */
	made: boolean;
}

/** Whether folders are there, may be used by the services, and have room. */
export async function checkFolders(folders: readonly NeededFolder[]): Promise<Omit<Finding, 'part'>[]> {
	return Promise.all(folders.map(checkFolder));
}

async function checkFolder({ folder, purpose, written, made }: NeededFolder): Promise<Omit<Finding, 'part'>> {
	const what = `The folder ${folder} (${purpose})`;
	const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
	if (found instanceof Error) {
		if (found.code !== 'ENOENT') return problem(`${what} cannot be reached: ${found.message}.`);
		if (!made) return problem(`${what} does not exist. Make it, or mount its disk.`);
		return (await mayUse(nearestFolder(folder), true))
			? hint(`${what} does not exist yet; it is made when it is needed.`)
			: problem(
					`${what} does not exist, and the user of the services may not make it. Make it: install -d -o ${SERVICE_USER} ${folder}`,
				);
	}
	if (!found.isDirectory()) return problem(`${what} is no folder. Move away what is there.`);
	const allowed = await mayUse(folder, written);
	if (!allowed) {
		return problem(
			written
				? `${what} may not be written to by the user of the services, or its disk can only be read. Change its owner or its mode, or mount the disk for writing.`
				: `${what} may not be read by the user of the services. Change its owner or its mode.`,
		);
	}
	if (!written) return fine(`${what} can be read.`);
	if (isClosedToUnits(folder)) {
		return hint(
			`${what} lies where the units may not write. Allow it: systemctl edit cutsheet-cutter@, with the lines [Service] and ` +
				`ReadWritePaths=${folder}; if that is done, all is well.`,
		);
	}
	const { bavail, bsize, ffree, files } = await statfs(folder);
	const free = bavail * bsize;
	const room = `${what} has ${gigabytes(free)} GB free.`;
	if (files > 0 && ffree < 1_000)
		return problem(`${what} has room for ${ffree} files only: its inodes are used up.`);
	if (free < NOTHING) return problem(`${what} is full. Make room, or move it to another disk.`);
	if (free < VERY_LITTLE) return problem(`${room} Make room: the next video may not fit.`);
	return free < LITTLE ? hint(`${room} That is little.`) : fine(room);
}

/** Where install.sh puts the units, and the folders that these may write to. */
const UNIT = '/usr/local/lib/systemd/system/cutsheet-cutter@.service';
const OPEN_FOLDERS = ['/var/lib/cutsheet', '/srv', '/mnt', '/media', '/tmp', '/var/tmp'];

/** Whether the folder is one that the units, where they are installed, may only write to when somebody has allowed it. */
function isClosedToUnits(folder: string): boolean {
	return existsSync(UNIT) && !OPEN_FOLDERS.some((open) => folder === open || folder.startsWith(`${open}/`));
}

/** The user that the units run the services as. */
const SERVICE_USER = 'cutsheet';

/** The innermost folder on the way to `folder` that exists. */
function nearestFolder(folder: string): string {
	return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}

/** For root, who may do everything, the question is what the services may. */
async function mayUse(folder: string, written: boolean): Promise<boolean> {
	const asked = (await isRootOfServices())
		? run('runuser', ['-u', SERVICE_USER, '--', 'test', '-x', folder, '-a', written ? '-w' : '-r', folder])
		: access(folder, constants.X_OK | (written ? constants.W_OK : constants.R_OK));
	return asked.then(
		() => true,
		() => false,
	);
}

async function isRootOfServices(): Promise<boolean> {
	if (process.getuid?.() !== 0) return false;
	return run('id', ['-u', SERVICE_USER]).then(
		() => true,
		() => false,
	);
}

function gigabytes(bytes: number): string {
	return (bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0);
}
