import test from 'ava';
import fc from 'fast-check';
import { newEvent } from '../support/events.ts';
import { openSync, SPREADSHEET, settle, settleAfterSql, startWorld } from './world.ts';

const START = new Date('2026-07-04T10:00:00Z');

test('a new row gets an id and becomes an event with its inputs, and the row shows the state', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world, { start: START });
	await world.type('Talks!A2', [
		[
			'2026-07-04 18:30',
			'1:30',
			'Talk',
			'How things work',
			'front camera',
			'TRUE',
			'node-1, node-2',
			'',
			'a,b',
			'5',
		],
	]);
	await settle(sync);

	const [row] = await world.rows();
	const event = await world.db.selectFrom('events').selectAll().executeTakeFirstOrThrow();
	t.is(row?.ID, event.id);
	t.is(row?.State, 'UNEDITED');
	t.is(row?.Error, '');
	t.deepEqual(event.start, new Date('2026-07-04T18:30:00Z'));
	t.deepEqual(event.end, new Date('2026-07-04T11:30:00Z'));
	t.like(event, {
		sheet_name: 'Talks',
		category: 'Talk',
		description: 'How things work',
		notes: 'front camera',
		allow_holes: true,
		priority: 5,
		upload_location: '',
	});
	t.deepEqual(event.uploader_whitelist, ['node-1', 'node-2']);
	t.deepEqual(event.tags, ['a', 'b']);
	const history = await world.db.selectFrom('event_history').select('actor').execute();
	t.deepEqual([...new Set(history.map(({ actor }) => actor))], ['sheet-sync']);
});

test('a changed cell changes its event, and an untouched sheet changes and writes nothing', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['Before'], ['Other']]);
	await settle(sync);
	await world.type('Talks!D2', [['After']]);
	t.is((await sync.cycle()).updated, 1);
	const descriptions = await world.db
		.selectFrom('events')
		.select('description')
		.orderBy('description')
		.execute();
	t.deepEqual(
		descriptions.map(({ description }) => description),
		['After', 'Other'],
	);
	t.deepEqual(await sync.cycle(), {
		idsGiven: 0,
		idsWaiting: 0,
		inserted: 0,
		updated: 0,
		removed: 0,
		cellsWritten: 0,
		setAside: 0,
	});
});

test('state, link and error follow the event, also when they look like formulas', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['A talk']]);
	await settle(sync);
	await world.db.updateTable('events').set({ error: '=IMPORTXML("http://x","y")' }).execute();
	await settleAfterSql(sync);
	t.is((await world.rows())[0]?.Error, '=IMPORTXML("http://x","y")');
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1', error: null })
		.execute();
	await settleAfterSql(sync);
	t.like((await world.rows())[0], { State: 'UPLOADED', Video: 'https://video.example/1', Error: '' });
});

test('an unreadable cell keeps the value that Postgres has and is named in the row, and stops no other row', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!A2', [['2026-07-04 18:30', '', '', 'First']]);
	await settle(sync);
	await world.type('Talks!A2', [['tomorrow'], ['2026-07-04 20:00']]);
	await world.type('Talks!D3', [['Second']]);
	await settle(sync);
	const events = await world.db
		.selectFrom('events')
		.select(['start', 'error'])
		.orderBy('description')
		.execute();
	t.deepEqual(events, [
		{ start: new Date('2026-07-04T18:30:00Z'), error: null },
		{ start: new Date('2026-07-04T20:00:00Z'), error: null },
	]);
	const [first, second] = await world.rows();
	t.regex(first?.Error ?? '', /^Start: cannot read “tomorrow”; write a time such as /);
	t.is(second?.Error, '');
	await world.type('Talks!A2', [['2026-07-05']]);
	await settle(sync);
	t.is((await world.rows())[0]?.Error, '');
});

test('rows may be sorted, columns swapped and worksheets renamed: each event follows its row', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['C'], ['A'], ['B']]);
	await settle(sync);
	const before = await world.rows();
	const range = { sheetId: 0, startRowIndex: 1, endRowIndex: 4 };
	await world.change(
		{ sortRange: { range, sortSpecs: [{ dimensionIndex: 3, sortOrder: 'ASCENDING' }] } },
		{
			moveDimension: {
				source: { sheetId: 0, dimension: 'COLUMNS', startIndex: 13, endIndex: 14 },
				destinationIndex: 0,
			},
		},
		{ updateSheetProperties: { properties: { sheetId: 0, title: 'Vorträge' }, fields: 'title' } },
	);
	await settle(sync);
	const after = await world.rows('Vorträge');
	const ids = (rows: Record<string, string>[]) => new Map(rows.map((row) => [row.Description, row.ID]));
	t.deepEqual(
		after.map((row) => row.Description),
		['A', 'B', 'C'],
	);
	t.deepEqual(new Map([...ids(after)].sort()), new Map([...ids(before)].sort()));
	const events = await world.db.selectFrom('events').select(['id', 'description', 'sheet_name']).execute();
	t.is(events.length, 3);
	for (const { id, description, sheet_name } of events) {
		t.is(ids(after).get(description), id);
		t.is(sheet_name, 'Vorträge');
	}
});

