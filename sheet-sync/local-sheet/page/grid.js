/**
 * The grid: cells of one worksheet, moved in with the keyboard or the mouse, edited in place. It knows no server; what
 * a person does it hands to its callbacks. Text of cells only ever becomes text nodes.
 */

/** Empty rows shown below the last one used, to write into. */
const SPARE_ROWS = 20;

/** @typedef {{t: string, k: 'text' | 'number' | 'checkbox', e?: string} | null} ShownCell */
/** @typedef {{key: number | undefined, cells: ShownCell[]}} ShownRow one without a key was empty when last heard of */
/** @typedef {{sheetId: number, title: string, rowCount: number, columnCount: number, rows: ShownRow[]}} Worksheet */

export class Grid {
	#table;
	#head;
	#body;
	#onEdit;
	#onPaste;
	/** @type {Worksheet | undefined} */
	#worksheet;
	#selected = { row: 1, column: 0 };
	/** @type {HTMLTextAreaElement | undefined} */
	#editor;
	/** The key of the row that is edited. */
	#editedKey;
	/** Whether something changed that was not shown, as somebody was typing. */
	#behind = false;
	#onLost;

	/**
	 * @param {HTMLTableElement} table
	 * @param {{onEdit: (row: number, column: number, text: string) => void, onPaste: (row: number, column: number, rows: string[][]) => void, onLost: (text: string) => void}} callbacks
	 *   rows and columns are counted from 0
	 */
	constructor(table, { onEdit, onPaste, onLost }) {
		this.#table = table;
		table.setAttribute('role', 'grid');
		this.#head = table.createTHead();
		this.#body = table.createTBody();
		this.#onEdit = onEdit;
		this.#onPaste = onPaste;
		this.#onLost = onLost;
		table.addEventListener('keydown', (event) => this.#keyDown(event));
		table.addEventListener('mousedown', (event) => this.#mouseDown(event));
		table.addEventListener('dblclick', (event) => {
			if (this.#place(event.target)) this.#edit();
		});
		table.addEventListener('change', (event) => this.#ticked(event));
		table.addEventListener('focusin', (event) => {
			const place = this.#place(event.target);
			if (place) this.#mark(place);
		});
		table.addEventListener('copy', (event) => this.#copied(event));
		table.addEventListener('paste', (event) => this.#pasted(event));
	}

	/** The row that is selected, counted from 0. */
	get selectedRow() {
		return this.#selected.row;
	}

	/** @param {Worksheet} worksheet */
	show(worksheet) {
		const hadFocus = this.#table.contains(document.activeElement) && !this.#editor;
		const other = this.#worksheet?.sheetId !== worksheet.sheetId;
		// What somebody is typing survives that others change the sheet.
		if (this.#editor && !other) {
			this.#worksheet = worksheet;
			this.#behind = true;
			return;
		}
		this.#editor = undefined;
		this.#worksheet = worksheet;
		if (other) this.#selected = { row: Math.min(1, worksheet.rowCount - 1), column: 0 };
		this.#head.replaceChildren(this.#row(0));
		const shown = Math.min(worksheet.rowCount, Math.max(worksheet.rows.length, 1) + SPARE_ROWS);
		this.#body.replaceChildren(
			...Array.from({ length: Math.max(0, shown - 1) }, (_, index) => this.#row(index + 1)),
		);
		this.select(this.#selected.row, this.#selected.column, hadFocus);
	}

	/**
	 * Show rows anew that somebody changed.
	 * @param {Worksheet} worksheet
	 * @param {number[]} rows
	 */
	refresh(worksheet, rows) {
		const shown = this.#head.rows.length + this.#body.rows.length;
		const spare = Math.min(worksheet.rowCount, worksheet.rows.length + SPARE_ROWS);
		if (rows.includes(0) || spare > shown) return this.show(worksheet);
		this.#worksheet = worksheet;
		for (const index of rows) {
			const old = this.#body.rows[index - 1];
			if (this.#editor && old?.contains(this.#editor)) this.#behind = true;
			if (!old || this.#behind) continue;
			const hadFocus = old.contains(document.activeElement);
			const fresh = this.#row(index);
			fresh.classList.add('fresh');
			old.replaceWith(fresh);
			if (index === this.#selected.row) this.select(index, this.#selected.column, hadFocus);
		}
	}

	/** Select a cell, as far as it is on the grid. */
	select(row, column, focus = true) {
		const last = this.#body.rows.length;
		const place = {
			row: Math.max(0, Math.min(row, last)),
			column: Math.max(0, Math.min(column, (this.#head.rows[0]?.cells.length ?? 2) - 2)),
		};
		this.#mark(place);
		if (focus) this.#cellAt(place)?.focus({ preventScroll: false });
	}

	#mark(place) {
		const before = this.#cellAt(this.#selected);
		if (before) before.tabIndex = -1;
		this.#selected = place;
		const cell = this.#cellAt(place);
		if (cell) cell.tabIndex = 0;
	}

	#cellAt({ row, column }) {
		const line = row === 0 ? this.#head.rows[0] : this.#body.rows[row - 1];
		return line?.cells[column + 1];
	}

	#place(target) {
		const cell = target instanceof Element ? target.closest('[data-place]') : null;
		if (!(cell instanceof HTMLTableCellElement)) return undefined;
		const line = /** @type {HTMLTableRowElement} */ (cell.parentElement);
		return { row: line.rowIndex, column: cell.cellIndex - 1 };
	}

	/** The header row decides how its columns look: by its text, in lower case. */
	#columnName(column) {
		return (this.#worksheet?.rows[0]?.cells[column]?.t ?? '').trim().toLowerCase();
	}

	#row(index) {
		const line = document.createElement('tr');
		const number = document.createElement('th');
		number.className = 'number';
		number.scope = 'row';
		number.textContent = String(index + 1);
		line.append(number);
		const cells = this.#worksheet?.rows[index]?.cells ?? [];
		for (let column = 0; column < this.#columns(); column++) {
			const cell = document.createElement(index === 0 ? 'th' : 'td');
			cell.dataset.place = '';
			cell.dataset.column = this.#columnName(column);
			cell.tabIndex = -1;
			cell.setAttribute('role', index === 0 ? 'columnheader' : 'gridcell');
			cell.append(...shownContent(cells[column] ?? null, index === 0 ? '' : this.#columnName(column)));
			line.append(cell);
		}
		return line;
	}

	/** Columns in use and two to write into. */
	#columns() {
		const used = Math.max(0, ...(this.#worksheet?.rows ?? []).map((row) => row.cells.length));
		return Math.min(this.#worksheet?.columnCount ?? 0, used + 2);
	}

	#mouseDown(event) {
		const place = this.#place(event.target);
		if (!place || event.target instanceof HTMLTextAreaElement) return;
		this.#finish(true);
		if (event.target instanceof HTMLInputElement || event.target instanceof HTMLAnchorElement) return;
		event.preventDefault();
		this.select(place.row, place.column);
	}

	#keyDown(event) {
		if (event.target instanceof HTMLTextAreaElement) return this.#editorKey(event);
		const { row, column } = this.#selected;
		const steps = {
			ArrowUp: [-1, 0],
			ArrowDown: [1, 0],
			ArrowLeft: [0, -1],
			ArrowRight: [0, 1],
			PageUp: [-15, 0],
			PageDown: [15, 0],
			Home: [0, -column],
			End: [0, this.#columns()],
		};
		const step = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined;
		const cell = this.#worksheet?.rows[row]?.cells[column] ?? null;
		if (step && !event.ctrlKey && !event.metaKey && !event.altKey)
			this.select(row + step[0], column + step[1]);
		else if (event.key === 'Enter' || event.key === 'F2') this.#edit();
		else if (event.key === 'Delete' || event.key === 'Backspace') this.#onEdit(row, column, '');
		else if (event.key === ' ' && cell?.k === 'checkbox')
			this.#onEdit(row, column, cell.t === 'TRUE' ? 'FALSE' : 'TRUE');
		else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)
			this.#edit(event.key);
		else return;
		event.preventDefault();
	}

	#editorKey(event) {
		const editor = /** @type {HTMLTextAreaElement} */ (event.target);
		if (event.isComposing) return;
		const { column } = this.#selected;
		if (event.key === 'Escape') {
			this.#finish(false);
			this.select(this.#selected.row, column);
		} else if (event.key === 'Enter' && (event.ctrlKey || event.altKey || event.shiftKey)) {
			editor.setRangeText('\n', editor.selectionStart, editor.selectionEnd, 'end');
		} else if (event.key === 'Enter' || event.key === 'Tab') {
			this.#finish(true);
			const { row } = this.#selected;
			if (event.key === 'Enter') this.select(row + 1, column);
			else this.select(row, column + (event.shiftKey ? -1 : 1));
		} else return;
		event.preventDefault();
	}

	/** Open the editor in the selected cell, on its text or on the first character typed. */
	#edit(typed) {
		const { row, column } = this.#selected;
		const cell = this.#cellAt(this.#selected);
		if (!cell || this.#editor) return;
		const shown = this.#worksheet?.rows[row]?.cells[column];
		const before = shown?.e ?? shown?.t ?? '';
		this.#editedKey = this.#worksheet?.rows[row]?.key;
		const editor = document.createElement('textarea');
		editor.className = 'editor';
		editor.rows = 1;
		editor.value = typed ?? before;
		editor.dataset.before = before;
		editor.setAttribute(
			'aria-label',
			`Row ${row + 1}, ${this.#columnName(column) || `column ${column + 1}`}`,
		);
		editor.addEventListener('blur', () => this.#finish(true));
		this.#editor = editor;
		cell.replaceChildren(editor);
		editor.focus();
		if (typed === undefined) editor.select();
	}

	/** Close the editor and hand on what was typed, unless it is given up or nothing changed. */
	#finish(keep) {
		const editor = this.#editor;
		const worksheet = this.#worksheet;
		if (!editor || !worksheet) return;
		this.#editor = undefined;
		const place = this.#place(editor) ?? this.#selected;
		const text = keep && editor.value !== editor.dataset.before ? editor.value : undefined;
		const kept = worksheet.rows[place.row]?.cells[place.column] ?? null;
		const shown = text === undefined ? kept : { t: text, k: /** @type {const} */ ('text') };
		const header = place.row === 0 ? '' : this.#columnName(place.column);
		this.#cellAt(place)?.replaceChildren(...shownContent(shown, header));
		// The row may have moved meanwhile; its key tells where to.
		const moved = worksheet.rows.findIndex(({ key }) => key !== undefined && key === this.#editedKey);
		const row = this.#editedKey === undefined ? place.row : moved;
		if (this.#behind) {
			this.#behind = false;
			this.show(worksheet);
			if (row >= 0) this.select(row, place.column, false);
		}
		if (text === undefined) return;
		if (row < 0) this.#onLost(text);
		else this.#onEdit(row, place.column, text);
	}

	#ticked(event) {
		const place = this.#place(event.target);
		if (!place || !(event.target instanceof HTMLInputElement)) return;
		this.#onEdit(place.row, place.column, event.target.checked ? 'TRUE' : 'FALSE');
	}

	#copied(event) {
		if (event.target instanceof HTMLTextAreaElement) return;
		const { row, column } = this.#selected;
		event.clipboardData?.setData('text/plain', this.#worksheet?.rows[row]?.cells[column]?.t ?? '');
		event.preventDefault();
	}

	#pasted(event) {
		if (event.target instanceof HTMLTextAreaElement) return;
		const text = event.clipboardData?.getData('text/plain').replace(/\r\n?/g, '\n').replace(/\n$/, '') ?? '';
		event.preventDefault();
		if (text === '') return;
		const rows = text.split('\n').map((line) => line.split('\t'));
		this.#onPaste(this.#selected.row, this.#selected.column, rows);
	}
}

/**
 * A cell as people read it best: states as a label, links to click, times without the ISO's letters, ids cut short.
 * @param {ShownCell} cell
 * @param {string} column
 */
function shownContent(cell, column) {
	const content = document.createElement('div');
	content.className = 'cell';
	if (!cell) return [content];
	if (cell.k === 'checkbox') {
		const box = document.createElement('input');
		box.type = 'checkbox';
		box.checked = cell.t === 'TRUE';
		box.tabIndex = -1;
		box.setAttribute('aria-label', column);
		content.append(box);
		return [content];
	}
	if (cell.k === 'number') content.classList.add('number-value');
	const isoTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)Z?$/.exec(cell.t);
	if (/^https?:\/\/\S+$/.test(cell.t)) {
		const link = document.createElement('a');
		link.href = cell.t;
		link.target = '_blank';
		link.rel = 'noopener noreferrer';
		link.textContent = cell.t.replace(/^https?:\/\//, '');
		content.append(link);
	} else if (column === 'state' && cell.t !== '') {
		const label = document.createElement('span');
		label.className = 'state';
		label.dataset.state = cell.t.split(' ', 1)[0];
		label.textContent = cell.t;
		content.append(label);
	} else if (isoTime) {
		content.textContent = `${isoTime[1]} ${isoTime[2]}`;
		content.title = cell.t;
	} else if (column === 'id' && cell.t.length > 12) {
		content.textContent = `${cell.t.slice(0, 8)}…`;
		content.title = cell.t;
	} else {
		content.textContent = cell.t;
	}
	return [content];
}
