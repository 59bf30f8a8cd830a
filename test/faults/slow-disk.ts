// Loaded into a process before everything else (node --import): while the file DISK_STUCK is there nothing that is written
// reaches the disk: fsync(2) takes until the file is gone.
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const stuck = process.env.DISK_STUCK!;
const probe = await open(process.execPath, 'r');
const handles = Object.getPrototypeOf(probe) as Pick<FileHandle, 'sync' | 'datasync'>;
await probe.close();

for (const name of ['sync', 'datasync'] as const) {
	const write = handles[name];
	handles[name] = async function (this: FileHandle) {
		while (existsSync(stuck)) await sleep(50);
		return Reflect.apply(write, this, []);
	};
}
