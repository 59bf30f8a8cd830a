import test from 'ava';
import { sql } from 'kysely';
import { claimEvent } from '../../db/transitions/claim.ts';
import { reportProgress } from '../../db/transitions/leased.ts';
import { insertDimension } from '../../sheet-sync/local-sheet/dimensions.ts';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import type { SheetsTransport } from '../../sheet-sync/sheets-transport.ts';
import { editedEvent, eventRow, runningNode } from '../support/events.ts';
import { memoryWorld } from './memory-world.ts';
import { settle } from './world.ts';

const PROTECTED = 'You are trying to edit a protected cell or object.';

/** A spreadsheet in which one cell is protected; positions count from 0. */
function withProtectedCell(transport: SheetsTransport, row: number, column: number) {
	let writes = 0;
	const guarded: SheetsTransport = {
		...transport,
		async writeValues(body) {
			writes++;
			const touches = (body.data ?? []).some(
				({ dataFilter }) =>
					dataFilter?.gridRange?.startRowIndex === row && dataFilter.gridRange.startColumnIndex === column,
			);
			if (!touches) return transport.writeValues(body);
			throw Object.assign(new Error(PROTECTED), {
				response: { status: 400, data: { error: { message: PROTECTED } } },
			});
		},
	};
	return { guarded, writes: () => writes };
}

test('one protected cell is found among many, its row says so, and all others are written', async (t) => {
	const world = await memoryWorld(t);
	for (let row = 1; row <= 40; row++) await world.type(row, { Description: `Talk ${row}` });
	const { guarded, writes } = withProtectedCell(world.stage.transport, 17, 10);
	const sync = await world.open({}, guarded);
	await sync.cycle();
	const before = writes();
	await t.throwsAsync(sync.cycle(), { instanceOf: SheetsError, message: /protected cell/ });
	await settle(sync);
	t.true(writes() - before <= 16, `${writes() - before} writes`);
	for (let row = 1; row <= 40; row++)
		t.is((await world.row(row)).State, row === 17 ? '' : 'UNEDITED', `row ${row}`);
	t.is(
		(await world.row(17)).Error,
		`State: the sheet does not let cutsheet write this cell (${PROTECTED}); ` +
			'remove its protection, or shorten what belongs there.',
	);
	const after = writes();
	await settle(sync);
	t.is(writes(), after);
});

test('the state says how far which node is, if that is wanted', async (t) => {
	const world = await memoryWorld(t);
	await runningNode(world.db, 'node-2');
	const event = await editedEvent(world.db, { description: 'A talk' });
	await world.type(1, { Description: 'A talk', ID: event.id });
	const [plain, talkative] = [await world.open(), await world.open({ progressSeconds: 0.001 })];
	await settle(plain);
	const lease = await claimEvent(world.db, await eventRow(world.db, event.id), 'node-2', 60);
	await settle(talkative);
	t.is((await world.row(1)).State, 'CLAIMED on node-2');
	await reportProgress(world.db, lease ?? '', { stage: 'cutting', percent: 42.9 });
	await settle(talkative);
	t.is((await world.row(1)).State, 'CLAIMED 42 % on node-2');
	await reportProgress(world.db, lease ?? '', { stage: 'uploading', percent: 7.31, bytes_per_second: 1e6 });
	await settle(talkative);
	t.is((await world.row(1)).State, 'CLAIMED uploading 7 % on node-2');
	await reportProgress(world.db, lease ?? '', { stage: 'publishing' });
	await settle(talkative);
	t.is((await world.row(1)).State, 'CLAIMED publishing on node-2');
	await sql`update leases set moved_at = now() - interval '1 hour'`.execute(world.db);
	await settle(talkative);
	t.is((await world.row(1)).State, 'CLAIMED publishing on node-2, stands still');
	await settle(plain);
	t.is((await world.row(1)).State, 'CLAIMED');
});

