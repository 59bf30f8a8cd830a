import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import type { Config } from '../../services/config.ts';
import { temporaryFolder } from '../support/recording.ts';
import { haveTool } from '../support/tool.ts';

// install.sh makes a user, and files of other owners: only root can.
const testAsRoot = process.getuid?.() === 0 && haveTool('systemd-sysusers', 'systemd') ? test : test.skip;
const SERVICES = path.join(import.meta.dirname, '../../services');
const CUTTERS = ['--role', 'cutter', '--instance', 'north', '--instance', 'south'];

/** A checkout with little in it but what install.sh itself needs, and the empty root of a system. */
async function machine(t: ExecutionContext) {
	const folder = await temporaryFolder(t);
	const [checkout, root] = [path.join(folder, 'checkout'), path.join(folder, 'root')];
	for (const room of ['db', 'sheet-sync', 'cutter', 'services', 'node_modules/.bin']) {
		await mkdir(path.join(checkout, room), { recursive: true });
	}
	await mkdir(path.join(root, 'etc'), { recursive: true });
	for (const one of ['install.sh', 'systemd', 'bin']) {
		await cp(path.join(SERVICES, one), path.join(checkout, 'services', one), { recursive: true });
	}
	await symlink(process.execPath, path.join(checkout, 'node_modules/.bin/node'));
	await writeFile(path.join(checkout, 'package.json'), '{"version": "1.2.3"}');
	await writeFile(path.join(checkout, 'package-lock.json'), '{"packages": {}}');
	await writeFile(path.join(checkout, 'README.md'), '');
	const install = (...words: string[]) => {
		const script = path.join(checkout, 'services/install.sh');
		const { status, stderr } = spawnSync('sh', [script, '--root', root, ...words], { encoding: 'utf8' });
		t.is(status, 0, stderr);
		return stderr;
	};
	const config = async (name: string): Promise<Config> =>
		parse(await readFile(path.join(root, 'etc/cutsheet', name), 'utf8'));
	return { checkout, root, install, config };
}

testAsRoot('cutters of one machine get names and ports of their own, and start at boot', async (t) => {
	const { root, install, config } = await machine(t);
	install(...CUTTERS);
	install('--role', 'cutter', '--instance', '3');
	const cutters = await Promise.all(['north', 'south', '3'].map((name) => config(`cutter-${name}.yaml`)));
	t.deepEqual(
		cutters.map(({ cutter, health }) => [cutter.node, health.ports.cutter]),
		[
			['north', 9461],
			['south', 9462],
			['3', 9463],
		],
	);
	t.is((await config('record-south.yaml')).health.ports.record, 9472);
	t.deepEqual(
		(await readdir(path.join(root, 'etc/systemd/system/multi-user.target.wants'))).sort(),
		['3', 'north', 'south'].map((name) => `cutsheet-cutter@${name}.service`),
	);
});

testAsRoot('a machine with the database logs its services in over the loopback interface', async (t) => {
	const { root, install } = await machine(t);
	await mkdir(path.join(root, 'etc/cutsheet/logins'), { recursive: true });
	const url = 'postgres://cutsheet_cutter:secret@db.example.org/cutsheet\n';
	await writeFile(path.join(root, 'etc/cutsheet/logins/cutter.url'), url);
	install(...CUTTERS);
	const file = path.join(root, 'etc/cutsheet/credentials/cutter/database-url');
	t.is(await readFile(file, 'utf8'), 'postgres://cutsheet_cutter:secret@localhost/cutsheet\n');
	await writeFile(file, 'mine');
	install(...CUTTERS);
	t.is(await readFile(file, 'utf8'), 'mine');
});

testAsRoot('an upgrade changes no configuration, and can be taken back; so can all of it', async (t) => {
	const { checkout, root, install } = await machine(t);
	install(...CUTTERS);
	const current = () => readlink(path.join(root, 'opt/cutsheet/current'));
	const first = await current();
	const file = path.join(root, 'etc/cutsheet/cutter-north.yaml');
	await writeFile(file, 'cutter: { node: mine }\n');
	await writeFile(path.join(checkout, 'cutter/new.ts'), '// something new');
	install(...CUTTERS);
	const second = await current();
	t.not(second, first);
	t.is(await readFile(file, 'utf8'), 'cutter: { node: mine }\n');
	install('--back');
	t.is(await current(), first);
	t.true(existsSync(path.join(root, first, 'services/bin/cutsheet')));
	install('--back');
	t.is(await current(), second);
	t.regex(install('--remove'), /Left are \/etc\/cutsheet/);
	for (const gone of ['opt/cutsheet', 'usr/local/bin/cutsheet']) t.false(existsSync(path.join(root, gone)));
	for (const place of ['usr/local/lib/systemd/system', 'etc/systemd/system/multi-user.target.wants']) {
		t.deepEqual(await readdir(path.join(root, place)), []);
	}
	t.is(await readFile(file, 'utf8'), 'cutter: { node: mine }\n');
});
