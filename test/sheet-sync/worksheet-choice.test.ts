import test from 'ava';
import { chooseWorksheets, missingWorksheets } from '../../sheet-sync/worksheet-choice.ts';

const WORKSHEETS = [
	{ sheetId: 0, title: 'Day 1' },
	{ sheetId: 5, title: 'Day 2 (evening)' },
	{ sheetId: 9, title: 'Budget' },
];
const NO_STARTS = { start: undefined, worksheetStarts: {}, headerRow: 1, worksheetHeaderRows: {} };

function titles(patterns: readonly string[] | undefined): string[] {
	return chooseWorksheets(WORKSHEETS, [], { ...NO_STARTS, worksheets: patterns }).map(({ title }) => title);
}

test('worksheets are all, or those listed by title or pattern', (t) => {
	t.deepEqual(titles(undefined), ['Day 1', 'Day 2 (evening)', 'Budget']);
	t.deepEqual(titles(['day *']), ['Day 1', 'Day 2 (evening)']);
	t.deepEqual(titles([' DAY 2 (evening) ']), ['Day 2 (evening)']);
	t.deepEqual(titles(['Day']), []);
	t.deepEqual(titles(['Day 2 .*']), []);
});

test('a listed worksheet that is not there is told', (t) => {
	const chosen = chooseWorksheets(WORKSHEETS, [], { ...NO_STARTS, worksheets: ['Day *', 'Games'] });
	t.deepEqual(missingWorksheets(chosen, ['Day *', 'Games']), ['Games']);
});

test('a worksheet that was renamed stays chosen, with the start and the header row that it had', (t) => {
	const start = new Date('2026-07-04T10:00:00Z');
	const options = {
		worksheets: ['Day 1'],
		start: new Date('2026-07-01'),
		worksheetStarts: { 'day 1': start },
		headerRow: 1,
		worksheetHeaderRows: { 'Day 1': 3 },
	};
	const before = chooseWorksheets(WORKSHEETS, [], options);
	t.deepEqual(before, [{ sheetId: 0, title: 'Day 1', countFrom: start.getTime(), headerRow: 3 }]);
	const after = chooseWorksheets([{ sheetId: 0, title: 'Saturday' }], before, options);
	t.deepEqual(after, [{ sheetId: 0, title: 'Saturday', countFrom: start.getTime(), headerRow: 3 }]);
});
