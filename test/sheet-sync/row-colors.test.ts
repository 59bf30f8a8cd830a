import test from 'ava';
import { openSync, settle, startWorld } from './world.ts';

const COLORS = { error: '#ffcccc', CLAIMED: '#ffe599', UPLOADED: '#d9ead3' };

/** The rules of the first worksheet as the API tells them: formula and colour. */
async function rules(world: Awaited<ReturnType<typeof startWorld>>): Promise<[string, number][]> {
	const { data } = await world.api.spreadsheets.get({ spreadsheetId: 'events' });
	return (data.sheets?.[0]?.conditionalFormats ?? []).map(({ booleanRule }) => [
		booleanRule?.condition?.values?.[0]?.userEnteredValue ?? '',
		Math.round((booleanRule?.format?.backgroundColorStyle?.rgbColor?.blue ?? 0) * 255),
	]);
}

const WANTED: [string, number][] = [
	['=$M2<>""', 0xcc],
	['=LEFT($K2,7)="CLAIMED"', 0x99],
	['=LEFT($K2,8)="UPLOADED"', 0xd3],
];

test('rows are coloured by rules on State and Error, which are made once and go with their columns', async (t) => {
	const world = await startWorld(t);
	await settle(await openSync(world, { rowColors: COLORS }));
	t.deepEqual(await rules(world), WANTED);
	await world.change({
		insertDimension: { range: { sheetId: 0, dimension: 'COLUMNS', startIndex: 0, endIndex: 1 } },
	});
	const moved = WANTED.map(([formula, blue]) => [formula.replace('$M', '$N').replace('$K', '$L'), blue]);
	t.deepEqual(await rules(world), moved as [string, number][]);
	await settle(await openSync(world, { rowColors: COLORS }));
	t.deepEqual(await rules(world), moved as [string, number][]);
});

test('other colours replace ours, and rules of people’s own stay', async (t) => {
	const world = await startWorld(t);
	const own = (formula: string) => ({
		addConditionalFormatRule: {
			index: 0,
			rule: {
				ranges: [{ sheetId: 0, startRowIndex: 1 }],
				booleanRule: {
					condition: { type: 'CUSTOM_FORMULA', values: [{ userEnteredValue: formula }] },
					format: { backgroundColor: { blue: 1 } },
				},
			},
		},
	});
	await world.change(own('=$C2="Music"'), own('=$E2<>""'));
	await settle(await openSync(world, { rowColors: COLORS }));
	await settle(await openSync(world, { rowColors: { UPLOADED: '#000010' } }));
	t.deepEqual(await rules(world), [
		['=LEFT($K2,8)="UPLOADED"', 0x10],
		['=$E2<>""', 0xff],
		['=$C2="Music"', 0xff],
	]);
	await settle(await openSync(world, { rowColors: {} }));
	t.is((await rules(world)).length, 2);
});

test('a rule that the local sheet does not understand is refused as the API refuses', async (t) => {
	const world = await startWorld(t);
	const refused = await t.throwsAsync(
		world.change({
			addConditionalFormatRule: {
				rule: {
					ranges: [{ sheetId: 0, startRowIndex: 1 }],
					booleanRule: {
						condition: { type: 'CUSTOM_FORMULA', values: [{ userEnteredValue: '=SUM(A1:A3)>1' }] },
						format: { backgroundColor: { red: 1 } },
					},
				},
			},
		}),
	);
	t.regex(refused?.message ?? '', /Invalid conditional format rule/);
});
