import { execFile, spawnSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { COMMANDS } from '../../../services/commands/index.ts';
import { checkConfig } from '../../../services/config-schema.ts';
import { temporaryFolder } from '../../support/recording.ts';
import { haveTool } from '../../support/tool.ts';

const testWithSystemd = haveTool('systemd-analyze', 'systemd') ? test : test.skip;

const run = promisify(execFile);
const SERVICES = path.join(import.meta.dirname, '../../../services');
const FOLDER = path.join(SERVICES, 'systemd');
const INSTALLED = '/opt/cutsheet/current/services/bin/cutsheet';
/** systemd calls everything below 5 "OK"; from 0 (nothing to fear) to 10. */
const MOST_EXPOSED = 3;

const units = (await readdir(FOLDER)).filter((name) => name.endsWith('.service'));
const skeletons = await readdir(path.join(FOLDER, 'skeleton'));

/** A copy of the units whose program is the one of this checkout, as systemd checks that it is there. */
async function unitsOfCheckout(t: ExecutionContext): Promise<string> {
	const folder = await temporaryFolder(t);
	await cp(FOLDER, folder, { recursive: true });
	for (const unit of units) {
		const text = await readFile(path.join(folder, unit), 'utf8');
		await writeFile(path.join(folder, unit), text.replace(INSTALLED, path.join(SERVICES, 'bin/cutsheet')));
	}
	return folder;
}

testWithSystemd('systemd finds nothing wrong with the units', async (t) => {
	const folder = await unitsOfCheckout(t);
	for (const unit of units) {
		const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', path.join(folder, unit)]);
		t.is(stdout + stderr, '', unit);
	}
	t.true(units.length >= 6);
});

testWithSystemd('systemd finds little that the services could do to a machine', async (t) => {
	const folder = await unitsOfCheckout(t);
	for (const unit of units) {
		const words = ['security', '--offline=true', `--threshold=${MOST_EXPOSED * 10}`, path.join(folder, unit)];
		const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
		t.is(status, 0, `${unit}: ${stdout.trim().split('\n').at(-1)}`);
	}
});

test('each unit runs a command that there is, with a configuration for which there is a skeleton', async (t) => {
	for (const unit of units) {
		const text = await readFile(path.join(FOLDER, unit), 'utf8');
		const [, program, command, file] = /^ExecStart=(\S+) (\S+) --config (\S+)$/m.exec(text) ?? [];
		t.is(program, INSTALLED, unit);
		t.true(
			COMMANDS.some(({ name }) => name === command),
			unit,
		);
		t.true(skeletons.includes(path.basename(file!).replace('-%i', '')), unit);
	}
});

for (const skeleton of skeletons) {
	test(`the skeleton ${skeleton} is a valid configuration`, async (t) => {
		const checked = checkConfig(parse(await readFile(path.join(FOLDER, 'skeleton', skeleton), 'utf8')));
		t.true('config' in checked, JSON.stringify(checked));
	});
}

test('what a unit says is not overruled by what all of them share', async (t) => {
	const settings = async (file: string) =>
		[...(await readFile(path.join(FOLDER, file), 'utf8')).matchAll(/^([A-Z]\w+)=/gm)].map(([, name]) => name);
	const shared = await settings('cutsheet-.service.d/10-common.conf');
	for (const unit of units)
		t.deepEqual(
			(await settings(unit)).filter((name) => shared.includes(name)),
			[],
			unit,
		);
});

test('a cutter has more time to stop than it takes for itself', async (t) => {
	const unit = await readFile(path.join(FOLDER, 'cutsheet-cutter@.service'), 'utf8');
	const checked = checkConfig({});
	const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
	t.true('config' in checked && seconds >= checked.config.cutter.stopSeconds + 60);
});
