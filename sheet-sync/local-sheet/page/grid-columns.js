/** The columns of the grid: how wide, how shown, and the row's number before them. */
import { columnLetters, columnName } from './book.js';
import { shownContent } from './cell-content.js';

/** Width of a column in pixels, by its header; others are 110. */
const WIDTHS = {
	start: 165,
	end: 165,
	description: 280,
	notes: 160,
	error: 320,
	video: 200,
	tags: 120,
	priority: 80,
	'allow holes': 105,
	'upload location': 140,
	'video start': 175,
	'video end': 175,
	'video title': 200,
	'video description': 200,
	submit: 80,
	'edit link': 90,
	id: 95,
};

/** What the columns are made of: as long as it is the same, they are. */
export function layout(worksheet) {
	const { columns, frozenRows } = worksheet;
	return { columns, frozenRows, names: columns.map((_key, index) => columnName(worksheet, index)) };
}

/**
 * SlickGrid's columns.
 *
 * @param {number[]} columns keys
 * @param {string[]} names the headers' texts, in lower case
 * @param {object} grid
 * @param {Map<string, number>} grid.widths that people chose, by the column's id
 * @param {() => unknown} grid.editor
 * @param {() => import('./book.js').Worksheet} grid.worksheet as it is when a cell is drawn
 */
export function gridColumns(columns, names, { widths, editor, worksheet }) {
	const number = {
		id: 'number',
		name: '',
		field: 'key',
		width: 52,
		selectable: false,
		focusable: false,
		resizable: false,
		cssClass: 'row-number',
		formatter: (row) => String(row + 1),
	};
	const shown = columns.map((key, index) => ({
		id: `c${key}`,
		columnKey: key,
		position: index,
		name: columnLetters(index),
		toolTip: worksheet().rows[0]?.cells[index]?.t ?? '',
		field: 'key',
		width: widths.get(`c${key}`) ?? WIDTHS[names[index]] ?? 110,
		minWidth: 40,
		// SlickGrid lets a drag begin on what is inside of a cell only if the cell is called `dnd`.
		cssClass: `dnd column-${/^[a-z ]+$/.test(names[index]) ? names[index].replaceAll(' ', '-') : 'other'}`,
		editor: editor(),
		formatter: (row, _cell, _value, _column, item) => {
			const header = row < worksheet().frozenRows ? '' : names[index];
			return shownContent(item.cells[index] ?? null, header, item.cells.length > 0);
		},
	}));
	return [number, ...shown];
}
