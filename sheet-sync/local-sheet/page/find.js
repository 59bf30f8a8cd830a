/** Find text in the worksheet shown: the bar, the marks on the cells, and going from one to the next. */

/** Marked at once; more are counted. */
const MOST_MARKED = 5_000;

export class FindBar {
	#form = document.getElementById('find-bar');
	#text = document.getElementById('find-text');
	#count = document.getElementById('find-count');
	#grid;
	#worksheet;
	#found = [];
	#at = -1;

	/**
	 * @param {import('./grid.js').SheetGrid} grid
	 * @param {() => import('./book.js').Worksheet} worksheet the one shown
	 */
	constructor(grid, worksheet) {
		this.#grid = grid;
		this.#worksheet = worksheet;
		this.#text.addEventListener('input', () => {
			this.refresh();
			this.#at = -1;
			this.#go(1);
		});
		this.#form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#go(1);
		});
		this.#form.addEventListener('keydown', (event) => {
			if (event.key === 'Escape') this.close();
			else if (event.key === 'Enter' && event.shiftKey) this.#go(-1);
			else return;
			event.preventDefault();
		});
		document.getElementById('find-previous').addEventListener('click', () => this.#go(-1));
		document.getElementById('find-close').addEventListener('click', () => this.close());
	}

	open() {
		this.#form.hidden = false;
		this.#text.focus();
		this.#text.select();
		this.refresh();
	}

	close() {
		this.#form.hidden = true;
		this.#grid.highlight([]);
		this.#grid.focus();
	}

	/** Look again, after the worksheet changed. */
	refresh() {
		if (this.#form.hidden) return;
		const wanted = this.#text.value.trim().toLowerCase();
		this.#found = [];
		if (wanted !== '') {
			for (const [row, { cells }] of this.#worksheet().rows.entries()) {
				for (const [column, cell] of cells.entries()) {
					if (cell?.t.toLowerCase().includes(wanted)) this.#found.push({ row, column });
				}
			}
		}
		this.#grid.highlight(this.#found.slice(0, MOST_MARKED));
		this.#tell();
	}

	#go(step) {
		const count = this.#found.length;
		if (count === 0) return;
		this.#at = (this.#at + step + count) % count;
		const { row, column } = this.#found[this.#at];
		this.#grid.goTo(row, column);
		this.#tell();
	}

	#tell() {
		const count = this.#found.length;
		if (this.#text.value.trim() === '') this.#count.value = '';
		else if (count === 0) this.#count.value = 'nothing found';
		else this.#count.value = this.#at < 0 ? `${count} found` : `${Math.min(this.#at + 1, count)} of ${count}`;
	}
}
