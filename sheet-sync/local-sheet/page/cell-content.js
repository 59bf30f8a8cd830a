/** A cell as people read it best. Text of cells only ever becomes text nodes. */

/** Columns that hold yes or no: shown as boxes to tick in rows that are in use. */
const CHECKBOXES = new Set(['allow holes', 'submit', 'edit link']);

/**
 * States as a label, links to click, times without the ISO's letters, ids cut short.
 *
 * @param {import('./book.js').ShownCell} cell
 * @param {string} column the text of its header, in lower case
 * @param {boolean} rowInUse
 */
export function shownContent(cell, column, rowInUse) {
	const content = document.createElement('div');
	content.className = 'cell';
	if (cell?.k === 'checkbox' || (!cell && rowInUse && CHECKBOXES.has(column))) {
		const box = document.createElement('input');
		box.type = 'checkbox';
		box.checked = cell?.t === 'TRUE';
		box.tabIndex = -1;
		box.setAttribute('aria-label', column);
		content.append(box);
		return content;
	}
	if (!cell) return content;
	if (cell.k === 'number') content.classList.add('number-value');
	const isoTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)Z?$/.exec(cell.t);
	if (/^https?:\/\/\S+$/.test(cell.t)) {
		const link = document.createElement('a');
		link.href = cell.t;
		link.target = '_blank';
		link.rel = 'noopener noreferrer';
		link.textContent = column === 'edit link' ? 'Edit' : cell.t.replace(/^https?:\/\//, '');
		content.append(link);
	} else if (column === 'state' && cell.t !== '') {
		const label = document.createElement('span');
		label.className = 'state';
		label.dataset.state = cell.t.split(' ', 1)[0];
		label.textContent = cell.t;
		content.append(label);
	} else if (isoTime) {
		content.textContent = `${isoTime[1]} ${isoTime[2]}`;
	} else if (column === 'id' && cell.t.length > 12) {
		content.textContent = `${cell.t.slice(0, 8)}…`;
	} else {
		content.textContent = cell.t;
	}
	if (content.textContent !== cell.t || cell.t.length > 20) content.title = cell.t;
	return content;
}

/** What a double click or Enter edits: the text that, typed, makes the cell again. */
export function editText(cell) {
	return cell?.e ?? cell?.t ?? '';
}
