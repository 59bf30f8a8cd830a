import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { StoreTeller } from '../../../cutter/claim/store-teller.ts';
import { coarse, HeldTime, joined } from '../../../cutter/segments/held-time.ts';
import { registerNode } from '../../../db/transitions/register-node.ts';
import { createDatabase } from '../../support/database.ts';
import { silent, temporaryFolder } from '../../support/recording.ts';

const SECOND = 90_000;
const NOON = Date.parse('2026-05-01T12:00:00Z') * 90;

/** Ticks after noon, in seconds. */
const at = (seconds: number) => NOON + seconds * SECOND;

const NAMES = [
	'2026-05-01T12/59:50.0-10.0-full-AAAA.ts',
	'2026-05-01T13/00:00.0-10.0-full-BBBB.ts',
	'2026-05-01T13/00:12.0-10.0-partial-CCCC.ts',
	'2026-05-01T13/00:22.0-10.0-temp-DDDD.ts',
	'2026-05-01T13/not a segment',
];

test('a store’s held time goes over hours, has its holes, and follows the disk', async (t) => {
	const base = await temporaryFolder(t);
	const folder = join(base, 'stage/source');
	const held = new HeldTime({ base, channel: 'stage', quality: 'source' });
	t.deepEqual(await held.look(), []);
	await mkdir(join(folder, '2026-05-01T12'), { recursive: true });
	await mkdir(join(folder, '2026-05-01T13'));
	for (const name of NAMES) await writeFile(join(folder, name), '');
	const expected = [
		{ start: at(3590), end: at(3610) },
		{ start: at(3612), end: at(3622) },
	];
	t.deepEqual(await held.look(), expected);
	t.deepEqual(await held.look(), expected);
	await rename(
		join(folder, '2026-05-01T13/00:22.0-10.0-temp-DDDD.ts'),
		join(folder, '2026-05-01T13/00:22.0-10.0-full-DDDD.ts'),
	);
	t.deepEqual((await held.look()).at(-1), { start: at(3612), end: at(3632) });
});

const stretches = fc.array(
	fc.record({ start: fc.integer({ min: 0, max: 10_000 }), length: fc.integer({ min: 1, max: 500 }) }),
	{ maxLength: 60 },
);

test('joined stretches hold the same time, in order and apart', (t) => {
	fc.assert(
		fc.property(stretches, (some) => {
			const given = some.map(({ start, length }) => ({ start, end: start + length }));
			const result = joined(given, 0);
			const held = (list: typeof given, time: number) =>
				list.some((one) => one.start <= time && time < one.end);
			for (let time = 0; time < 10_600; time += 7) {
				if (held(given, time) !== held(result, time)) return false;
			}
			return result.every((one, place) => place === 0 || one.start > result[place - 1]!.end);
		}),
	);
	t.pass();
});

test('coarse stretches are at most as many as wanted, and leave out no hole that is greater than one they keep', (t) => {
	fc.assert(
		fc.property(stretches, fc.integer({ min: 1, max: 20 }), (some, most) => {
			const given = some.map(({ start, length }) => ({ start, end: start + length }));
			const all = joined(given);
			const few = coarse(given, most);
			const gaps = (list: typeof given) =>
				list.slice(1).map(({ start }, before) => start - list[before]!.end);
			const kept = Math.min(...gaps(few));
			const left = gaps(all).filter((gap) => !gaps(few).includes(gap));
			return few.length <= most && few[0]?.start === all[0]?.start && left.every((gap) => gap <= kept);
		}),
	);
	t.pass();
});

test('a node tells what its store holds and how full its disk is, and nobody else does in its name', async (t) => {
	const { db } = await createDatabase(t);
	const base = await temporaryFolder(t);
	const folder = join(base, 'stage/source/2026-05-01T12');
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, '00:00.0-10.0-full-AAAA.ts'), '');
	const instance = crypto.randomUUID();
	await registerNode(db, { name: 'north', instance, version: 'test', locations: [] });
	const store = { base, channel: 'stage', quality: 'source' };
	await new StoreTeller(store, 'north', crypto.randomUUID(), silent).tell(db);
	t.deepEqual(await db.selectFrom('node_stores').selectAll().execute(), []);
	await new StoreTeller(store, 'north', instance, silent).tell(db);
	const told = await db.selectFrom('node_stores').selectAll().executeTakeFirstOrThrow();
	t.like(told, { node: 'north', channel: 'stage', quality: 'source' });
	t.regex(told.held, /^\{\["2026-05-01 1\d:00:00.*","2026-05-01 1\d:00:10.*"\)\}$/);
	t.true(Number(told.disk_bytes) >= Number(told.free_bytes) && Number(told.free_bytes) > 0);
	// The node's store is another one now.
	await new StoreTeller({ ...store, quality: 'other' }, 'north', instance, silent).tell(db);
	const qualities = await db.selectFrom('node_stores').select('quality').execute();
	t.deepEqual(qualities, [{ quality: 'other' }]);
});
