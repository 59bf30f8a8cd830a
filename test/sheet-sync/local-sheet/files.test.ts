import test from 'ava';
import { strToU8, zipSync } from 'fflate';
import { fromCsv, toCsv } from '../../../sheet-sync/local-sheet/csv-files.ts';
import { formattedText, writtenCell } from '../../../sheet-sync/local-sheet/typed-cell.ts';
import type { Cell, Worksheet } from '../../../sheet-sync/local-sheet/workbook.ts';
import { emptyRow, newWorkbook, newWorksheet } from '../../../sheet-sync/local-sheet/workbook.ts';
import { fromXlsx, toXlsx } from '../../../sheet-sync/local-sheet/xlsx-files.ts';

function worksheetOf(rows: (Cell | null)[][], title = 'Talks'): Worksheet {
	return { ...newWorksheet(0, title, 0), rows: rows.map((cells, key) => ({ ...emptyRow(key), cells })) };
}

/** A file with one worksheet, whose XML is given. */
function xlsx(sheet: string): Buffer {
	const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
	const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
	const packaged = 'http://schemas.openxmlformats.org/package/2006/relationships';
	const parts = {
		'_rels/.rels': `<Relationships xmlns="${packaged}"><Relationship Id="r1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packaged}"><Relationship Id="r1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData>${sheet}</sheetData></worksheet>`,
	};
	return Buffer.from(
		zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))),
	);
}

test('in CSV, text that a spreadsheet would run is marked as text; times, -- and negative numbers are left', (t) => {
	const texts = [
		'=1+1',
		'+cmd|x',
		'-2+3+cmd',
		'@SUM(A1)',
		'\tx',
		"'quoted",
		'--',
		'-1:30',
		'+49 30 12',
		'\n=1',
		'a,"b"\nc',
	];
	const csv = toCsv(worksheetOf([texts.map((v) => ({ v }))]));
	t.is(
		csv,
		`\u{FEFF}'=1+1,'+cmd|x,'-2+3+cmd,'@SUM(A1),'\tx,''quoted,--,-1:30,+49 30 12,"'\n=1","a,""b""\nc"\r\n`,
	);
	const [row] = fromCsv(Buffer.from(csv));
	t.deepEqual(
		row?.slice(0, 7),
		texts.slice(0, 7).map((v) => ({ v })),
	);
});

test('CSV of other programs is read: semicolons, Windows letters, UTF-16, formulas as text', (t) => {
	t.deepEqual(fromCsv(Buffer.from('a;b\r\n"1;2";=SUM(A1)\r\n\r\n')), [
		[{ v: 'a' }, { v: 'b' }],
		[{ v: '1;2' }, { v: '=SUM(A1)' }],
	]);
	t.deepEqual(fromCsv(Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65])), [[{ v: 'Grüße' }]]);
	t.deepEqual(fromCsv(Buffer.from('\u{FEFF}ä\tTRUE', 'utf16le')), [[{ v: 'ä' }, { v: true }]]);
	t.throws(() => fromCsv(Buffer.from('a,"b\nc')), { message: /no CSV that can be read: .* in row/ });
});

test('XLSX keeps text, numbers, ticks, dates and times of every worksheet', async (t) => {
	const cells = [
		{ v: '=HYPERLINK("x")' },
		{ v: 12.5 },
		{ v: true },
		null,
		{ v: 46_207, f: 'yyyy-mm-dd' },
		{ v: 46_207.5, f: 'yyyy-mm-dd h:mm:ss' },
		{ v: 0.5, f: 'h:mm' },
		{ v: ' spaced\nlines <&> ' },
		{ v: 'a\u001b[31m\u0007b\u009b\ufffe\uffff _x001B_ _x005F_x0041_ ' },
	];
	const worksheets = [
		worksheetOf([cells]),
		{ ...worksheetOf([[{ v: 'x' }]], 'A/B: a title of more than 31 characters'), sheetId: 1 },
	];
	const file = await toXlsx({ ...newWorkbook('id', 'Book'), worksheets });
	const read = await fromXlsx(file);
	t.deepEqual(read[0], { title: 'Talks', rows: [cells] });
	t.is(read[1]?.title, 'A B  a title of more than 31 ch');
});

