/**
 * The grid: SlickGrid showing one worksheet, and what a person does in it. It knows no server; what is done it hands to its
 * callbacks, by the keys of rows and columns.
 */
import { SlickCellRangeSelector, SlickCellSelectionModel, SlickGrid, SlickRange } from 'slickgrid';
import { usedRows } from './book.js';
import { cellEditor } from './cell-editor.js';
import { fromClipboard, toHtml, toText } from './clipboard.js';
import { gridColumns, layout } from './grid-columns.js';
import { rowClasses } from './row-colors.js';
import { dragRows } from './row-drag.js';

/** Cells of SlickGrid's rows before the first column: the row's number. */
const NUMBER_CELLS = 1;

/**
 * @typedef {object} Callbacks
 * @property {(row: number, column: number, values: string[][]) => void} onWrite typed text from a cell on
 * @property {(rows: number[], columns: number[]) => void} onClear
 * @property {(rows: number[], before: number | null) => void} onMoveRows
 * @property {(text: string) => void} onLost what was typed into a row that is gone
 * @property {() => void} onPlace the selection changed
 */

export class SheetGrid {
	#grid;
	#callbacks;
	/** @type {import('./book.js').Worksheet | undefined} */
	#worksheet;
	#layout;
	/** The headers' texts, in lower case. */
	#names = [];
	/** A newer state in which rows moved, held back while somebody types. */
	#pending;
	#editedRowChanged = false;
	#resized = false;
	#selection = new SlickCellSelectionModel({
		selectActiveCell: true,
		cellRangeSelector: new SlickCellRangeSelector({ selectionCss: { border: '2px solid var(--accent)' } }),
	});
	#widths = new Map();

	/**
	 * @param {HTMLElement} container
	 * @param {string} nonce lets the style sheet of the columns' places pass the page's security policy
	 * @param {Callbacks} callbacks
	 */
	constructor(container, nonce, callbacks) {
		this.#callbacks = callbacks;
		const data = {
			getLength: () => this.#worksheet?.rows.length ?? 0,
			getItem: (index) => this.#worksheet?.rows[index],
			getItemMetadata: (index) => this.#rowMetadata(index),
		};
		this.#grid = new SlickGrid(container, data, [], {
			nonce,
			enableHtmlRendering: false,
			enableCellNavigation: true,
			enableColumnReorder: false,
			editable: true,
			autoEdit: false,
			rowHeight: 30,
			syncColumnCellResize: true,
		});
		container.setAttribute('aria-label', 'Cells');
		this.#grid.setSelectionModel(this.#selection);
		dragRows(container, {
			rowAt: (event) => this.#grid.getCellFromEvent(event)?.row,
			onOver: (before) => this.#showDrop(before),
			onDrop: (from, before) => this.#moveRows(from, before),
		});
		this.#grid.onKeyDown.subscribe((event) => this.#keyDown(event));
		this.#grid.onClick.subscribe((event, place) => this.#clicked(event, place));
		this.#grid.onHeaderClick.subscribe((_event, { column }) => this.#selectColumn(column));
		this.#grid.onColumnsResized.subscribe(() => {
			for (const { id, width } of this.#grid.getColumns()) this.#widths.set(id, width);
		});
		this.#grid.onBeforeEditCell.subscribe((_event, { cell }) => cell >= NUMBER_CELLS);
		this.#selection.onSelectedRangesChanged.subscribe(() => callbacks.onPlace());
		container.addEventListener('copy', (event) => this.#copy(event));
		container.addEventListener('cut', (event) => {
			if (this.#copy(event)) this.clear();
		});
		container.addEventListener('paste', (event) => this.#paste(event));
		new ResizeObserver(() => this.#resize()).observe(container);
	}

	/** Show a worksheet from the top. */
	show(worksheet) {
		this.#grid.getEditorLock().cancelCurrentEdit();
		this.#pending = undefined;
		this.#worksheet = worksheet;
		this.#layOut();
		this.#grid.invalidateAllRows();
		this.#grid.updateRowCount();
		this.#grid.render();
		this.#grid.setActiveCell(Math.min(worksheet.frozenRows, worksheet.rows.length - 1), NUMBER_CELLS);
	}

	/**
	 * Show what changed in the worksheet. While somebody is typing it waits, as the editor would lose its row.
	 *
	 * @param {{moved: boolean, rows: Set<number>} | undefined} change undefined when anything may have changed
	 */
	refresh(worksheet, change) {
		const simple = change !== undefined && !change.moved && this.#isLaidOutFor(worksheet);
		if (this.isEditing && (!simple || this.#pending)) {
			this.#pending = { worksheet };
			return;
		}
		const place = this.#place();
		this.#worksheet = worksheet;
		if (simple) {
			// The row that is edited is drawn anew when its editor closes.
			const edited = this.isEditing ? place?.row : undefined;
			const indexes = worksheet.rows.flatMap(({ key }, index) => (change.rows.has(key) ? [index] : []));
			if (indexes.includes(edited)) this.#editedRowChanged = true;
			this.#grid.invalidateRows(indexes.filter((index) => index !== edited));
		} else {
			this.#layOut();
			this.#grid.invalidateAllRows();
			this.#grid.updateRowCount();
		}
		this.#grid.render();
		if (place !== undefined && !simple) this.#follow(place);
	}

	get isEditing() {
		return this.#grid.getEditorLock().isActive();
	}

	focus() {
		this.#grid.setFocus();
	}

	/** The active cell: its place and its content; undefined without one. */
	get active() {
		const active = this.#grid.getActiveCell();
		const row = active && this.#worksheet?.rows[active.row];
		if (!row) return undefined;
		const column = active.cell - NUMBER_CELLS;
		return {
			row: active.row,
			column,
			rowKey: row.key,
			columnKey: this.#worksheet.columns[column],
			cell: row.cells[column] ?? null,
		};
	}

	/** What the error cell of the active row says; '' without one. */
	get rowError() {
		const row = this.#worksheet?.rows[this.active?.row ?? -1];
		if (!row || this.active.row < this.#worksheet.frozenRows) return '';
		return row.cells[this.#names.indexOf('error')]?.t ?? '';
	}

	/** What is selected, as indexes (ends included) and keys. */
	get selected() {
		const [range] = this.#selection.getSelectedRanges();
		const active = this.#grid.getActiveCell();
		if (!range && !active) return undefined;
		const { fromRow, toRow, fromCell, toCell } = range ?? new SlickRange(active.row, active.cell);
		const columns = this.#worksheet.columns.slice(
			Math.max(0, fromCell - NUMBER_CELLS),
			toCell - NUMBER_CELLS + 1,
		);
		const rows = this.#worksheet.rows.slice(fromRow, toRow + 1);
		return {
			fromRow,
			toRow,
			fromColumn: Math.max(0, fromCell - NUMBER_CELLS),
			toColumn: toCell - NUMBER_CELLS,
			rows,
			rowKeys: rows.map(({ key }) => key),
			columnKeys: columns,
		};
	}

	/** Go to a cell by its indexes. */
	goTo(row, column) {
		this.#grid.setActiveCell(row, column + NUMBER_CELLS);
	}

	/** Mark cells, by indexes. */
	highlight(cells) {
		const styles = {};
		for (const { row, column } of cells) {
			styles[row] ??= {};
			styles[row][`c${this.#worksheet.columns[column]}`] = 'found';
		}
		this.#grid.setCellCssStyles('found', styles);
	}

	clear() {
		const { rowKeys, columnKeys } = this.selected ?? {};
		if (rowKeys?.length && columnKeys?.length) this.#callbacks.onClear(rowKeys, columnKeys);
	}

	/** Whether SlickGrid has the columns, the headers and the frozen rows of a worksheet. */
	#isLaidOutFor(worksheet) {
		return JSON.stringify(layout(worksheet)) === JSON.stringify(this.#layout);
	}

	#layOut() {
		if (this.#isLaidOutFor(this.#worksheet)) return;
		const frozenBefore = this.#layout?.frozenRows;
		this.#layout = layout(this.#worksheet);
		const { columns, names, frozenRows } = this.#layout;
		this.#names = names;
		this.#grid.setColumns(
			gridColumns(columns, names, {
				widths: this.#widths,
				editor: () => this.#editor(),
				worksheet: () => this.#worksheet,
			}),
		);
		if (frozenBefore !== frozenRows) {
			this.#grid.setOptions({ frozenRow: frozenRows > 0 ? frozenRows : -1, frozenColumn: 0 });
		}
	}

	#rowMetadata(index) {
		const row = this.#worksheet?.rows[index];
		if (!row) return undefined;
		if (index < this.#worksheet.frozenRows) return { cssClasses: 'frozen-row' };
		return { cssClasses: rowClasses(this.#worksheet, this.#names, index) };
	}

	#editor(typed) {
		const { onWrite, onLost } = this.#callbacks;
		const onCommit = (row, column, text) => {
			// The row may have gone while somebody typed into it.
			const there = (this.#pending?.worksheet ?? this.#worksheet).rows.some(({ key }) => key === row);
			if (there) onWrite(row, column, [[text]]);
			else onLost(text);
		};
		return cellEditor({ onCommit, onClosed: () => this.#catchUp() }, typed);
	}

	#catchUp() {
		if (this.isEditing) return;
		const pending = this.#pending;
		this.#pending = undefined;
		if (pending) this.refresh(pending.worksheet, undefined);
		else if (this.#editedRowChanged) {
			this.#grid.invalidateAllRows();
			this.#grid.render();
		}
		this.#editedRowChanged = false;
		if (this.#resized) this.#resize();
	}

	/** SlickGrid closes the editor when it is resized, so that waits too. */
	#resize() {
		this.#resized = this.isEditing;
		if (!this.#resized) this.#grid.resizeCanvas();
	}

	/** The active cell and the selection, by keys. */
	#place() {
		const { rowKey, columnKey, row } = this.active ?? {};
		return rowKey === undefined ? undefined : { rowKey, columnKey, row };
	}

	/** Stay on the row although it moved. */
	#follow({ rowKey, columnKey, row }) {
		const index = this.#worksheet.rows.findIndex(({ key }) => key === rowKey);
		const column = Math.max(0, this.#worksheet.columns.indexOf(columnKey));
		const at = index === -1 ? Math.min(row, this.#worksheet.rows.length - 1) : index;
		this.#grid.setActiveCell(at, column + NUMBER_CELLS);
	}

	/** A line above the row before which the dragged ones would go. */
	#showDrop(before) {
		const classes = Object.fromEntries(this.#grid.getColumns().map(({ id }) => [id, 'drop-before']));
		this.#grid.setCellCssStyles('drop', before === undefined ? {} : { [before]: classes });
	}

	/** The selected rows, if the dragged one is among them, or that one alone. */
	#moveRows(from, before) {
		const { rows } = this.#worksheet;
		const { fromRow, toRow } = this.selected ?? { fromRow: from, toRow: from };
		const [first, last] = fromRow <= from && from <= toRow ? [fromRow, toRow] : [from, from];
		if (before >= first && before <= last + 1) return;
		const keys = rows.slice(first, last + 1).map(({ key }) => key);
		this.#callbacks.onMoveRows(keys, rows[before]?.key ?? null);
	}

	#selectColumn({ position }) {
		if (position === undefined) return;
		const last = Math.max(usedRows(this.#worksheet), 2) - 1;
		this.#grid.setActiveCell(this.active?.row ?? 0, position + NUMBER_CELLS);
		this.#select(0, position + NUMBER_CELLS, last, position + NUMBER_CELLS);
	}

	#select(fromRow, fromCell, toRow, toCell) {
		this.#selection.setSelectedRanges([new SlickRange(fromRow, fromCell, toRow, toCell)]);
	}

	#clicked(event, { row, cell }) {
		const lastCell = this.#worksheet.columns.length + NUMBER_CELLS - 1;
		const active = this.#grid.getActiveCell();
		if (cell < NUMBER_CELLS) {
			event.stopImmediatePropagation();
			const from = event.shiftKey && active ? active.row : row;
			if (from === row) this.#grid.setActiveCell(row, NUMBER_CELLS);
			this.#grid.setFocus();
			this.#select(from, NUMBER_CELLS, row, lastCell);
		} else if (event.shiftKey && active) {
			event.stopImmediatePropagation();
			this.#select(active.row, active.cell, row, cell);
		} else if (event.target instanceof HTMLInputElement && event.target.type === 'checkbox') {
			this.#grid.setActiveCell(row, cell);
			this.#grid.setFocus();
			this.#tick(event.target.checked);
		}
	}

	#tick(checked) {
		const { rowKey, columnKey } = this.active;
		this.#callbacks.onWrite(rowKey, columnKey, [[checked ? 'TRUE' : 'FALSE']]);
	}

	#keyDown(event) {
		if (this.isEditing || !this.active) return;
		const { key } = event;
		const native = event.getNativeEvent();
		const plain = !native.ctrlKey && !native.metaKey && !native.altKey;
		const control = (native.ctrlKey || native.metaKey) && !native.altKey;
		const stop = () => {
			event.preventDefault();
			event.stopImmediatePropagation();
		};
		if (plain && (key === 'Delete' || key === 'Backspace')) {
			stop();
			this.clear();
		} else if (plain && key === ' ' && this.#activeBox()) {
			stop();
			this.#tick(!this.#activeBox().checked);
		} else if (plain && (key === 'Enter' || key === 'F2')) {
			stop();
			this.#grid.editActiveCell(this.#editor());
		} else if (plain && key.length === 1) {
			stop();
			this.#grid.editActiveCell(this.#editor(key));
		} else if (control && key.toLowerCase() === 'a') {
			stop();
			const last = Math.max(1, usedRows(this.#worksheet));
			this.#select(0, NUMBER_CELLS, last - 1, Math.max(this.#usedColumns(), 1));
		} else if (plain && native.shiftKey && key === ' ') {
			stop();
			const { fromRow, toRow } = this.selected;
			this.#select(fromRow, NUMBER_CELLS, toRow, this.#worksheet.columns.length);
		}
	}

	#usedColumns() {
		return this.#worksheet.rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
	}

	/** @returns {HTMLInputElement | null} */
	#activeBox() {
		return this.#grid.getActiveCellNode()?.querySelector('input[type="checkbox"]') ?? null;
	}

	#copy(event) {
		if (this.isEditing || !this.selected) return false;
		const { rows, fromColumn, toColumn } = this.selected;
		const texts = rows.map(({ cells }) =>
			Array.from({ length: toColumn - fromColumn + 1 }, (_, index) => cells[fromColumn + index]?.t ?? ''),
		);
		event.clipboardData.setData('text/plain', toText(texts));
		event.clipboardData.setData('text/html', toHtml(texts));
		event.preventDefault();
		return true;
	}

	#paste(event) {
		if (this.isEditing || !this.selected) return;
		event.preventDefault();
		const values = fromClipboard(event.clipboardData);
		const { fromRow, toRow, fromColumn, toColumn, rowKeys, columnKeys } = this.selected;
		// One cell fills all that is selected, as in every spreadsheet.
		const single = values.length === 1 && values[0].length === 1;
		const filled = single
			? Array.from({ length: toRow - fromRow + 1 }, () =>
					new Array(toColumn - fromColumn + 1).fill(values[0][0]),
				)
			: values;
		if (filled.some((row) => row.length > 0)) this.#callbacks.onWrite(rowKeys[0], columnKeys[0], filled);
	}
}
