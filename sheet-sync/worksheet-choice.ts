/** Which worksheets are synced, and what the times in them count from. */

export interface WorksheetChoice {
	sheetId: number;
	title: string;
	/** The instant (ms) that `HH:MM` counts from, or null. */
	countFrom: number | null;
}

export interface ChoiceOptions {
	/** Titles, `*` standing for any text; undefined is all. */
	worksheets: readonly string[] | undefined;
	start: Date | undefined;
	worksheetStarts: Readonly<Record<string, Date>>;
}

/**
 * Choose among the worksheets of a spreadsheet.
 *
 * @param before what was chosen at the last look: a worksheet that was renamed since stays chosen, and keeps its start
 */
export function chooseWorksheets(
	worksheets: readonly { sheetId: number; title: string }[],
	before: readonly WorksheetChoice[],
	options: ChoiceOptions,
): WorksheetChoice[] {
	const patterns = options.worksheets?.map(titlePattern);
	const starts = new Map(
		Object.entries(options.worksheetStarts).map(([title, start]) => [normalize(title), start]),
	);
	return worksheets.flatMap(({ sheetId, title }) => {
		const known = before.find((one) => one.sheetId === sheetId);
		const chosen =
			known !== undefined || patterns === undefined || patterns.some((one) => one.test(normalize(title)));
		if (!chosen) return [];
		const own = starts.get(normalize(title))?.getTime() ?? known?.countFrom;
		return [{ sheetId, title, countFrom: own ?? options.start?.getTime() ?? null }];
	});
}

/** Titles that are asked for and match no worksheet. */
export function missingWorksheets(
	chosen: readonly WorksheetChoice[],
	titles: readonly string[] = [],
): string[] {
	return titles.filter((title) => !chosen.some((one) => titlePattern(title).test(normalize(one.title))));
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