test('a row that is deleted or emptied marks its event, and one that comes back clears the mark', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['Stays'], ['Goes'], ['Emptied']]);
	await settle(sync);
	const [, goes] = await world.rows();
	await world.type('Talks!D4', [['']]);
	await world.change({
		deleteDimension: { range: { sheetId: 0, dimension: 'ROWS', startIndex: 2, endIndex: 3 } },
	});
	await settle(sync);
	const removed = () =>
		world.db
			.selectFrom('events')
			.select('description')
			.where('removed_from_sheet_at', 'is not', null)
			.orderBy('description');
	t.deepEqual(await removed().execute(), [{ description: 'Emptied' }, { description: 'Goes' }]);
	await world.type('Talks!D9', [['Goes']]);
	await world.type('Talks!N9', [[goes?.ID]]);
	await settle(sync);
	t.deepEqual(await removed().execute(), [{ description: 'Emptied' }]);
});

test('a value set elsewhere is written into the row, and a later change in the sheet wins', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['A talk']]);
	await settle(sync);
	await world.db
		.updateTable('events')
		.set({ priority: 7, uploader_whitelist: ['node-2'] })
		.execute();
	await settleAfterSql(sync);
	t.like((await world.rows())[0], { Priority: '7', Uploaders: 'node-2' });
	await world.type('Talks!J2', [['3']]);
	await settle(sync);
	t.like(await world.db.selectFrom('events').selectAll().executeTakeFirst(), {
		priority: 3,
		uploader_whitelist: ['node-2'],
	});
});

test('a change that the state does not allow waits, says so, and is taken later', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['A talk']]);
	await settle(sync);
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	await world.type('Talks!G2', [['node-9']]);
	await world.type('Talks!E2', [['a note']]);
	await settleAfterSql(sync);
	t.regex(
		(await world.rows())[0]?.Error ?? '',
		/^Uploaders: the change to “node-9” waits, because the event is UPLOADED/,
	);
	t.like(await world.db.selectFrom('events').selectAll().executeTakeFirst(), {
		notes: 'a note',
		uploader_whitelist: null,
	});
	await world.db.updateTable('events').set({ state: 'UNEDITED' }).execute();
	await settleAfterSql(sync);
	t.is((await world.rows())[0]?.Error, '');
	t.deepEqual(
		(await world.db.selectFrom('events').select('uploader_whitelist').executeTakeFirst())?.uploader_whitelist,
		['node-9'],
	);
});

test('a row copied with its id becomes an event of its own, and both rows say what happened', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.type('Talks!D2', [['Original']]);
	await settle(sync);
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	await settleAfterSql(sync);
	const [original] = await world.rows();
	await world.type('Talks!D3', [
		['Original', '', '', '', '', '', '', 'UPLOADED', original?.Video, '', original?.ID],
	]);
	await settle(sync);
	const [kept, copy] = await world.rows();
	t.like(kept, { ID: original?.ID, State: 'UPLOADED', Video: 'https://video.example/1' });
	t.not(copy?.ID, original?.ID);
	t.like(copy, { State: 'UNEDITED', Video: '' });
	t.is(kept?.Error, 'ID: row 3 was a copy of this row and got an id of its own; this row stays what it was.');
	t.regex(copy?.Error ?? '', /^ID: this row was a copy of row 2; it is an event of its own now/);
	const events = await world.db
		.selectFrom('events')
		.select(['id', 'state', 'removed_from_sheet_at'])
		.execute();
	t.deepEqual(
		new Map(events.map(({ id, state }) => [id, state])),
		new Map([
			[original?.ID ?? '', 'UPLOADED'],
			[copy?.ID ?? '', 'UNEDITED'],
		]),
	);
	t.true(events.every((event) => event.removed_from_sheet_at === null));
});

