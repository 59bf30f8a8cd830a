import test from 'ava';
import fc from 'fast-check';
import { applyFieldMask } from '../../../sheet-sync/local-sheet/field-mask.ts';
import { formatA1, parseA1 } from '../../../sheet-sync/local-sheet/ranges.ts';
import { formattedText, isTypedText, writtenCell } from '../../../sheet-sync/local-sheet/typed-cell.ts';
import { newWorkbook, newWorksheet } from '../../../sheet-sync/local-sheet/workbook.ts';

test('every range of every worksheet is parsed back from its A1 notation', (t) => {
	const title = fc.oneof(
		fc.constantFrom("It's", 'A1', '2:5', 'Sheet!1', 'a:b', "'q'", 'Day 1'),
		fc.string({ minLength: 1 }),
	);
	const place = fc
		.tuple(fc.nat(99), fc.nat(99))
		.map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
	fc.assert(
		fc.property(title, place, place, (name, [startRow, endRow], [startColumn, endColumn]) => {
			const worksheet = newWorksheet(7, name, 100, 100);
			const workbook = {
				...newWorkbook('id', 'Test', 'First'),
				worksheets: [newWorksheet(0, 'First'), worksheet],
			};
			const range = { sheetId: 7, startRow, endRow, startColumn, endColumn };
			t.deepEqual(parseA1(workbook, formatA1(worksheet, range)), range);
		}),
	);
});

test('a field mask keeps what it names, in every spelling that the API knows', (t) => {
	const answer = {
		id: 1,
		sheets: [{ properties: { sheetId: 0, title: 'a', index: 0 }, data: [1] }],
		properties: { title: 'b' },
	};
	const expected = { sheets: [{ properties: { sheetId: 0, title: 'a' } }] };
	for (const mask of [
		'sheets.properties(sheetId,title)',
		'sheets(properties(sheetId,title))',
		'sheets/properties/sheetId, sheets/properties/title',
	]) {
		t.deepEqual(applyFieldMask(answer, mask), expected);
	}
	t.is(applyFieldMask(answer, '*'), answer);
	t.deepEqual(applyFieldMask(answer, 'id,properties.*'), { id: 1, properties: { title: 'b' } });
	for (const mask of ['', 'a(', 'a)', 'a,,b', 'a..b', '(a)', 'a b('])
		t.throws(() => applyFieldMask(answer, mask));
});

test('what a cell shows, typed again, makes the same cell', (t) => {
	const typed = fc.oneof(
		fc.constantFrom(
			'12:34',
			'30:15:00',
			'-1:30',
			'2026-07-04',
			'2026-07-04 18:30',
			'TRUE',
			'text',
			'12.5%',
			"'=1",
			"'12:34",
		),
		fc.string(),
	);
	fc.assert(
		fc.property(typed, (text) => {
			if (/^\s*=./.test(text)) return;
			const cell = writtenCell(text, 'USER_ENTERED', null);
			if (cell === null || typeof cell.v === 'number') return;
			const shown = formattedText(cell);
			const again = typeof cell.v === 'string' && !isTypedText(shown) ? `'${shown}` : shown;
			t.is(writtenCell(again, 'USER_ENTERED', null)?.v ?? '', cell.v);
		}),
		{ numRuns: 1000 },
	);
});
