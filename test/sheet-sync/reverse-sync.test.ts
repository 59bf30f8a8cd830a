import test from 'ava';
import fc from 'fast-check';
import { changedRuns, publishedRows } from '../../sheet-sync/published-rows.ts';
import type { ReverseSyncOptions } from '../../sheet-sync/reverse-sync.ts';
import { ReverseSync, runReverseSync } from '../../sheet-sync/reverse-sync.ts';
import { until } from '../support/until.ts';
import type { SheetWorld } from './world.ts';
import { SPREADSHEET, silent, startWorld } from './world.ts';

const COLUMNS = [
	{ header: 'When', field: 'start' },
	{ header: 'What', field: 'description' },
	{ header: 'Tags', field: 'tags' },
	{ header: 'Watch', field: 'video_link' },
] as const;

function options(world: SheetWorld, more: Partial<ReverseSyncOptions> = {}): ReverseSyncOptions {
	return {
		spreadsheetId: SPREADSHEET,
		worksheet: 'Schedule',
		columns: COLUMNS,
		endpoint: world.sheet.url,
		...more,
	};
}

async function schedule(world: SheetWorld): Promise<string[][]> {
	const range = { spreadsheetId: SPREADSHEET, range: 'Schedule' };
	return ((await world.api.spreadsheets.values.get(range)).data.values ?? []) as string[][];
}

async function insert(world: SheetWorld, description: string, start: string | null, more = {}) {
	await world.db
		.insertInto('events')
		.values({ description, start, ...more })
		.execute();
}

test('the copy shows chosen columns of the events by their start, in its own time zone', async (t) => {
	const world = await startWorld(t);
	await world.change({
		updateSpreadsheetProperties: { properties: { timeZone: 'Europe/Berlin' }, fields: 'timeZone' },
	});
	await insert(world, 'Later', '2026-07-05T10:00:00Z', { tags: '{a,b}' });
	await insert(world, 'No time yet', null);
	await insert(world, '=IMPORTXML("x")', '2026-07-04T18:30:00Z');
	await insert(world, 'Gone', '2026-07-03T10:00:00Z', { removed_from_sheet_at: new Date() });
	const sync = await ReverseSync.open(options(world), world.db);
	t.is(await sync.update(), 4);
	t.deepEqual(await schedule(world), [
		['When', 'What', 'Tags', 'Watch'],
		['2026-07-04 20:30:00', '=IMPORTXML("x")'],
		['2026-07-05 12:00:00', 'Later', 'a, b'],
		['', 'No time yet'],
	]);
	t.is(await sync.update(), 0);
	await world.type('Schedule!B3:E3', [['Vandalized', 'x', 'y', 'my note']]);
	await world.db
		.updateTable('events')
		.set({ removed_from_sheet_at: new Date() })
		.where('description', '=', 'No time yet')
		.execute();
	t.is(await sync.update(), 2);
	t.deepEqual((await schedule(world)).slice(2), [['2026-07-05 12:00:00', 'Later', 'a, b', '', 'my note']]);
});

test('more events than the copy has rows make it grow, and only some may be published', async (t) => {
	const world = await startWorld(t);
	await world.change({
		addSheet: { properties: { title: 'Schedule', gridProperties: { rowCount: 2, columnCount: 2 } } },
	});
	for (const number of [1, 2, 3]) await insert(world, `Talk ${number}`, null, { category: 'Talk' });
	await insert(world, 'Secret', null, { category: 'Internal' });
	const sync = await ReverseSync.open(options(world, { categories: ['Talk'] }), world.db);
	await sync.update();
	t.deepEqual((await schedule(world)).map((row) => row[1]).sort(), ['Talk 1', 'Talk 2', 'Talk 3', 'What']);
});

test('a change in Postgres reaches the copy by itself, and its worksheet is made if there is none', async (t) => {
	const world = await startWorld(t);
	const stop = new AbortController();
	const running = runReverseSync(options(world, { seconds: 0.05 }), {
		db: world.roleDb,
		log: silent,
		signal: stop.signal,
	});
	t.teardown(async () => {
		stop.abort();
		await running;
	});
	await until(
		async () => (await world.api.spreadsheets.get({ spreadsheetId: SPREADSHEET })).data.sheets?.length === 2,
	);
	await insert(world, 'New', '2026-07-05T10:00:00Z');
	await until(async () => (await schedule(world))[1]?.[1] === 'New');
	t.is((await schedule(world)).length, 2);
});

test('a copy that was written as planned needs nothing more', (t) => {
	const cell = fc.constantFrom('', 'a', 'b', '12');
	const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 8 });
	fc.assert(
		fc.property(table, table, (present, wanted) => {
			const written: string[][] = present.map((row) => [...row]);
			for (const { startRow, values } of changedRuns(present, wanted, 3)) {
				for (const [offset, row] of values.entries()) written[startRow + offset] = [...row];
			}
			t.deepEqual(changedRuns(written, wanted, 3), []);
			for (const row of [...present, ...wanted].keys()) {
				t.deepEqual(written[row] ?? ['', '', ''], wanted[row] ?? ['', '', '']);
			}
		}),
	);
	t.deepEqual(publishedRows([], COLUMNS, {}, 'UTC'), [['When', 'What', 'Tags', 'Watch']]);
});
