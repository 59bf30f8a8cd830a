import test, { type ExecutionContext } from 'ava';
import { WorkbookStore } from '../../sheet-sync/local-sheet/store.ts';
import type { Workbook } from '../../sheet-sync/local-sheet/workbook.ts';
import type { SheetSync } from '../../sheet-sync/sheet-sync.ts';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import { startMeddlingProxy } from '../sheet-sync/meddling-proxy.ts';
import { HEADERS, openSync, type SheetWorld, SPREADSHEET, settle, startWorld } from '../sheet-sync/world.ts';
import { until } from '../support/until.ts';
import { ALL } from './extent.ts';

// Spreadsheets and worksheets that go, come back, are renamed and change places, at any call of a cycle: each row stays the
// event that it is.

/** The short form acts at each second call of a cycle, which has four or five at most. */
const CALLS = ALL ? [1, 2, 3, 4, 5, 6] : [1, 3];

/** Two worksheets with two rows each, synced, and what they said then. */
async function twoWorksheets(t: ExecutionContext) {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	await world.change({ addSheet: { properties: { sheetId: 7, title: 'Games' } } });
	await world.type('Games!A1', [HEADERS]);
	await world.type('Talks!D2', [['Opening'], ['Closing']]);
	await world.type('Games!D2', [['Chess'], ['Go']]);
	const sync = await openSync(world, { endpoint: proxy.url });
	await settle(sync);
	const store = new WorkbookStore(world.db);
	const change = (run: (workbook: Workbook) => Workbook) =>
		store.change(SPREADSHEET, { who: 'people', session: '' }, (workbook) => ({
			workbook: run(workbook),
			reply: undefined,
		}));
	return { world, proxy, sync, change, ids: await idsByDescription(world) };
}

async function idsByDescription({ db }: SheetWorld): Promise<Record<string, string>> {
	const events = await db.selectFrom('events').select(['id', 'description']).orderBy('description').execute();
	return Object.fromEntries(events.map(({ id, description }) => [description, id]));
}

/** Until both sides say the same; a change by SQL is told as soon as no older transaction of the server is in flight. */
async function inStep({ world, sync }: { world: SheetWorld; sync: SheetSync }, told: string): Promise<void> {
	await until(async () => {
		await sync.cycle();
		const { worksheets } = (await new WorkbookStore(world.db).read(SPREADSHEET)).workbook;
		return JSON.stringify(worksheets).includes(told);
	});
	await settle(sync);
}

async function everRemoved({ db }: SheetWorld): Promise<string[]> {
	const history = await db.selectFrom('event_history').select(['event_id', 'changes']).execute();
	const removed = history.filter(({ changes }) => (changes.removed_from_sheet_at?.[1] ?? null) !== null);
	return [...new Set(removed.map(({ event_id }) => event_id))];
}

/** Each row of a worksheet: what it says, its id and its error. */
async function shown(world: SheetWorld, worksheet: string): Promise<string[][]> {
	return (await world.rows(worksheet)).map((row) => [row.Description!, row.ID!, row.State!, row.Error!]);
}

