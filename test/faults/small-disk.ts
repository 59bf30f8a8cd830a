import { execFile, spawnSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ava, { type TestFn } from 'ava';
import { temporaryFolder } from '../support/recording.ts';
import { longTest } from './extent.ts';
import type { Teardown } from './job-world.ts';

const run = promisify(execFile);

const AS_ROOT = userInfo().uid === 0 ? [] : ['sudo', '-n'];

/** For long tests that need a disk of a size of their own, which only root may mount: left out, loudly, where that cannot be. */
export const testOnDisk: TestFn = mayMount() ? longTest : (ava.skip as TestFn);

function mayMount(): boolean {
	// Without a privilege; in a container also root may be refused.
	const { status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
	const [program, ...words] = [...AS_ROOT, 'true'];
	if (AS_ROOT.length === 0 ? status === 0 : spawnSync(program!, words).status === 0) return true;
	const why = AS_ROOT.length === 0 ? stderr.trim() : 'this is not root, and sudo asks for a password';
	const sentence = `Full and read-only disks are not tested, as none can be mounted here: ${why}.`;
	if (process.env.CI) throw new Error(sentence);
	console.warn(sentence);
	return false;
}

function asRoot(...words: string[]): Promise<unknown> {
	const [program, ...rest] = [...AS_ROOT, ...words];
	return run(program!, rest);
}

/** Puts a disk of `bytes` in a folder's place, until the test is over. Everybody may write to it. */
export async function mountDisk(t: Teardown, folder: string, bytes: number): Promise<void> {
	await asRoot('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder);
	t.teardown(() => asRoot('umount', '--lazy', folder));
}

/** `option`: `size=…`, `ro` or `rw`. */
export async function remount(folder: string, option: string): Promise<void> {
	await asRoot('mount', '-o', `remount,${option}`, folder);
}

/** Puts a disk of `bytes` that can be frozen in an empty folder's place, until the test is over. Everybody may write to it. */
export async function mountFreezable(t: Teardown, folder: string, bytes: number): Promise<void> {
	const image = join(await temporaryFolder(t), 'image');
	await writeFile(image, '');
	await truncate(image, bytes);
	await run('mkfs.ext4', ['-q', image]);
	await asRoot('mount', '-o', 'loop', image, folder);
	t.teardown(() => asRoot('umount', '--lazy', folder));
	await asRoot('rmdir', join(folder, 'lost+found'));
	await asRoot('chmod', '777', folder);
}

/** What writes to the disk from now on hangs, until the function that this resolves with is called, or the test is over. */
export async function freeze(t: Teardown, folder: string): Promise<() => Promise<void>> {
	await asRoot('fsfreeze', '--freeze', folder);
	let isFrozen = true;
	const thaw = async () => {
		if (isFrozen) await asRoot('fsfreeze', '--unfreeze', folder);
		isFrozen = false;
	};
	t.teardown(thaw);
	return thaw;
}
