import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AttemptFiles } from '../../../cutter/claim/attempt-files.ts';
import { temporaryFolder } from '../../support/recording.ts';

async function world(t: ExecutionContext) {
	const folder = await temporaryFolder(t);
	const [state, videos] = [join(folder, 'state'), join(folder, 'videos')];
	await mkdir(videos);
	/** Begins an attempt in a process of its own, which makes both its files, and is killed if it `dies`. */
	const elsewhere = async (attempt: string, dies: boolean): Promise<void> => {
		const module = new URL('../../../cutter/claim/attempt-files.ts', import.meta.url).href;
		const files = [join(videos, `.${attempt}.partial`), join(videos, `.cut-.${attempt}.partial.ts`)];
		const script = `
			import { writeFileSync } from 'node:fs';
			import { AttemptFiles } from ${JSON.stringify(module)};
			await new AttemptFiles(${JSON.stringify(state)}).begins('${attempt}', ${JSON.stringify(files)}, console.error);
			for (const file of ${JSON.stringify(files)}) writeFileSync(file, 'half');
			console.log('made');
			setInterval(() => {}, 1000);`;
		const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		t.teardown(() => child.kill('SIGKILL'));
		await once(child.stdout, 'data');
		if (!dies) return;
		child.kill('SIGKILL');
		await once(child, 'exit');
	};
	return { state, videos, elsewhere, mine: new AttemptFiles(state) };
}

const none = () => false;

test('what a killed process made for an attempt is removed, and nothing else in the folder', async (t) => {
	const { videos, elsewhere, mine } = await world(t);
	await elsewhere('dead', true);
	await elsewhere('alive', false);
	for (const name of ['A talk.ts', '.of-another-node.partial', '.cut-.of-another-node.partial.ts'])
		await writeFile(join(videos, name), 'whole');
	t.deepEqual(await mine.sweep(none), ['dead']);
	t.deepEqual((await readdir(videos)).toSorted(), [
		'.alive.partial',
		'.cut-.alive.partial.ts',
		'.cut-.of-another-node.partial.ts',
		'.of-another-node.partial',
		'A talk.ts',
	]);
	t.deepEqual(await mine.sweep(none), []);
});

test('what this process makes stays until its attempt has ended', async (t) => {
	const { videos, mine } = await world(t);
	const file = join(videos, '.own.partial');
	await mine.begins('own', [file], (sentence) => t.fail(sentence));
	await writeFile(file, 'half');
	t.deepEqual(await mine.sweep(none), []);
	t.is(await readFile(file, 'utf8'), 'half');
	mine.ended('own');
	t.deepEqual(await mine.sweep(none), ['own']);
	t.deepEqual(await readdir(videos), []);
});

test('an attempt whose commit may have happened is left to whoever finds that out', async (t) => {
	const { videos, elsewhere, mine } = await world(t);
	await elsewhere('open', true);
	t.deepEqual(await mine.sweep((attempt) => attempt === 'open'), []);
	t.is((await readdir(videos)).length, 2);
	t.deepEqual(await mine.sweep(none), ['open']);
	t.deepEqual(await readdir(videos), []);
});

test('while a disk is away its files are remembered', async (t) => {
	const { videos, elsewhere, mine } = await world(t);
	await elsewhere('dead', true);
	await rm(videos, { recursive: true });
	t.deepEqual(await mine.sweep(none), []);
	await mkdir(videos);
	await writeFile(join(videos, '.dead.partial'), 'half');
	t.deepEqual(await mine.sweep(none), ['dead']);
});

test('a process of the same id as before a restart of its container is another one', async (t) => {
	const { state, videos, mine } = await world(t);
	const file = join(videos, '.before.partial');
	await mine.begins('before', [file], (sentence) => t.fail(sentence));
	await writeFile(file, 'half');
	const record = join(state, 'attempts', 'before.json');
	const before = JSON.parse(await readFile(record, 'utf8')) as object;
	await writeFile(record, JSON.stringify({ ...before, process: 'of the container before' }));
	t.deepEqual(await new AttemptFiles(state).sweep(none), ['before']);
	t.deepEqual(await readdir(videos), []);
});

test('an attempt that cannot be written down goes on, and says what to remove if its node is killed', async (t) => {
	const folder = await temporaryFolder(t);
	await writeFile(join(folder, 'attempts'), 'no folder');
	const sentences: string[] = [];
	await new AttemptFiles(folder).begins('one', ['/videos/.one.partial'], (sentence) =>
		sentences.push(sentence),
	);
	t.regex(sentences.join(), /^Cannot write down which files .*remove \/videos\/\.one\.partial yourself\.$/);
});
