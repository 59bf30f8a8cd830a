/** What stands around the grid: the spreadsheet's name, the worksheets' tabs, and the line about the selected cell. */
import { columnLetters } from './book.js';

const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import('./book.js').Book} book
 * @param {number} sheetId of the worksheet that is shown
 * @param {{onChoose: (worksheet: import('./book.js').Worksheet) => void, onRename: (worksheet: import('./book.js').Worksheet) => void}} does
 */
export function showBook(book, sheetId, { onChoose, onRename }) {
	document.title = book.title;
	element('title').textContent = book.title;
	element('title').title = book.title;
	element('time-zone').textContent = book.timeZone;
	const exported = `page/spreadsheets/${encodeURIComponent(book.id)}/export`;
	element('export-csv').href = `${exported}.csv?sheetId=${sheetId}`;
	element('export-xlsx').href = `${exported}.xlsx`;
	const tabs = book.worksheets.map((worksheet) => {
		const tab = document.createElement('button');
		tab.type = 'button';
		tab.role = 'tab';
		tab.textContent = worksheet.title;
		tab.title = `${worksheet.title}\nDouble-click to rename`;
		tab.setAttribute('aria-selected', String(worksheet.sheetId === sheetId));
		tab.addEventListener('click', () => onChoose(worksheet));
		tab.addEventListener('dblclick', () => onRename(worksheet));
		return tab;
	});
	element('tabs').replaceChildren(...tabs);
}

/**
 * The line above the grid: which cell is selected, all of its text, and what is wrong with its row.
 *
 * @param {import('./grid.js').SheetGrid} grid
 */
export function showSelection(grid) {
	const active = grid.active;
	const { fromRow, toRow, fromColumn, toColumn } = grid.selected ?? {};
	if (!active) return;
	const name = (row, column) => `${columnLetters(column)}${row + 1}`;
	const single = fromRow === toRow && fromColumn === toColumn;
	const place = single
		? name(active.row, active.column)
		: `${name(fromRow, fromColumn)}:${name(toRow, toColumn)}`;
	element('cell-place').textContent = place;
	element('cell-text').textContent = single
		? (active.cell?.t ?? '')
		: `${toRow - fromRow + 1} × ${toColumn - fromColumn + 1} cells`;
	element('cell-text').classList.toggle('empty', single && !active.cell);
	element('row-error').textContent = grid.rowError === active.cell?.t ? '' : grid.rowError;
}