test('XLSX keeps times to the millisecond, and durations of more than a day', async (t) => {
	const typed = [
		...['2026-05-01 12:30:15', '2026-05-01 00:00:01', '2026-05-01 12:00:03.217', '2026-05-02'],
		...['1:30', '0:00:07.001', '26:00', '170:59:59.999', '-1:30'],
	];
	const cells = typed.map((text) => writtenCell(text, 'USER_ENTERED', null));
	const seconds = Array.from({ length: 500 }, (_, n) => [
		{ v: 46_143 + (n * 173) / 86_400, f: 'yyyy-mm-dd h:mm:ss' },
	]);
	const worksheets = [worksheetOf([cells]), { ...worksheetOf(seconds, 'Seconds'), sheetId: 1 }];
	const [talks, many] = await fromXlsx(await toXlsx({ ...newWorkbook('id', 'Book'), worksheets }));
	t.deepEqual(
		talks!.rows[0]!.map((cell) => formattedText(cell!)),
		cells.map((cell) => formattedText(cell!)),
	);
	t.deepEqual(
		many!.rows.slice(1).map(([cell]) => formattedText(cell!)),
		seconds.slice(1).map(([cell]) => formattedText(cell!)),
	);
});

test('XLSX of other programs is read: characters as references, formulas with what they gave last', async (t) => {
	const file = xlsx(
		'<row r="1"><c r="A1" t="inlineStr"><is><t>&#252;&#128512;&#x1F600;&amp;#128512;</t></is></c><c r="B1"><f>1+1</f><v>2</v></c></row>',
	);
	t.deepEqual(await fromXlsx(file), [{ title: 'A', rows: [[{ v: 'ü😀😀&#128512;' }, { v: 2 }]] }]);
});

test('a file that is none, or that would take too much to unpack, is refused with a sentence', async (t) => {
	await t.throwsAsync(fromXlsx(Buffer.from('no file')), { message: /not an XLSX file, or it is damaged/ });
	t.deepEqual(await fromXlsx(xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>hi</t></is></c></row>')), [
		{ title: 'A', rows: [[{ v: 'hi' }]] },
	]);
	// A few bytes that say, in the archive's directory, that they are 3 GB.
	const bomb = xlsx('');
	bomb.writeUInt32LE(3_000_000_000, bomb.indexOf('PK\u0001\u0002', 'latin1') + 24);
	await t.throwsAsync(fromXlsx(bomb), { message: /too large to be imported/ });
	const faraway = xlsx(
		'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
	);
	await t.throwsAsync(fromXlsx(faraway), { message: /more than 5,000,000 cells/ });
});

test('a text that is too long for a cell of Excel is cut off with a mark, and the file lists where', async (t) => {
	const fits = 'f'.repeat(32_767);
	const long = `${'x'.repeat(32_590)}${'\u001b👍'.repeat(2_000)}`;
	const worksheets = [worksheetOf([[{ v: 'Title' }], [null, { v: fits }, { v: long }]])];
	const [talks, list] = await fromXlsx(await toXlsx({ ...newWorkbook('id', 'Book'), worksheets }));
	const [, row] = talks!.rows;
	t.is(row![1]!.v, fits);
	const shown = String(row![2]!.v);
	t.true(shown.length <= 32_767 && shown.isWellFormed());
	const [, kept = '', mark = ''] = /^(.*) … \[(cut off here: .*)\]$/s.exec(shown) ?? [];
	t.true(long.startsWith(kept) && kept.length > 32_500);
	t.regex(mark, /holds 32,767 characters of a cell, and this one has 38,590; a CSV file holds all/);
	t.is(list!.title, 'Cut off');
	t.deepEqual(list!.rows[1], [{ v: 'Talks' }, { v: 'C2' }, { v: 38_590 }]);
	t.true(toCsv(worksheets[0]!).includes(long));
});

test('a worksheet that no XLSX file can hold is refused, with the way to get it all the same', async (t) => {
	const wide = worksheetOf([Array.from({ length: 16_385 }, () => ({ v: 1 }))]);
	await t.throwsAsync(toXlsx({ ...newWorkbook('id', 'Book'), worksheets: [wide] }), {
		message: /“Talks” has 1 rows and 16,385 columns; an XLSX file holds .* Export it as CSV\./,
	});
});

test('a file with a cell that is too long is refused with the name of the cell, and nothing is imported', async (t) => {
	const long = 'x'.repeat(50_001);
	t.throws(() => fromCsv(Buffer.from(`a,b\nc,${long}`)), {
		message:
			/^Cell B2 of the file cannot be taken: .*50000 characters.* Nothing was imported; mend that cell/,
	});
	const file = xlsx(`<row r="3"><c r="D3" t="inlineStr"><is><t>${long}</t></is></c></row>`);
	await t.throwsAsync(fromXlsx(file), { message: /^Cell D3 of worksheet “A” of the file cannot be taken: / });
});
