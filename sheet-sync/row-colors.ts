/**
 * Rows coloured by what they show. Not by formatting cells, which would cost a write for every change and land on wrong
 * rows when they move, but by rules of conditional formatting on the State and Error columns: made once, and from then on
 * the spreadsheet keeps every row's colour right by itself, also of rows that move.
 */
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { columnLetters } from './columns.ts';
import type { PlacedRows } from './placed-rows.ts';

export const COLORED_STATES = ['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'] as const;

/** `#rrggbb` by state; `error` is for rows that say something in their error cell, whatever their state. */
export type RowColors = Partial<Record<(typeof COLORED_STATES)[number] | 'error', string>>;

/** The rules of each worksheet, by its id. */
export type ColorRules = ReadonlyMap<number, readonly sheets_v4.Schema$ConditionalFormatRule[]>;

/** Rules of this form are ours, and those that look whether the error cell is empty; all others are people's and stay. */
const BY_STATE = /^=LEFT\(\$(?:[A-Z]+|#REF!)\d+,\s*\d+\)="(?:UNEDITED|EDITED|CLAIMED|FINALIZING|UPLOADED)"$/;
const BY_TEXT = /^=\$([A-Z]+|#REF!)\d+<>""$/;

/** What must be asked of the spreadsheet so that its rules are the configured ones; nothing when they are. */
export function planRowColors(
	{ sheets }: PlacedRows,
	present: ColorRules,
	colors: RowColors,
): sheets_v4.Schema$Request[] {
	const requests: sheets_v4.Schema$Request[] = [];
	for (const [sheetId, { layout }] of sheets) {
		const rules = present.get(sheetId);
		if (rules === undefined) continue;
		const first = layout.headerIndex + 1;
		const { state, error } = layout.columns;
		const wanted: Wanted[] = [];
		const want = (color: string | undefined, formula: string) => {
			if (color !== undefined) wanted.push({ color: color.toLowerCase(), formula });
		};
		// The first rule that fits decides.
		if (error !== undefined) want(colors.error, `=$${columnLetters(error)}${first + 1}<>""`);
		if (state !== undefined) {
			const cell = `$${columnLetters(state)}${first + 1}`;
			// How far a cutter is may stand behind the state.
			for (const one of COLORED_STATES) want(colors[one], `=LEFT(${cell},${one.length})="${one}"`);
		}
		const ours = [...rules.entries()].filter(([, rule]) => {
			const formula = formulaOf(rule);
			const [, letters] = BY_TEXT.exec(formula) ?? [];
			const byError = letters === '#REF!' || (error !== undefined && letters === columnLetters(error));
			return byError || BY_STATE.test(formula);
		});
		const same =
			ours.length === wanted.length &&
			wanted.every(({ formula, color }, place) => {
				const rule = ours[place]?.[1];
				return rule !== undefined && formulaOf(rule) === formula && colorOf(rule) === color;
			});
		if (same) continue;
		for (const [index] of ours.reverse()) requests.push({ deleteConditionalFormatRule: { sheetId, index } });
		for (const [index, { color, formula }] of wanted.entries())
			requests.push({ addConditionalFormatRule: { index, rule: ruleOf(sheetId, first, color, formula) } });
	}
	return requests;
}

interface Wanted {
	color: string;
	formula: string;
}

function ruleOf(
	sheetId: number,
	startRowIndex: number,
	color: string,
	formula: string,
): sheets_v4.Schema$ConditionalFormatRule {
	const part = (index: number) => Number.parseInt(color.slice(index, index + 2), 16) / 255;
	const rgbColor = { red: part(1), green: part(3), blue: part(5) };
	return {
		ranges: [{ sheetId, startRowIndex }],
		booleanRule: {
			condition: { type: 'CUSTOM_FORMULA', values: [{ userEnteredValue: formula }] },
			format: { backgroundColorStyle: { rgbColor } },
		},
	};
}

function formulaOf({ booleanRule }: sheets_v4.Schema$ConditionalFormatRule): string {
	return booleanRule?.condition?.values?.[0]?.userEnteredValue ?? '';
}

function colorOf({ booleanRule }: sheets_v4.Schema$ConditionalFormatRule): string {
	const { backgroundColorStyle, backgroundColor } = booleanRule?.format ?? {};
	const { red, green, blue } = backgroundColorStyle?.rgbColor ?? backgroundColor ?? {};
	const part = (one: number | null | undefined) =>
		Math.round((one ?? 0) * 255)
			.toString(16)
			.padStart(2, '0');
	return `#${part(red)}${part(green)}${part(blue)}`;
}