test('rows of a copied spreadsheet become events of their own, and leave those of the first one alone', async (t) => {
	const first = await memoryWorld(t);
	await first.type(1, { Description: 'Last year' });
	await settle(await first.open());
	const copy = await memoryWorld(t, 'copy', first.db);
	const { ID: id = '' } = await first.row(1);
	await copy.type(1, { Description: 'This year', ID: id, State: 'UNEDITED' });
	await settle(await copy.open());
	const { ID: own = '', Error: error } = await copy.row(1);
	t.not(own, id);
	t.is(
		error,
		'ID: this row was a copy of a row of another spreadsheet; it is an event of its own now, with an id of its own.',
	);
	t.is((await eventRow(first.db, id)).description, 'Last year');
	t.is((await eventRow(first.db, own)).description, 'This year');
});

test('a row inserted above the headers moves them, and nothing else', async (t) => {
	const world = await memoryWorld(t);
	await world.type(1, { Description: 'A talk' });
	const sync = await world.open();
	await settle(sync);
	const { ID: id = '' } = await world.row(1);
	await world.stage.change((workbook) =>
		insertDimension(workbook, { sheetId: 0, dimension: 'ROWS', startIndex: 0, endIndex: 1 }),
	);
	await world.type(2, { Description: 'The same talk' });
	await settle(sync);
	t.like(await world.row(2), { ID: id, State: 'UNEDITED', Error: '' });
	t.like(await eventRow(world.db, id), { description: 'The same talk', removed_from_sheet_at: null });
});

test('what is no id does not stop the others, and is told in its row', async (t) => {
	const world = await memoryWorld(t);
	await world.type(1, { Description: 'Mine', ID: 'mine' });
	await world.type(2, { Description: 'A talk' });
	await settle(await world.open());
	t.like(await world.row(1), { ID: 'mine', State: '' });
	t.regex((await world.row(1)).Error ?? '', /^ID: “mine” is not an id that cutsheet gave/);
	t.is((await world.row(2)).State, 'UNEDITED');
});

test('ids are given back when somebody empties the whole column', async (t) => {
	const world = await memoryWorld(t);
	for (let row = 1; row <= 30; row++)
		await world.type(row, { Description: `Talk ${row % 7}`, Notes: `${row % 3}` });
	const sync = await world.open();
	await settle(sync);
	const ids = [];
	for (let row = 1; row <= 30; row++) ids.push((await world.row(row)).ID);
	for (let row = 1; row <= 30; row++) await world.type(row, { ID: '' });
	await settle(sync);
	for (let row = 1; row <= 30; row++) t.is((await world.row(row)).ID, ids[row - 1]);
	const events = await world.db.selectFrom('events').select('removed_from_sheet_at').execute();
	t.deepEqual([events.length, events.every((event) => event.removed_from_sheet_at === null)], [30, true]);
});

test('an edited event whose row is gone is marked as removed, unless it is to be cut all the same', async (t) => {
	const world = await memoryWorld(t);
	const event = await editedEvent(world.db, { description: 'A talk' });
	await world.type(1, { Description: 'A talk', ID: event.id });
	const stubborn = await world.open({ cutRemoved: true });
	await settle(stubborn);
	await world.type(1, { Description: '', ID: '', State: '' });
	await settle(stubborn);
	t.is((await eventRow(world.db, event.id)).removed_from_sheet_at, null);
	await settle(await world.open());
	t.not((await eventRow(world.db, event.id)).removed_from_sheet_at, null);
});

test('two syncs of one spreadsheet at once give each row one id and one event', async (t) => {
	const world = await memoryWorld(t);
	for (let row = 1; row <= 20; row++) await world.type(row, { Description: `Talk ${row}` });
	const syncs = [await world.open(), await world.open()];
	for (let round = 0; round < 6; round++) {
		await Promise.allSettled(syncs.map((sync) => sync.cycle()));
		await world.type(21 + round, { Description: `Talk ${21 + round}` });
	}
	for (const sync of syncs) await settle(sync);
	const ids = new Set<string>();
	for (let row = 1; row <= 26; row++) {
		const shown = await world.row(row);
		ids.add(shown.ID ?? '');
		t.is(shown.State, 'UNEDITED');
		t.is((await eventRow(world.db, shown.ID ?? '')).description, shown.Description ?? '');
	}
	t.is(ids.size, 26);
	const alive = await world.db
		.selectFrom('events')
		.select('id')
		.where('removed_from_sheet_at', 'is', null)
		.execute();
	t.is(alive.length, 26);
});
