/** Cells to and from the clipboard, in the two forms that spreadsheets exchange: an HTML table, and text with tabs. */

/** @param {string[][]} rows */
export function toText(rows) {
	const quoted = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
	return rows.map((row) => row.map(quoted).join('\t')).join('\n');
}

/** @param {string[][]} rows */
export function toHtml(rows) {
	const table = document.implementation.createHTMLDocument().createElement('table');
	for (const row of rows) {
		const line = table.insertRow();
		for (const text of row) {
			const cell = line.insertCell();
			for (const [index, part] of text.split('\n').entries()) {
				if (index > 0) cell.append(table.ownerDocument.createElement('br'));
				cell.append(part);
			}
		}
	}
	return table.outerHTML;
}

/**
 * What another program copied: the text of its table's cells, else text with tabs, in which cells with line breaks or
 * quotes stand in quotes.
 *
 * @returns {string[][]}
 */
export function fromClipboard(data) {
	const table = fromHtml(data.getData('text/html'));
	return table ?? fromText(data.getData('text/plain'));
}

/** Parsed apart from the page: nothing in it is loaded or run. */
function fromHtml(html) {
	const table = html && new DOMParser().parseFromString(html, 'text/html').querySelector('table');
	if (!table) return undefined;
	const grid = [];
	for (const [index, row] of Array.from(table.rows).entries()) {
		grid[index] ??= [];
		for (const cell of row.cells) {
			let column = 0;
			while (grid[index][column] !== undefined) column++;
			for (let down = 0; down < Math.min(cell.rowSpan || 1, table.rows.length - index); down++) {
				grid[index + down] ??= [];
				for (let right = 0; right < Math.min(cell.colSpan, 1000); right++) {
					grid[index + down][column + right] = down + right === 0 ? cellText(cell) : '';
				}
			}
		}
	}
	return grid.map((row) => Array.from(row, (text) => text ?? ''));
}

/** Spaces and line breaks of the markup are none of the text, those of <br> are. */
function cellText(cell) {
	const walker = cell.ownerDocument.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/\s+/g, ' ');
	for (const lineBreak of cell.querySelectorAll('br')) lineBreak.replaceWith('\n');
	return cell.textContent.replace(/ *\n */g, '\n').trim();
}

/** @returns {string[][]} */
export function fromText(text) {
	const rows = [[]];
	let cell = '';
	const end = () => {
		rows.at(-1).push(cell);
		cell = '';
	};
	const source = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
	for (let at = 0; at < source.length; ) {
		const quoted =
			cell === '' &&
			source[at] === '"' &&
			/^"((?:[^"]|"")*)"(?=[\t\n]|$)/.exec(source.slice(at, at + 100_000));
		const sign = source[at];
		if (quoted && /[\t\n"]/.test(quoted[1])) {
			cell = quoted[1].replaceAll('""', '"');
			at += quoted[0].length;
			continue;
		}
		if (sign === '\t') end();
		else if (sign === '\n') {
			end();
			rows.push([]);
		} else cell += sign;
		at++;
	}
	end();
	return rows;
}
