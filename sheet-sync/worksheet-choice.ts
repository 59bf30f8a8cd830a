/** Which worksheets are synced, and what the times in them count from. */

export interface WorksheetChoice {
	sheetId: number;
	title: string;
	/** The instant (ms) that `HH:MM` counts from, or null. */
	countFrom: number | null;
	/** Which row holds the headers, counted from 1. */
	headerRow: number;
}

export interface ChoiceOptions {
	/** Titles, `*` standing for any text; undefined is all. */
	worksheets: readonly string[] | undefined;
	start: Date | undefined;
	worksheetStarts: Readonly<Record<string, Date>>;
	headerRow: number;
	worksheetHeaderRows: Readonly<Record<string, number>>;
}

/**
 * Choose among the worksheets of a spreadsheet.
 *
 * @param before what was chosen at the last look: a worksheet that was renamed since stays chosen, and keeps its settings
 */
export function chooseWorksheets(
	worksheets: readonly { sheetId: number; title: string }[],
	before: readonly WorksheetChoice[],
	options: ChoiceOptions,
): WorksheetChoice[] {
	const patterns = options.worksheets?.map(titlePattern);
	const starts = byTitle(options.worksheetStarts);
	const headerRows = byTitle(options.worksheetHeaderRows);
	return worksheets.flatMap(({ sheetId, title }) => {
		const known = before.find((one) => one.sheetId === sheetId);
		const chosen =
			known !== undefined || patterns === undefined || patterns.some((one) => one.test(normalize(title)));
		if (!chosen) return [];
		const own = starts.get(normalize(title))?.getTime() ?? known?.countFrom;
		const countFrom = own ?? options.start?.getTime() ?? null;
		const headerRow = headerRows.get(normalize(title)) ?? known?.headerRow ?? options.headerRow;
		return [{ sheetId, title, countFrom, headerRow }];
	});
}

/** Titles that are asked for and match no worksheet. */
export function missingWorksheets(
	chosen: readonly WorksheetChoice[],
	titles: readonly string[] = [],
): string[] {
	return titles.filter((title) => !chosen.some((one) => titlePattern(title).test(normalize(one.title))));
}

function byTitle<T>(settings: Readonly<Record<string, T>>): Map<string, T> {
	return new Map(Object.entries(settings).map(([title, value]) => [normalize(title), value]));
}

function normalize(title: string): string {
	return title.trim().toLowerCase();
}

function titlePattern(title: string): RegExp {
	const escaped = normalize(title)
		.split('*')
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${escaped.join('.*')}$`, 's');
}