test('an id that was written before the daemon died becomes one event, also with two daemons', async (t) => {
	const world = await startWorld(t);
	const [one, other] = [await openSync(world), await openSync(world)];
	await world.type('Talks!D2', [['A talk']]);
	t.is((await one.cycle()).idsGiven, 1);
	t.is((await world.db.selectFrom('events').selectAll().execute()).length, 0);
	await Promise.all([one.cycle(), other.cycle()]);
	await settle(other);
	t.is((await world.db.selectFrom('events').selectAll().execute()).length, 1);
	t.deepEqual(
		(await world.rows()).map((row) => row.Description),
		['A talk'],
	);
});

test('a worksheet that has lost a header keeps its events, and the others go on', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await world.change({ addSheet: { properties: { sheetId: 7, title: 'Games' } } });
	await world.type('Games!A1', [['id', ' DESCRIPTION ', 'start', 'Mine']]);
	await world.type('Games!B2', [['A game', '', 'my own words']]);
	await world.type('Talks!D2', [['A talk']]);
	await settle(sync);
	t.is((await world.db.selectFrom('events').selectAll().execute()).length, 2);
	await world.type('Games!A1', [['Nummer']]);
	await world.type('Talks!D2', [['The same talk']]);
	await settle(sync);
	const events = await world.db
		.selectFrom('events')
		.select(['description', 'removed_from_sheet_at'])
		.orderBy('description')
		.execute();
	t.deepEqual(events, [
		{ description: 'A game', removed_from_sheet_at: null },
		{ description: 'The same talk', removed_from_sheet_at: null },
	]);
	t.is((await world.rows('Games'))[0]?.Mine, 'my own words');
});

test('a worksheet that is deleted takes its rows with it, a new one is picked up', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world, { worksheetsSeconds: 600 });
	await world.change({ addSheet: { properties: { sheetId: 7, title: 'Games' } } });
	await world.type('Games!A1', [['ID', 'Description', 'Start']]);
	await world.type('Games!B2', [['A game']]);
	await world.type('Talks!D2', [['A talk']]);
	await settle(sync);
	await world.change(
		{ addSheet: { properties: { sheetId: 8, title: 'Music' } } },
		{ deleteSheet: { sheetId: 7 } },
	);
	await world.type('Music!A1', [['ID', 'Description', 'Start']]);
	await world.type('Music!B2', [['A song']]);
	await t.throwsAsync(sync.cycle(), { message: /refused a request \(400: No grid with id: 7\)/ });
	await settle(sync);
	const events = world.db.selectFrom('events').select(['description', 'sheet_name']).orderBy('description');
	t.deepEqual(await events.where('removed_from_sheet_at', 'is', null).execute(), [
		{ description: 'A song', sheet_name: 'Music' },
		{ description: 'A talk', sheet_name: 'Talks' },
	]);
	t.deepEqual(await events.where('removed_from_sheet_at', 'is not', null).execute(), [
		{ description: 'A game', sheet_name: 'Games' },
	]);
});

test('whatever people write into the cells, every row becomes an event and the sync comes to rest', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world, { start: START });
	const cell = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.string(),
		fc.double({ noNaN: true, noDefaultInfinity: true }),
		fc.integer({ min: -100, max: 100_000 }),
		fc.boolean(),
		fc.constantFrom(
			'',
			'--',
			'1:30',
			'-99999:59',
			'2026-07-04 18:30',
			'9999-12-31',
			'2147483647',
			'x',
			'a,b,,',
			'\\',
			'{"a":1}',
			'\ud800',
			'#REF!',
		),
	);
	const rows = fc.sample(fc.array(cell, { minLength: 10, maxLength: 10 }), { numRuns: 300, seed: 4 });
	for (const row of rows) row[3] = `${row[3]}.`;
	await world.api.spreadsheets.values.update({
		spreadsheetId: SPREADSHEET,
		range: 'Talks!A2',
		valueInputOption: 'RAW',
		requestBody: { values: rows },
	});
	await settle(sync);
	const shown = await world.rows();
	t.is(shown.length, rows.length);
	const events = new Set((await world.db.selectFrom('events').select('id').execute()).map(({ id }) => id));
	t.is(events.size, rows.length);
	for (const row of shown) {
		t.true(events.has(row.ID ?? ''));
		t.is(row.State, 'UNEDITED');
		t.notRegex(row.Error ?? '', /The database/);
	}
});

test('events that never were in the sheet are left alone', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	await newEvent(world.db, { description: 'by SQL' });
	await settle(sync);
	t.like(await world.db.selectFrom('events').selectAll().executeTakeFirst(), { removed_from_sheet_at: null });
	t.deepEqual(await world.rows(), []);
});
