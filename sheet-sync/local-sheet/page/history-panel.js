/** The history of the cells: who changed which one, when, from what to what. */

export class HistoryPanel {
	#panel = document.getElementById('history-panel');
	#list = document.getElementById('history-list');
	#onlyCell = document.getElementById('history-cell');
	#button = document.getElementById('history');
	#load;
	#asked = 0;

	/** @param {(onlyCell: boolean) => Promise<object[] | undefined>} load reads the history, of the active cell only if asked */
	constructor(load) {
		this.#load = load;
		this.#button.addEventListener('click', () => {
			this.#panel.hidden = !this.#panel.hidden;
			this.#button.setAttribute('aria-expanded', String(!this.#panel.hidden));
			this.refresh();
		});
		this.#onlyCell.addEventListener('change', () => this.refresh());
	}

	/** Called when cells changed. */
	async refresh() {
		if (this.#panel.hidden) return;
		const asked = ++this.#asked;
		const changes = await this.#load(this.#onlyCell.checked);
		if (changes && asked === this.#asked) this.#list.replaceChildren(...changes.map(shownChange));
	}

	/** Called when another cell was selected. */
	moved() {
		if (this.#onlyCell.checked) this.refresh();
	}
}

function shownChange({ at, who, kind, worksheet, cell, header, before, after }) {
	const item = document.createElement('li');
	const time = document.createElement('time');
	time.dateTime = at;
	time.textContent = new Date(at).toLocaleString([], { dateStyle: 'short', timeStyle: 'medium' });
	const place = document.createElement('p');
	place.className = 'history-place';
	place.textContent = `${who}${kind === 'change' ? '' : ` (${kind})`} · ${worksheet} ${cell}${header && ` · ${header}`}`;
	const texts = document.createElement('p');
	texts.className = 'history-texts';
	const old = document.createElement('del');
	old.textContent = before;
	const fresh = document.createElement('ins');
	fresh.textContent = after;
	texts.append(...(before === '' ? [] : [old, ' ']), ...(after === '' ? [] : [fresh]));
	item.append(time, place, texts);
	return item;
}
