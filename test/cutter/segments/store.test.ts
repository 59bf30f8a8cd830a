import { spawnSync } from 'node:child_process';
import { linkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import ava, { type TestFn } from 'ava';
import pino from 'pino';
import { parseHourFolder, parseSegmentName } from '../../../cutter/segments/name.ts';
import {
	findBestSequence,
	findSegments,
	type SegmentStore,
	storeFolder,
} from '../../../cutter/segments/store.ts';
import { recordingFolder, storeSegment } from '../../../cutter/segments/write.ts';

const test = ava as TestFn<{ store: SegmentStore }>;
const NOON = (Date.UTC(2024, 4, 1, 12) / 1000) * 90_000;

test.beforeEach(async (t) => {
	const base = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-store-'));
	t.context.store = { base, channel: 'stage', quality: 'source' };
});

test.afterEach.always(async (t) => {
	await rm(t.context.store.base, { recursive: true, force: true });
});

test('segments of the range are found, with those that reach into it over the hour', async (t) => {
	await put(t.context.store, '2024-05-01T11', ['59:57.0-2.0-full-a.ts', '59:59.0-2.0-full-b.ts']);
	await put(t.context.store, '2024-05-01T12', ['00:01.0-2.0-full-c.ts', '00:03.0-2.0-full-d.ts']);
	const found = await findSegments(t.context.store, at(0), at(3));
	t.deepEqual(found.map(shortName), ['59:59.0-2.0-full-b.ts', '00:01.0-2.0-full-c.ts']);
	t.deepEqual(
		found.map(({ start, duration }) => [start, duration]),
		[
			[at(-1), 180_000],
			[at(1), 180_000],
		],
	);
});

test('a store that is not there holds nothing', async (t) => {
	const { segments, holes } = await findBestSequence(t.context.store, at(0), at(10));
	t.deepEqual(segments, []);
	t.deepEqual(holes, [{ start: at(0), end: at(10) }]);
});

test('temp files and strange names are ignored', async (t) => {
	await put(t.context.store, '2024-05-01T12', [
		'00:00.0-2.0-full-a.ts',
		'00:00.0-9.0-temp-b.ts',
		'.00:02.0-2.0-full-c.ts',
		'00:02.0-2.0-full-d.ts.tmp',
		'notes.txt',
		'99:99.0-2.0-full-e.ts',
	]);
	const found = await findSegments(t.context.store, at(0), at(10));
	t.deepEqual(found.map(shortName), ['00:00.0-2.0-full-a.ts']);
});

test('a tombstone hides the segment beside it, written with or without the .ts', async (t) => {
	await put(t.context.store, '2024-05-01T12', [
		'00:00.0-2.0-full-a.ts',
		'00:00.0-2.0-full-a.tombstone',
		'00:00.0-1.0-partial-b.ts',
		'00:02.0-2.0-full-c.ts',
		'00:02.0-2.0-full-c.ts.tombstone',
		'00:04.0-2.0-full-d.ts',
	]);
	const found = await findSegments(t.context.store, at(0), at(10));
	t.deepEqual(found.map(shortName), ['00:00.0-1.0-partial-b.ts', '00:04.0-2.0-full-d.ts']);
});

test('folders, dangling links and loops with the name of a segment or an hour are ignored, a link to a file counts', async (t) => {
	const { store } = t.context;
	await put(store, '2024-05-01T12', ['00:00.0-2.0-full-a.ts']);
	const hour = path.join(storeFolder(store), '2024-05-01T12');
	await mkdir(path.join(hour, '00:02.0-2.0-full-b.ts'));
	await symlink(path.join(hour, 'nowhere'), path.join(hour, '00:04.0-2.0-full-c.ts'));
	await symlink('/dev/zero', path.join(hour, '00:06.0-2.0-full-d.ts'));
	await symlink(path.join(hour, '00:00.0-2.0-full-a.ts'), path.join(hour, '00:08.0-2.0-full-e.ts'));
	await symlink('2024-05-01T13', path.join(storeFolder(store), '2024-05-01T13'));
	await writeFile(path.join(storeFolder(store), '2024-05-01T11'), 'a file');
	const found = await findSegments(store, at(-60), at(2 * 3600));
	t.deepEqual(found.map(shortName), ['00:00.0-2.0-full-a.ts', '00:08.0-2.0-full-e.ts']);
});

test('pipes, sockets, links to them, links in circles, and names that only look like segments hold nothing up', async (t) => {
	const { store } = t.context;
	const names = ['00:00.0-2.0-full-a.ts', '00:30.0-2.0-full-ok.ts'];
	await put(store, '2024-05-01T12', names);
	const folder = storeFolder(store);
	const hour = path.join(folder, '2024-05-01T12');
	const make = (name: string) => path.join(hour, name);
	// To open a pipe without a writer, or to read it, would wait for ever.
	t.is(spawnSync('mkfifo', [make('00:02.0-2.0-full-b.ts')]).status, 0);
	await symlink(make('00:02.0-2.0-full-b.ts'), make('00:04.0-2.0-full-c.ts'));
	const socket = createServer().listen(make('00:06.0-2.0-full-d.ts'));
	t.teardown(() => socket.close());
	await symlink(make('00:10.0-2.0-full-f.ts'), make('00:08.0-2.0-full-e.ts'));
	await symlink(make('00:08.0-2.0-full-e.ts'), make('00:10.0-2.0-full-f.ts'));
	await symlink('..', path.join(folder, '2024-05-01T11'));
	await symlink('/proc/self', path.join(folder, '2024-05-01T13'));
	const strange: (string | Buffer)[] = [
		...[
			'00:12.0-2.0-full-a.ts\n',
			'\n00:12.0-2.0-full-a.ts',
			'00:12.0-2.0-full-a.ts\n.ts',
			'00:12.0-2.0-full-..ts',
		],
		...[
			'00:12.0-2.0-full-$(touch x).ts',
			'00:12.0--2.0-full-a.ts',
			'٠٠:12.0-2.0-full-a.ts',
			'00:12.0-1e9-full-a.ts',
		],
		Buffer.from('00:12.0-2.0-full-\xff\xfe.ts', 'latin1'),
		`00:12.0-2.0-full-${'a'.repeat(300)}`.slice(0, 255),
	];
	for (const name of strange)
		await writeFile(Buffer.concat([Buffer.from(`${hour}/`), Buffer.from(name as string)]), '');
	await writeFile(make('00:14.0-2.0-full-a\n.tombstone'), '');
	const found = await findSegments(store, at(-3600), at(2 * 3600));
	t.deepEqual(found.map(shortName), names);
	const { segments } = await findBestSequence(store, at(-3600), at(2 * 3600));
	t.deepEqual(segments.map(shortName), names);
});

test('links to files and folders of another disk are followed', async (t) => {
	const { store } = t.context;
	const elsewhere = { ...store, quality: 'elsewhere' };
	await put(elsewhere, '2024-05-01T12', ['00:00.0-2.0-full-a.ts']);
	await put(elsewhere, '2024-05-01T13', ['00:00.0-2.0-full-b.ts']);
	await put(store, '2024-05-01T11', []);
	const [from, to] = [storeFolder(elsewhere), storeFolder(store)];
	await symlink(path.join(from, '2024-05-01T13'), path.join(to, '2024-05-01T13'));
	await symlink(
		path.join(from, '2024-05-01T12/00:00.0-2.0-full-a.ts'),
		path.join(to, '2024-05-01T11/59:00.0-2.0-full-a.ts'),
	);
	const found = await findSegments(store, at(-3600), at(2 * 3600));
	t.deepEqual(found.map(shortName), ['59:00.0-2.0-full-a.ts', '00:00.0-2.0-full-b.ts']);
});

test('what a disk does not let us look at is no hole: a folder is an error, a linked file is there to be read', async (t) => {
	const { store } = t.context;
	const elsewhere = path.join(store.base, 'elsewhere');
	await put(store, '2024-05-01T12', ['00:00.0-2.0-full-a.ts']);
	await put({ ...store, base: elsewhere }, '2024-05-01T12', ['00:02.0-2.0-full-b.ts']);
	const name = 'stage/source/2024-05-01T12/00:02.0-2.0-full-b.ts';
	await symlink(path.join(elsewhere, name), path.join(store.base, name));
	await chmod(store.base, 0o755);
	const whileLocked = async (folder: string) => {
		await chmod(folder, 0);
		const seen = found(store);
		await chmod(folder, 0o755);
		return seen;
	};
	const both = ['00:00.0-2.0-full-a.ts', '00:02.0-2.0-full-b.ts'];
	t.deepEqual(found(store), both);
	t.deepEqual(await whileLocked(path.join(elsewhere, 'stage')), both);
	t.is(await whileLocked(path.join(storeFolder(store), '2024-05-01T12')), 'EACCES');
});

test('a hundred thousand files of others among the segments are counted, not kept', async (t) => {
	const { store } = t.context;
	await put(store, '2024-05-01T12', ['00:00.0-2.0-full-a.ts']);
	const hour = path.join(storeFolder(store), '2024-05-01T12');
	// A link costs a name and nothing else; a file may have some 60,000 on the usual file systems.
	const foreign = process.env.CUTSHEET_FAULTS === 'all' ? 100_000 : 5_000;
	for (let number = 0; number < foreign; number++) {
		const first = path.join(hour, `00:00.0-foreign-${number - (number % 10_000)}.ts`);
		if (number % 10_000 === 0) writeFileSync(first, '');
		else linkSync(first, path.join(hour, `00:00.0-foreign-${number}.ts`));
	}
	const lines: string[] = [];
	const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
	t.deepEqual((await findSegments(store, at(0), at(10), log)).map(shortName), ['00:00.0-2.0-full-a.ts']);
	t.is(lines.length, 1);
	t.like(JSON.parse(lines[0]!), { folder: hour, strange: foreign });
});

test('sizes are read where they decide, and only there', async (t) => {
	await put(t.context.store, '2024-05-01T12', [
		'00:00.0-2.0-full-a.ts',
		'00:00.0-1.0-full-b.ts',
		['00:02.0-2.0-partial-c.ts', 'longer'],
		['00:02.0-2.0-partial-d.ts', 'short'],
	]);
	const found = await findSegments(t.context.store, at(0), at(4));
	t.deepEqual(found.map((segment) => segment.size).toSorted(), [5, 6, undefined, undefined]);
	const { segments } = await findBestSequence(t.context.store, at(0), at(4));
	t.deepEqual(segments.map(shortName), ['00:00.0-2.0-full-a.ts', '00:02.0-2.0-partial-c.ts']);
});

test('a range of many days lists what is there', async (t) => {
	await put(t.context.store, '2024-04-01T00', ['00:00.0-2.0-full-a.ts']);
	await put(t.context.store, '2024-05-01T12', ['00:00.0-2.0-full-b.ts']);
	await put(t.context.store, '2024-06-01T00', ['00:00.0-2.0-full-c.ts']);
	await mkdir(path.join(storeFolder(t.context.store), 'chat'), { recursive: true });
	const found = await findSegments(t.context.store, at(-40 * 86_400), at(86_400));
	t.deepEqual(found.map(shortName), ['00:00.0-2.0-full-a.ts', '00:00.0-2.0-full-b.ts']);
});

test('which segment of a start is best does not depend on the range', async (t) => {
	await put(t.context.store, '2024-05-01T12', ['00:00.0-2.0-full-a.ts', '00:00.0-5.0-partial-b.ts']);
	const { segments, holes } = await findBestSequence(t.context.store, at(3), at(6));
	t.deepEqual(segments, []);
	t.deepEqual(holes, [{ start: at(3), end: at(6) }]);
});

test('a recorded file is found under its time with the hash of its bytes, and nothing else is left', async (t) => {
	const { store } = t.context;
	const folder = await recordingFolder(store, 'test');
	const file = path.join(folder, 'one.ts');
	await writeFile(file, 'abc');
	const final = await storeSegment(store, file, { start: at(1.5), duration: 180_000, type: 'full' });
	t.is(await readFile(final, 'utf8'), 'abc');
	// SHA-256 of "abc" (FIPS 180-2, appendix B.1) in base64url.
	t.is(shortName({ path: final }), '00:01.500000-2.0-full-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0.ts');
	t.deepEqual(await readdir(folder), []);
	const [segment] = await findSegments(store, at(0), at(10));
	t.like(segment, { path: final, start: at(1.5), duration: 180_000, type: 'full' });
	t.is(parseSegmentName(parseHourFolder('2024-05-01T12')!, shortName(segment!))?.start, at(1.5));
});

async function put(store: SegmentStore, hour: string, files: (string | [string, string])[]): Promise<void> {
	const folder = path.join(storeFolder(store), hour);
	await mkdir(folder, { recursive: true });
	for (const file of files) {
		const [name, content] = typeof file === 'string' ? [file, ''] : file;
		await writeFile(path.join(folder, name), content);
	}
}

function at(seconds: number): number {
	return NOON + seconds * 90_000;
}

function shortName(segment: { path: string }): string {
	return path.basename(segment.path);
}

/** What somebody who is not root, whom no mode keeps out, finds: names, or the code of an error. */
function found(store: SegmentStore): unknown {
	const module = new URL('../../../cutter/segments/store.ts', import.meta.url);
	const script = `
		const { findSegments } = await import(${JSON.stringify(module)});
		if (process.getuid() === 0) process.seteuid(65534);
		const names = (all) => all.map(({ path }) => path.split('/').at(-1));
		const found = findSegments(${JSON.stringify(store)}, ${at(0)}, ${at(10)});
		console.log(JSON.stringify(await found.then(names, ({ code }) => code)));`;
	const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
		encoding: 'utf8',
	});
	return stdout === '' ? stderr : JSON.parse(stdout);
}
