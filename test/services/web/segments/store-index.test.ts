import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { formatSegmentPath } from '../../../../cutter/segments/name.ts';
import { storeFolder } from '../../../../cutter/segments/store.ts';
import { StoreIndex } from '../../../../services/web/segments/store-index.ts';
import { silent, temporaryFolder } from '../../../support/recording.ts';

const SECOND = 90_000;
const START = Date.parse('2026-03-01T10:00:00.000Z') * 90;
const LONG_AGO = new Date('2026-03-01T12:00:00.000Z');

async function newStore(t: ExecutionContext) {
	const store = { base: await temporaryFolder(t), channel: 'stage', quality: 'source' };
	const file = (second: number, type: 'full' | 'temp' = 'full') =>
		path.join(
			storeFolder(store),
			formatSegmentPath({ start: START + second * SECOND, duration: 2 * SECOND, type, hash: 'h' }),
		);
	const hour = path.dirname(file(0));
	await mkdir(hour, { recursive: true });
	const index = new StoreIndex(store.base, silent);
	const seconds = async () => {
		const { segments } = await index.sequence(store, START, START + 3600 * SECOND);
		return segments.map(({ start }) => (start - START) / SECOND);
	};
	return { store, index, file, hour, seconds };
}

test('a new segment is there for the next request, at once', async (t) => {
	const { file, seconds } = await newStore(t);
	for (let second = 0; second < 100; second += 2) {
		await writeFile(file(second), '');
		t.is((await seconds()).length, second / 2 + 1);
	}
	await rm(file(4));
	t.is((await seconds()).length, 49);
});

test('an hour that has not changed for a while is not read again; one that has, is', async (t) => {
	const { file, hour, seconds } = await newStore(t);
	await writeFile(file(0), '');
	await utimes(hour, LONG_AGO, LONG_AGO);
	t.deepEqual(await seconds(), [0]);
	// The folder's time is all that is looked at: a segment that comes without changing it is not seen.
	await writeFile(file(2), '');
	await utimes(hour, LONG_AGO, LONG_AGO);
	t.deepEqual(await seconds(), [0]);
	await writeFile(file(4), '');
	t.deepEqual(await seconds(), [0, 2, 4]);
});

test('a segment appears when the recorder renames its temporary file', async (t) => {
	const { file, seconds } = await newStore(t);
	await writeFile(file(0, 'temp'), '');
	t.deepEqual(await seconds(), []);
	await rename(file(0, 'temp'), file(0));
	t.deepEqual(await seconds(), [0]);
});

test('an hour folder that is gone holds nothing', async (t) => {
	const { file, hour, seconds, index, store } = await newStore(t);
	await writeFile(file(0), '');
	t.deepEqual(await seconds(), [0]);
	await rm(hour, { recursive: true });
	t.deepEqual(await seconds(), []);
	t.is(await index.extent(store), undefined);
});

test('a store reaches from its first segment to where the last one ends, over empty hours', async (t) => {
	const { store, index, file } = await newStore(t);
	await writeFile(file(10), '');
	await mkdir(path.join(storeFolder(store), '2026-03-01T09'));
	await mkdir(path.join(storeFolder(store), '2026-03-01T11'));
	await mkdir(path.join(storeFolder(store), 'lost+found'));
	t.deepEqual(await index.extent(store), { start: START + 10 * SECOND, end: START + 12 * SECOND });
});

test('a store that is not there has no channels', async (t) => {
	const index = new StoreIndex(path.join(await temporaryFolder(t), 'nowhere'), silent);
	t.deepEqual(await index.channels(), []);
	t.is(await index.store('stage', 'source'), undefined);
});
