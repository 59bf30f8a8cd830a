/** The editor of a cell, as SlickGrid makes them. What is typed goes to the row that was edited, wherever that is by then. */
import { editText } from './cell-content.js';

/**
 * @param {{onCommit: (row: number, column: number, text: string) => void, onClosed: () => void}} callbacks
 *   rows and columns by their keys
 * @param {string | undefined} typed the character that opened it, in place of the cell's text
 * @returns the class that SlickGrid takes
 */
export function cellEditor({ onCommit, onClosed }, typed) {
	return class CellEditor {
		#arguments;
		#input = document.createElement('textarea');
		#before = '';

		constructor(args) {
			this.#arguments = args;
			const input = this.#input;
			input.className = 'cell-editor';
			input.rows = 1;
			input.setAttribute('aria-label', `${args.column.toolTip || args.column.name}, cell editor`);
			input.addEventListener('keydown', (event) => this.#keyDown(event));
			args.container.replaceChildren(input);
			input.focus();
		}

		#keyDown(event) {
			const { grid, commitChanges } = this.#arguments;
			const input = this.#input;
			if (event.isComposing) return event.stopPropagation();
			if (event.key === 'Enter') {
				event.preventDefault();
				event.stopPropagation();
				if (event.ctrlKey || event.altKey || event.shiftKey) {
					input.setRangeText('\n', input.selectionStart, input.selectionEnd, 'end');
				} else {
					commitChanges();
					grid.navigateDown();
				}
				return;
			}
			// Who began by typing goes on with the arrows; who edits moves in the text.
			const moves = /^(?:Arrow|Home|End|Page)/.test(event.key);
			const leaves = event.key === 'Tab' || event.key === 'Escape' || (moves && typed !== undefined);
			if (!leaves) event.stopPropagation();
		}

		loadValue(item) {
			this.#before = editText(item.cells[this.#arguments.column.position] ?? null);
			this.#input.value = typed ?? this.#before;
			if (typed === undefined) this.#input.select();
		}

		serializeValue() {
			return this.#input.value;
		}

		isValueChanged() {
			return this.#input.value !== this.#before;
		}

		/** Shown at once; the server's answer replaces it. */
		applyValue(item, text) {
			const { position, columnKey } = this.#arguments.column;
			while (item.cells.length <= position) item.cells.push(null);
			item.cells[position] = { t: text, k: 'text' };
			onCommit(item.key, columnKey, text);
		}

		validate() {
			return { valid: true, msg: null };
		}

		focus() {
			this.#input.focus();
		}

		destroy() {
			this.#input.remove();
			queueMicrotask(onClosed);
		}
	};
}
