/** The spreadsheet as the page last heard of it. Rows and columns have keys that stay theirs when they move. */

/** @typedef {{t: string, k: 'text' | 'number' | 'checkbox', e?: string} | null} ShownCell */
/** @typedef {{key: number, cells: ShownCell[]}} ShownRow */
/** @typedef {{sheetId: number, title: string, frozenRows: number, rules: object[], columns: number[], rows: ShownRow[]}} Worksheet */
/** @typedef {{version: number, id: string, title: string, timeZone: string, worksheets: Worksheet[]}} Book */

/**
 * Take in a change that the server tells.
 *
 * @param {Book} book
 * @returns {Map<number, {book: Book, moved: boolean, rows: Set<number>}> | undefined} undefined when the book must be read
 *   anew; else by sheet id whether rows came, went or moved, and the keys of the rows whose cells changed
 */
export function applyMessage(book, message) {
	const old = new Map(book.worksheets.map((worksheet) => [worksheet.sheetId, worksheet]));
	if (!message.worksheets || message.version !== book.version + 1) return undefined;
	if (message.worksheets.some(({ sheetId, stale }) => stale || !old.has(sheetId))) return undefined;
	const changes = new Map();
	const worksheets = message.worksheets.map(({ rows, order, ...shape }) => {
		const worksheet = old.get(shape.sheetId);
		if (rows.length === 0 && !order) {
			const recolored = JSON.stringify(worksheet.rules) !== JSON.stringify(shape.rules);
			if (recolored) changes.set(shape.sheetId, { moved: true, rows: new Set() });
			return { ...worksheet, ...shape };
		}
		changes.set(shape.sheetId, { moved: Boolean(order), rows: new Set(rows.map(({ key }) => key)) });
		const fresh = new Map(rows.map((row) => [row.key, row]));
		const known = new Map(order && worksheet.rows.map((row) => [row.key, row]));
		const current = (key) => fresh.get(key) ?? known.get(key) ?? { key, cells: [] };
		const next = worksheet.rows.map((row) => fresh.get(row.key) ?? row);
		// Not spread into splice: 20,000 sorted rows would be as many arguments.
		const ordered = order
			? [...next.slice(0, order.start), ...order.keys.map(current), ...next.slice(order.start + order.remove)]
			: next;
		return { ...worksheet, ...shape, rows: ordered };
	});
	Object.assign(book, message, { worksheets });
	return changes;
}

/** How many rows are in use: up to the last one with something in it. */
export function usedRows({ rows }) {
	return rows.findLastIndex(({ cells }) => cells.length > 0) + 1;
}

/** The text of a column's header, in lower case; it decides how the column looks. */
export function columnName({ rows }, column) {
	return (rows[0]?.cells[column]?.t ?? '').trim().toLowerCase();
}

/** 0 → `A`, 26 → `AA`. */
export function columnLetters(position) {
	let letters = '';
	for (let rest = position + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
		letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
	}
	return letters;
}
