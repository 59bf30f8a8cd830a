import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { clearDeadJobFolders, makeJobFolder } from '../../../cutter/claim/spool.ts';

test('the folders of dead processes of this machine are removed, and no others', async (t) => {
	const spool = await mkdtemp(join(tmpdir(), 'cutsheet-spool-'));
	t.teardown(() => rm(spool, { recursive: true, force: true }));
	const own = basename(await makeJobFolder(spool));
	const child = spawn(process.execPath, ['--eval', '']);
	await once(child, 'exit');
	const dead = own.replace(`-${process.pid}-`, `-${child.pid}-`);
	const elsewhere = `cut-another.example-${child.pid}-abc`;
	for (const name of [dead, elsewhere, 'cut-old', 'thumbnail-abc']) await mkdir(join(spool, name));
	await writeFile(join(spool, dead, 'video.ts'), 'half');
	t.deepEqual(await clearDeadJobFolders(spool), [dead]);
	t.deepEqual((await readdir(spool)).toSorted(), [own, elsewhere, 'cut-old', 'thumbnail-abc'].toSorted());
	t.deepEqual(await clearDeadJobFolders(join(spool, 'missing')), []);
});
