import { link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type SegmentStore, storeFolder } from '../../../../cutter/segments/store.ts';
import { recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { startSegments } from './world.ts';

const start = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
let folder: string;
let recorded: SegmentStore;
test.before(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-growing-'));
	recorded = await recordTestStream(folder, start, 10);
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

/** A store into which segments of 2 s, numbered from 0, come one by one, as if it were recorded just now. */
async function growingWorld(t: ExecutionContext) {
	const base = await temporaryFolder(t);
	const files: string[] = [];
	for (const hour of (await readdir(storeFolder(recorded)))
		.filter((name) => !name.startsWith('.'))
		.toSorted())
		for (const name of (await readdir(path.join(storeFolder(recorded), hour))).toSorted())
			files.push(path.join(hour, name));
	const grow = async (...wanted: number[]) => {
		for (const number of wanted) {
			const target = path.join(base, 'stage', 'source', files[number]!);
			await mkdir(path.dirname(target), { recursive: true });
			await link(path.join(storeFolder(recorded), files[number]!), target);
		}
	};
	const world = await startSegments(t, base);
	const playlist = async (query: string) => {
		const response = await world.get(`stage/source/media.m3u8${query}`);
		t.is(response.status, 200);
		const text = await response.text();
		const names = text.split('\n').filter((line) => line.endsWith('.ts'));
		return { text, segments: names.map((name) => files.indexOf(decodeURIComponent(name))) };
	};
	const at = (seconds: number) => new Date(start.getTime() + seconds * 1000).toISOString();
	return { world, grow, playlist, at };
}

test('a playlist without an end grows behind, and keeps its numbers', async (t) => {
	const { grow, playlist, at, world } = await growingWorld(t);
	const query = `?start=${at(0)}`;
	t.is((await world.get(`stage/source/media.m3u8${query}`)).status, 404);
	await grow(0, 1);
	const before = await playlist(query);
	t.deepEqual(before.segments, [0, 1]);
	t.regex(before.text, /#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n/);
	await grow(2);
	const after = await playlist(query);
	t.deepEqual(after.segments, [0, 1, 2]);
	t.true(after.text.startsWith(before.text));
});

test('what comes late is not put between what players know', async (t) => {
	const { grow, playlist, at } = await growingWorld(t);
	await grow(0, 1, 3);
	const query = `?start=${at(0)}`;
	t.deepEqual((await playlist(query)).segments, [0, 1, 3]);
	await grow(2, 4);
	t.deepEqual((await playlist(query)).segments, [0, 1, 3, 4]);
	t.deepEqual((await playlist(`?start=${at(1)}`)).segments, [0, 1, 2, 3, 4]);
});

test('a range whose end is still to come grows', async (t) => {
	const { grow, playlist, at } = await growingWorld(t);
	await grow(0, 1, 2);
	const later = new Date(Date.now() + 3_600_000).toISOString();
	const growing = await playlist(`?start=${at(0)}&end=${later}`);
	t.regex(growing.text, /PLAYLIST-TYPE:EVENT/);
	t.notRegex(growing.text, /ENDLIST/);
});

test('a range counts as complete as soon as what was recorded reaches its end', async (t) => {
	const { grow, playlist, at } = await growingWorld(t);
	await grow(0, 1, 2);
	const done = await playlist(`?start=${at(0)}&end=${at(6)}`);
	t.deepEqual(done.segments, [0, 1, 2]);
	t.regex(done.text, /PLAYLIST-TYPE:VOD.*#EXT-X-ENDLIST\n$/s);
});
