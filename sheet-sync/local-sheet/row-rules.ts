/**
 * Conditional formatting, as much of it as the sync asks for: rows get a background by what one of their cells says. The
 * API's own form are formulas (`=$E2="EDITED"`); here a rule names its column by key, so that it goes with the column as
 * it does in Google's sheets.
 */
import { z } from 'zod';
import { columnLetters } from '../columns.ts';
import { invalid } from './api-error.ts';
import { gridRangeSchema } from './ranges.ts';
import type { RowRule, Workbook, Worksheet } from './workbook.ts';
import { withWorksheet, worksheetById } from './workbook.ts';

const part = z.number().min(0).max(1).optional();
const colorSchema = z.strictObject({ red: part, green: part, blue: part, alpha: part });
const ruleSchema = z.strictObject({
	ranges: z.array(gridRangeSchema).length(1),
	booleanRule: z.strictObject({
		condition: z.strictObject({
			type: z.literal('CUSTOM_FORMULA'),
			values: z.array(z.strictObject({ userEnteredValue: z.string() })).length(1),
		}),
		format: z.strictObject({
			backgroundColor: colorSchema.optional(),
			backgroundColorStyle: z.strictObject({ rgbColor: colorSchema }).optional(),
		}),
	}),
});
export const addRuleBody = z.strictObject({ rule: ruleSchema, index: z.int().min(0).optional() });
export const deleteRuleBody = z.strictObject({
	index: z.int().min(0).default(0),
	sheetId: z.int().min(0).default(0),
});

const FORMULA =
	/^=(?:\$([A-Z]{1,3})(\d+)(?:<>""|="([^"]*)")|LEFT\(\$([A-Z]{1,3})(\d+),\s*(\d+)\)="([^"]+)")$/;

export function addRule(workbook: Workbook, { rule, index }: z.infer<typeof addRuleBody>): Workbook {
	const [range] = rule.ranges;
	const worksheet = worksheetById(workbook, range?.sheetId ?? 0);
	const { condition, format } = rule.booleanRule;
	const startRow = range?.startRowIndex ?? 0;
	const formula = condition.values[0]?.userEnteredValue ?? '';
	const match = FORMULA.exec(formula);
	const [, whole, wholeRow, wholeText, begin, beginRow, length, beginText] = match ?? [];
	const column = worksheet.columns.find((_key, place) => columnLetters(place) === (whole ?? begin));
	const begins = beginText === undefined || beginText.length === Number(length);
	if (column === undefined || !begins || Number(wholeRow ?? beginRow) !== startRow + 1) {
		throw invalid(
			`Invalid conditional format rule: the local sheet knows =$E2="text", =LEFT($E2,4)="text" and =$E2<>"" for rows from that one on, not ${formula}.`,
		);
	}
	const text = wholeText ?? beginText;
	const made: RowRule = {
		column,
		...(text === undefined ? {} : { text, whole: wholeText !== undefined }),
		color: hex(format.backgroundColorStyle?.rgbColor ?? format.backgroundColor ?? {}),
		startRow,
	};
	const rules = [...(worksheet.rules ?? [])];
	rules.splice(index ?? rules.length, 0, made);
	return withWorksheet(workbook, { ...worksheet, rules });
}

export function deleteRule(workbook: Workbook, { sheetId, index }: z.infer<typeof deleteRuleBody>): Workbook {
	const worksheet = worksheetById(workbook, sheetId);
	const { rules = [] } = worksheet;
	if (rules[index] === undefined)
		throw invalid(`No conditional format on sheet: ${sheetId} at index: ${index}`);
	return withWorksheet(workbook, { ...worksheet, rules: rules.toSpliced(index, 1) });
}

/** As the API tells of them. */
export function rulesReply({ sheetId, rules = [], columns, rows }: Worksheet): object[] {
	return rules.map(({ column, text, whole, color, startRow }) => {
		const place = columns.indexOf(column);
		const cell = `$${place === -1 ? '#REF!' : columnLetters(place)}${startRow + 1}`;
		const formula =
			text === undefined
				? `=${cell}<>""`
				: whole
					? `=${cell}="${text}"`
					: `=LEFT(${cell},${text.length})="${text}"`;
		const rgbColor = fromHex(color);
		return {
			ranges: [
				{
					sheetId,
					startRowIndex: startRow,
					endRowIndex: rows.length,
					startColumnIndex: 0,
					endColumnIndex: columns.length,
				},
			],
			booleanRule: {
				condition: { type: 'CUSTOM_FORMULA', values: [{ userEnteredValue: formula }] },
				format: { backgroundColor: rgbColor, backgroundColorStyle: { rgbColor } },
			},
		};
	});
}

function hex({ red = 0, green = 0, blue = 0 }: z.infer<typeof colorSchema>): string {
	const parts = [red, green, blue].map((one) => Math.round(one * 255));
	return `#${parts.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
}

function fromHex(color: string): { red: number; green: number; blue: number } {
	const at = (index: number) => Number.parseInt(color.slice(index, index + 2), 16) / 255;
	return { red: at(1), green: at(3), blue: at(5) };
}
