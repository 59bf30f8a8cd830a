import test from 'ava';
import fc from 'fast-check';
import { DEFAULT_HEADERS } from '../../sheet-sync/columns.ts';
import type { PlacedRows } from '../../sheet-sync/placed-rows.ts';
import { NO_ROWS, placeRows } from '../../sheet-sync/placed-rows.ts';
import type { Known } from '../../sheet-sync/plan.ts';
import { planSync } from '../../sheet-sync/plan.ts';
import type { CellValue, EventInputs } from '../../sheet-sync/row-inputs.ts';
import { SettledRows } from '../../sheet-sync/settled-rows.ts';
import type { EventRow, RememberedRow, SheetSnapshot, WorksheetSnapshot } from '../../sheet-sync/snapshot.ts';
import type { SyncPlan } from '../../sheet-sync/sync-plan.ts';

const OPTIONS = { names: DEFAULT_HEADERS, cutRemoved: false };
const HEADERS = [...Object.values(DEFAULT_HEADERS).filter((header) => header !== 'ID'), 'ID'];
const COLUMN = Object.fromEntries(HEADERS.map((header, column) => [header, column]));

type Cells = Partial<Record<string, CellValue>>;

function uuid(number: number): string {
	return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function row(cells: Cells, headers = HEADERS): CellValue[] {
	return headers.map((header) => cells[header] ?? '');
}

function worksheet(rows: Cells[], headers = HEADERS, sheetId = 0): WorksheetSnapshot {
	const title = sheetId === 0 ? 'Talks' : `Sheet ${sheetId}`;
	return {
		sheetId,
		title,
		countFrom: null,
		headerRow: 1,
		rows: [headers, ...rows.map((cells) => row(cells, headers))],
	};
}

function snapshot(...worksheets: WorksheetSnapshot[]): SheetSnapshot {
	return { timeZone: 'UTC', worksheets, unread: [] };
}

const NO_INPUTS: EventInputs = {
	start: null,
	end: null,
	category: '',
	description: '',
	notes: '',
	allow_holes: false,
	uploader_whitelist: null,
	upload_location: '',
	tags: [],
	priority: 0,
};

function event(id: string, columns: Partial<EventRow> = {}): EventRow {
	const outputs = { state: 'UNEDITED', video_link: null, error: null, progress: null };
	return { ...NO_INPUTS, ...outputs, id, sheet_name: 'Talks', removed: false, ...columns };
}

function remembered(
	id: string,
	agreed: Partial<EventInputs> = {},
	rest: Partial<RememberedRow> = {},
): RememberedRow {
	return {
		id,
		sheetId: 0,
		agreed: { ...NO_INPUTS, ...agreed },
		written: {},
		submit: { seen: false },
		...rest,
	};
}

function known(events: EventRow[], memory: RememberedRow[] = [], refusals: [string, string][] = []): Known {
	return {
		events: new Map(events.map((one) => [one.id, one])),
		remembered: new Map(memory.map((one) => [one.id, one])),
		refusals: new Map(refusals),
		refusedCells: new Map(),
		notices: new Map(),
		foreign: new Set(),
		fresh: new Map(),
		outputsWritten: new Set(),
		before: NO_ROWS,
		settled: new SettledRows(),
	};
}

function placed(sheet: SheetSnapshot, both: Known): PlacedRows {
	const syncedBefore = new Set([...both.remembered.values()].map(({ sheetId }) => sheetId));
	return placeRows(sheet, DEFAULT_HEADERS, NO_ROWS, syncedBefore);
}

function plan(sheet: SheetSnapshot, both: Known): SyncPlan {
	return planSync(placed(sheet, both), both, OPTIONS);
}

/** What a row's cells become, by header. */
function outputs({ outputs: cells }: SyncPlan, index = 1): Record<string, CellValue> {
	const written = cells.filter((cell) => cell.row === index);
	return Object.fromEntries(written.map(({ column, value }) => [HEADERS[column] ?? '', value]));
}

const ID = uuid(1);

test('a row with inputs and no id needs one, an empty row does not', (t) => {
	const { idsToGive, inserts } = plan(
		snapshot(worksheet([{ Description: 'A' }, {}, { 'Allow holes': false }, { Notes: ' ' }])),
		known([]),
	);
	t.deepEqual(
		idsToGive.map(({ row, lostId, copyOf }) => [row.layout.sheetId, row.index, lostId, copyOf]),
		[[0, 1, undefined, undefined]],
	);
	t.deepEqual(inserts, []);
});

test('a row with an id that Postgres does not know becomes an event of that id', (t) => {
	const { inserts } = plan(
		snapshot(worksheet([{ ID: ` ${ID.toUpperCase()} `, Description: 'A', Start: 'soon' }])),
		known([]),
	);
	t.is(inserts.length, 1);
	t.like(inserts[0], { sheetName: 'Talks', remember: { id: ID, sheetId: 0 } });
	t.false('start' in (inserts[0]?.values ?? {}));
	t.is(inserts[0]?.values.description, 'A');
});

test('something else than an id in the id column is shown, and never overwritten', (t) => {
	const made = plan(snapshot(worksheet([{ ID: 'mine', Description: 'A' }])), known([]));
	t.deepEqual([made.idsToGive, made.inserts], [[], []]);
	t.regex(String(outputs(made).Error), /^ID: “mine” is not an id that cutsheet gave/);
});

test('rows in agreement need nothing', (t) => {
	const made = plan(
		snapshot(worksheet([{ ID, Description: 'A', State: 'UNEDITED' }])),
		known([event(ID, { description: 'A' })], [remembered(ID, { description: 'A' })]),
	);
	t.deepEqual(made, {
		idsToGive: [],
		inserts: [],
		updates: [],
		remember: [],
		removed: [],
		returned: [],
		inputs: [],
		outputs: [],
		setAside: [],
		worksheetProblems: [],
	});
});

const SHARED: [
	sheet: number,
	agreed: number | undefined,
	written: number | undefined,
	database: number,
	result: 'take' | 'write' | 'nothing',
][] = [
	[1, 1, undefined, 1, 'nothing'],
	[2, 1, undefined, 1, 'take'],
	[1, 1, undefined, 2, 'write'],
	[3, 1, undefined, 2, 'take'],
	[2, 1, undefined, 2, 'nothing'],
	[1, 1, 2, 2, 'write'],
	[2, 1, 2, 3, 'write'],
	[4, 1, 2, 3, 'take'],
	[5, undefined, undefined, 1, 'take'],
];

for (const [sheet, agreed, written, database, result] of SHARED) {
	test(`priority ${sheet} in the sheet, ${agreed} agreed, ${written} being written, ${database} in Postgres: ${result}`, (t) => {
		const memory = remembered(ID, {}, { written: written === undefined ? {} : { priority: written } });
		if (agreed === undefined) delete memory.agreed.priority;
		else memory.agreed.priority = agreed;
		const made = plan(
			snapshot(worksheet([{ ID, Description: 'A', Priority: sheet, State: 'UNEDITED' }])),
			known([event(ID, { description: 'A', priority: database })], [memory]),
		);
		t.deepEqual(
			made.updates.map(({ changes }) => changes),
			result === 'take' ? [{ priority: sheet }] : [],
		);
		t.deepEqual(
			made.inputs.map(({ cells }) => [...cells]),
			result === 'write' ? [[[COLUMN.Priority, database]]] : [],
		);
		if (result === 'take') t.is(made.updates[0]?.remember.agreed.priority, sheet);
		if (result === 'write' && written !== database) t.is(made.remember[0]?.written.priority, database);
	});
}

test('our own value in the sheet is no change of a person’s, whenever the daemon died', (t) => {
	const memory = remembered(ID, { description: 'A', priority: 1 }, { written: { priority: 2 } });
	const both = known([event(ID, { description: 'A', priority: 2 })], [memory]);
	const made = plan(snapshot(worksheet([{ ID, Description: 'A', Priority: 2, State: 'UNEDITED' }])), both);
	t.deepEqual([made.updates, made.inputs], [[], []]);
	t.like(made.remember[0], { agreed: { priority: 2 }, written: {} });
});

test('a column that is new to the worksheet does not empty what Postgres has', (t) => {
	const memory = remembered(ID, { description: 'A' });
	delete memory.agreed.tags;
	delete memory.agreed.notes;
	const both = known([event(ID, { description: 'A', tags: ['a', 'b'], notes: 'n' })], [memory]);
	const made = plan(snapshot(worksheet([{ ID, Description: 'A', State: 'UNEDITED' }])), both);
	t.deepEqual(made.updates, []);
	t.deepEqual([...(made.inputs[0]?.cells ?? [])], [[COLUMN.Tags, 'a, b']]);
});

test('columns that the worksheet lacks are neither changed nor written', (t) => {
	const headers = ['Description', 'ID', 'Start'];
	const both = known(
		[event(ID, { description: 'A', priority: 4, notes: 'n' })],
		[remembered(ID, { description: 'A' })],
	);
	const made = plan(snapshot(worksheet([{ ID, Description: 'B' }], headers)), both);
	t.deepEqual(made.updates[0]?.changes, { description: 'B' });
	t.deepEqual([made.inputs, made.outputs], [[], []]);
	t.deepEqual(Object.keys(made.updates[0]?.remember.agreed ?? {}).sort(), ['description', 'start']);
});

for (const state of ['CLAIMED', 'FINALIZING', 'UPLOADED']) {
	test(`in ${state} a change of the uploaders waits and says so, one of the notes is taken`, (t) => {
		const both = known([event(ID, { description: 'A', state })], [remembered(ID, { description: 'A' })]);
		const made = plan(snapshot(worksheet([{ ID, Description: 'A', Uploaders: 'n1', Notes: 'x' }])), both);
		t.deepEqual(made.updates[0]?.changes, { notes: 'x' });
		t.deepEqual(made.updates[0]?.remember.agreed.uploader_whitelist, null);
		t.regex(
			String(outputs(made).Error),
			new RegExp(`^Uploaders: the change to “n1” waits, because the event is ${state};`),
		);
	});
}

test('the error cell joins what is wrong with the row and the event’s own error', (t) => {
	const both = known(
		[event(ID, { description: 'A', error: 'The disk is full.' })],
		[remembered(ID, { description: 'A' })],
		[[ID, 'The database did not take this row: no.']],
	);
	const made = plan(snapshot(worksheet([{ ID, Description: 'A', Priority: 'high' }])), both);
	t.is(
		outputs(made).Error,
		'Priority: cannot read “high”; write a whole number such as 0 or 10. ' +
			'The database did not take this row: no. The disk is full.',
	);
});

test('what cannot be read changes nothing, and an end of -- follows a start that can', (t) => {
	const inputs = { description: 'A', start: '2026-07-04T10:00:00.000Z', end: '2026-07-04T11:00:00.000Z' };
	const both = known([event(ID, inputs)], [remembered(ID, inputs)]);
	const unreadable = plan(snapshot(worksheet([{ ID, Description: 'A', Start: 'soon', End: '--' }])), both);
	t.deepEqual(unreadable.updates, []);
	const readable = plan(
		snapshot(worksheet([{ ID, Description: 'A', Start: '2026-07-04 12:00', End: ' -- ' }])),
		both,
	);
	t.deepEqual(readable.updates[0]?.changes, {
		start: '2026-07-04T12:00:00.000Z',
		end: '2026-07-04T12:00:00.000Z',
	});
});

test('a row that lost its id gets back the one whose row said the same', (t) => {
	const other = uuid(2);
	const both = known(
		[event(ID, { description: 'A' }), event(other, { description: 'B' })],
		[remembered(ID, { description: 'A' }), remembered(other, { description: 'B' })],
	);
	const emptied = plan(snapshot(worksheet([{ Description: 'A' }, { ID: other, Description: 'B' }])), both);
	t.like(emptied.idsToGive, { length: 1, 0: { row: { index: 1 }, lostId: ID } });
	t.deepEqual(emptied.removed, []);
	const overwritten = plan(
		snapshot(
			worksheet([
				{ ID: uuid(9), Description: 'A' },
				{ ID: other, Description: 'B' },
			]),
		),
		both,
	);
	t.like(overwritten.idsToGive, { length: 1, 0: { row: { index: 1 }, lostId: ID } });
	t.deepEqual([overwritten.inserts, overwritten.removed], [[], []]);
	const changed = plan(snapshot(worksheet([{ Description: 'C' }, { ID: other, Description: 'B' }])), both);
	t.like(changed.idsToGive, { length: 1, 0: { row: { index: 1 }, lostId: undefined } });
	t.deepEqual(changed.removed, [ID]);
	const twins = known(
		[event(ID), event(other)],
		[remembered(ID, { description: 'A' }), remembered(other, { description: 'A' })],
	);
	t.deepEqual(
		plan(snapshot(worksheet([{ Description: 'A' }, { Description: 'A' }])), twins)
			.idsToGive.map(({ lostId }) => lostId)
			.sort(),
		[ID, other],
	);
	const long = known(
		[event(ID, { description: 'A', removed: true })],
		[remembered(ID, { description: 'A' })],
	);
	t.is(plan(snapshot(worksheet([{ Description: 'A' }])), long).idsToGive[0]?.lostId, undefined);
});

test('an event whose row moved to another worksheet stays the same event', (t) => {
	const both = known([event(ID, { description: 'A' })], [remembered(ID, { description: 'A' })]);
	const made = plan(snapshot(worksheet([]), worksheet([{ ID, Description: 'A' }], HEADERS, 5)), both);
	t.deepEqual(made.removed, []);
	t.deepEqual(made.updates[0]?.changes, { sheet_name: 'Sheet 5' });
	t.is(made.updates[0]?.remember.sheetId, 5);
});

test('events are removed with their row, but not while their worksheet cannot be read', (t) => {
	const both = known([event(ID)], [remembered(ID)]);
	t.deepEqual(plan(snapshot(worksheet([])), both).removed, [ID]);
	t.deepEqual(plan(snapshot(worksheet([{ ID }])), both).removed, [ID]);
	t.deepEqual(plan({ ...snapshot(), unread: [0] }, both).removed, []);
	t.deepEqual(plan(snapshot(), both).removed, [ID]);
	const headless = plan(snapshot({ ...worksheet([{ ID, Description: 'A' }]), rows: [] }), both);
	t.deepEqual(headless.removed, []);
	t.regex(headless.worksheetProblems[0] ?? '', /“Talks” has lost its headers/);
});

const anyCell: fc.Arbitrary<CellValue> = fc.oneof(
	fc.constantFrom('', 'TRUE', '--', '1:30', 'node-1, node-2', '2026-07-04 10:00', 'UNEDITED'),
	fc.string(),
	fc.double({ noNaN: true, noDefaultInfinity: true }),
	fc.boolean(),
);
const anyRow = fc.record({
	id: fc.oneof(fc.integer({ min: 0, max: 5 }).map(uuid), fc.constantFrom('', 'junk')),
	cells: fc.array(anyCell, { maxLength: HEADERS.length - 1 }),
});
const anyState = fc.constantFrom('UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED');
const anyEvents = fc.uniqueArray(
	fc.record({
		number: fc.integer({ min: 0, max: 5 }),
		state: anyState,
		priority: fc.integer({ min: -2, max: 2 }),
		removed: fc.boolean(),
	}),
	{ selector: ({ number }) => number },
);

test('whatever is in the sheet, ids are never overwritten, each event changes once, and it comes to rest', (t) => {
	fc.assert(
		fc.property(fc.array(anyRow, { maxLength: 8 }), anyEvents, (rows, events) => {
			const sheet = snapshot({
				...worksheet([]),
				rows: [
					HEADERS,
					...rows.map(({ id, cells }) => [
						...cells,
						...new Array(HEADERS.length - 1 - cells.length).fill(''),
						id,
					]),
				],
			});
			const before = events.map(({ number, ...columns }) => event(uuid(number), columns));
			const made = plan(
				sheet,
				known(
					before,
					before.map(({ id }) => remembered(id)),
				),
			);

			const writes = [
				...made.outputs,
				...made.inputs.flatMap((one) => [...one.cells.keys()].map((column) => ({ ...one, column }))),
			];
			t.true(writes.every(({ column }) => column !== COLUMN.ID));
			t.true(
				made.idsToGive.every(
					({ row, copyOf, lostId }) => row.id === '' || copyOf !== undefined || lostId !== undefined,
				),
			);
			const touched = [
				...made.inserts.map(({ remember }) => remember.id),
				...made.updates.map(({ id }) => id),
				...made.remember.map(({ id }) => id),
			];
			t.is(new Set(touched).size, touched.length);
			t.true(made.updates.every(({ id }) => !made.removed.includes(id)));

			let [state, both] = carriedOut(sheet, before, made);
			// A box that is unticked is seen without its tick one cycle later.
			for (let cycle = 0; cycle < 3; cycle++) {
				[state, both] = carriedOut(state, [...both.events.values()], plan(state, both), both.remembered);
			}
			const last = plan(state, both);
			t.deepEqual(
				[
					last.idsToGive,
					last.inserts,
					last.updates,
					last.remember,
					last.removed,
					last.returned,
					last.inputs,
					last.outputs,
				],
				[[], [], [], [], [], [], [], []],
			);
		}),
		{ numRuns: 500 },
	);
});

/** Both sides after a plan was carried out, with nobody else acting. */
function carriedOut(
	sheet: SheetSnapshot,
	events: EventRow[],
	made: SyncPlan,
	memory: ReadonlyMap<string, RememberedRow> = new Map(events.map(({ id }) => [id, remembered(id)])),
): [SheetSnapshot, Known] {
	const first = sheet.worksheets[0];
	const rows = (first?.rows ?? []).map((cells) => [...cells]);
	const put = (index: number, column: number, value: CellValue) => {
		const cells = rows[index];
		if (cells) cells[column] = value;
	};
	for (const { row: index, column, value } of made.outputs) put(index, column, value);
	for (const { row: index, cells } of made.inputs)
		for (const [column, value] of cells) put(index, column, value);
	for (const { row, lostId } of made.idsToGive)
		put(row.index, COLUMN.ID ?? 0, lostId ?? uuid(100 + row.index));
	const after = new Map(events.map((one) => [one.id, { ...one }]));
	const memories = new Map(memory);
	for (const { remember, values } of made.inserts) {
		after.set(remember.id, event(remember.id, values));
		memories.set(remember.id, remember);
	}
	for (const { id, changes, remember, submit } of made.updates) {
		const state = submit === undefined ? {} : { state: submit.kind === 'submit' ? 'EDITED' : 'UNEDITED' };
		Object.assign(after.get(id) ?? {}, changes, state);
		memories.set(id, remember);
	}
	for (const one of made.remember) memories.set(one.id, one);
	for (const id of made.removed) Object.assign(after.get(id) ?? {}, { removed: true });
	for (const id of made.returned) Object.assign(after.get(id) ?? {}, { removed: false });
	const next = { ...sheet, worksheets: [{ ...(first as WorksheetSnapshot), rows }] };
	return [next, { ...known([]), events: after, remembered: memories }];
}
