import test from 'ava';
import { columnLetters, DEFAULT_HEADERS, matchHeaders } from '../../sheet-sync/columns.ts';

test('headers are found in any order, whatever their case and surrounding space, between other columns', (t) => {
	const row = ['Mine', ' ERROR', 'id ', 'Upload  Location', '', 42, 'start', 'Description'];
	t.deepEqual(matchHeaders('Talks', row, DEFAULT_HEADERS), {
		kind: 'ours',
		columns: { error: 1, id: 2, upload_location: 3, start: 6, description: 7 },
	});
});

test('a missing Description, Start or ID is named together with the worksheet', (t) => {
	for (const header of ['Description', 'Start', 'ID']) {
		const match = matchHeaders(
			'Talks',
			['Description', 'Start', 'ID'].filter((one) => one !== header),
			DEFAULT_HEADERS,
		);
		t.deepEqual(match, {
			kind: 'unusable',
			problems: [`Worksheet “Talks” has no column with the header “${header}”; add one to its header row.`],
		});
	}
});

test('a header that is there twice is named with both columns', (t) => {
	const match = matchHeaders('Talks', ['Start', 'Description', 'ID', 'NOTES', 'Notes'], DEFAULT_HEADERS);
	t.deepEqual(match, {
		kind: 'unusable',
		problems: ['Worksheet “Talks” has the header “Notes” twice, in columns D and E; rename one of them.'],
	});
});

test('a worksheet without any of the required headers is somebody else’s', (t) => {
	t.deepEqual(matchHeaders('Read me', ['Welcome', 'Notes'], DEFAULT_HEADERS), { kind: 'foreign' });
	t.deepEqual(matchHeaders('Read me', [], DEFAULT_HEADERS), { kind: 'foreign' });
});

test('every header can be renamed, but not two to the same text', (t) => {
	const names = { ...DEFAULT_HEADERS, start: 'Beginn', description: 'Was' };
	t.deepEqual(matchHeaders('Talks', ['was', 'BEGINN', 'ID', 'Start'], names), {
		kind: 'ours',
		columns: { description: 0, start: 1, id: 2 },
	});
	t.throws(() => matchHeaders('Talks', [], { ...DEFAULT_HEADERS, notes: 'id' }), {
		message: /same header “id”|same header “ID”/,
	});
});

test('columns are named as a spreadsheet names them', (t) => {
	t.deepEqual([0, 25, 26, 51, 701, 702].map(columnLetters), ['A', 'Z', 'AA', 'AZ', 'ZZ', 'AAA']);
});