const REFUSALS: [status: number, headers: Record<string, string>, sentence: RegExp][] = [
	[404, {}, /has no spreadsheet events/],
	[403, {}, /refuses access to the spreadsheet events .* share it/],
	[429, {}, /quota is used up/],
	[429, { 'retry-after': '7' }, /quota is used up/],
	[500, {}, /failed \(500/],
	[503, { 'retry-after': 'Fri, 31 Dec 2099 23:59:59 GMT' }, /failed \(503/],
];
for (const [status, headers, sentence] of REFUSALS) {
	test(`a spreadsheet answers ${status} ${JSON.stringify(headers)} for a while: no event is lost or marked, each row keeps its id`, async (t) => {
		const { world, proxy, sync, ids } = await twoWorksheets(t);
		proxy.before = () => ({ status, headers, body: { error: { code: status, message: 'Not now.' } } });
		await world.db.updateTable('events').set({ error: 'Look here.' }).where('id', '=', ids.Chess!).execute();
		for (let cycle = 0; cycle < 3; cycle++) {
			const error = await t.throwsAsync<SheetsError>(sync.cycle(), {
				instanceOf: SheetsError,
				message: sentence,
			});
			t.is(error?.status, status);
			t.is(error?.retryAfterMs === undefined, headers['retry-after'] === undefined);
		}
		t.deepEqual(await everRemoved(world), []);
		// It is brought back, with what people did meanwhile.
		await world.type('Talks!D3', [['Closing, renamed']]);
		proxy.before = () => undefined;
		await inStep({ world, sync }, 'Look here.');
		t.deepEqual(await shown(world, 'Talks'), [
			['Opening', ids.Opening!, 'UNEDITED', ''],
			['Closing, renamed', ids.Closing!, 'UNEDITED', ''],
		]);
		t.deepEqual(await shown(world, 'Games'), [
			['Chess', ids.Chess!, 'UNEDITED', 'Look here.'],
			['Go', ids.Go!, 'UNEDITED', ''],
		]);
		t.deepEqual(await everRemoved(world), []);
	});
}

type Deed = (worlds: Awaited<ReturnType<typeof twoWorksheets>>) => Promise<unknown>;
const rename = (sheetId: number, title: string) => ({
	updateSheetProperties: { properties: { sheetId, title }, fields: 'title' },
});

/** What people do at one moment, and the titles of the worksheets with the talks and the games afterwards. */
const DEEDS: [name: string, deed: Deed, talks: string, games: string][] = [
	[
		'a worksheet is renamed',
		({ world }) => world.change(rename(7, "It’s “play” !A1's")),
		'Talks',
		"It’s “play” !A1's",
	],
	[
		'two worksheets swap their titles',
		({ world }) => world.change(rename(7, 'Other'), rename(0, 'Games'), rename(7, 'Talks')),
		'Games',
		'Talks',
	],
	[
		'two worksheets swap their places',
		({ change }) => change((book) => ({ ...book, worksheets: book.worksheets.toReversed() })),
		'Talks',
		'Games',
	],
];
for (const [name, deed, talks, games] of DEEDS) {
	test(`${name}, at any call of a cycle with work to do: each row stays the event that it is`, async (t) => {
		for (const call of CALLS) {
			const made = await twoWorksheets(t);
			const { world, proxy, sync, ids } = made;
			await world.type('Games!D4', [['Checkers']]);
			await world.db
				.updateTable('events')
				.set({ error: 'Look here.' })
				.where('id', '=', ids.Opening!)
				.execute();
			proxy.count = 0;
			proxy.before = async ({ number }) => {
				if (number === call) await deed(made);
				return undefined;
			};
			for (let cycle = 0; cycle < 3; cycle++)
				await sync.cycle().catch((error) => t.true(error instanceof SheetsError));
			proxy.before = () => undefined;
			await inStep({ world, sync }, 'Look here.');
			const quoted = (title: string) => `'${title.replaceAll("'", "''")}'`;
			t.deepEqual(await shown(world, quoted(talks)), [
				['Opening', ids.Opening!, 'UNEDITED', 'Look here.'],
				['Closing', ids.Closing!, 'UNEDITED', ''],
			]);
			const { Checkers } = await idsByDescription(world);
			t.deepEqual(await shown(world, quoted(games)), [
				['Chess', ids.Chess!, 'UNEDITED', ''],
				['Go', ids.Go!, 'UNEDITED', ''],
				['Checkers', Checkers!, 'UNEDITED', ''],
			]);
			const events = await world.db.selectFrom('events').select(['description', 'sheet_name']).execute();
			for (const { description, sheet_name } of events)
				t.is(sheet_name, ['Opening', 'Closing'].includes(description) ? talks : games, `call ${call}`);
			t.is(events.length, 5);
			t.deepEqual(await everRemoved(world), []);
		}
	});
}

test('a worksheet is deleted at any call of a cycle, and comes back: its events are marked, and then are the same again', async (t) => {
	for (const call of CALLS) {
		const { world, proxy, sync, change, ids } = await twoWorksheets(t);
		let kept: Workbook | undefined;
		await world.type('Talks!D4', [['New']]);
		const sql = world.db.updateTable('events').set({ error: 'Look here.' });
		await sql.where('id', 'in', [ids.Opening!, ids.Chess!]).execute();
		proxy.count = 0;
		proxy.before = async ({ number }) => {
			if (number === call) {
				await change((book) => {
					kept = book;
					return { ...book, worksheets: book.worksheets.filter(({ sheetId }) => sheetId !== 7) };
				});
			}
			return undefined;
		};
		for (let cycle = 0; cycle < 3; cycle++)
			await sync.cycle().catch((error) => t.true(error instanceof SheetsError));
		proxy.before = () => undefined;
		await inStep({ world, sync }, 'Look here.');
		t.deepEqual((await everRemoved(world)).toSorted(), [ids.Chess!, ids.Go!].toSorted(), `call ${call}`);
		const gone = kept!.worksheets.find(({ sheetId }) => sheetId === 7)!;
		await change((book) => ({ ...book, worksheets: [...book.worksheets, gone] }));
		await settle(sync);
		t.deepEqual(await shown(world, 'Games'), [
			['Chess', ids.Chess!, 'UNEDITED', 'Look here.'],
			['Go', ids.Go!, 'UNEDITED', ''],
		]);
		const events = await world.db.selectFrom('events').selectAll().execute();
		t.deepEqual(
			events.map(({ removed_from_sheet_at }) => removed_from_sheet_at),
			[null, null, null, null, null],
		);
	}
});
