/** Rows coloured by rules: the class that a row gets, and the style sheet of these classes. */

const sheet = new CSSStyleSheet();
const made = new Set();
document.adoptedStyleSheets.push(sheet);

/** The classes of a row: of its colour, its state, and whether something is wrong. `names`: the headers, in lower case. */
export function rowClasses(worksheet, names, index) {
	const row = worksheet.rows[index];
	const state = row.cells[names.indexOf('state')]?.t.split(' ', 1)[0] ?? '';
	const error = row.cells[names.indexOf('error')]?.t ?? '';
	const rule = ruleOf(worksheet, row, index);
	return [
		rule && colorClass(rule.color),
		/^[A-Z]+$/.test(state) && `state-${state}`,
		error !== '' && 'has-error',
	]
		.filter(Boolean)
		.join(' ');
}

/** The first rule that fits a row, as in every spreadsheet. */
function ruleOf({ rules = [], columns }, { cells }, index) {
	return rules.find(({ column, text, whole, startRow }) => {
		const shown = cells[columns.indexOf(column)]?.t ?? '';
		if (index < startRow) return false;
		if (text === undefined) return shown !== '';
		return whole ? shown === text : shown.startsWith(text);
	});
}

/** The class that gives a row a background, and a colour of text that can be read on it. `color`: `#rrggbb` */
function colorClass(color) {
	const name = `color-${color.slice(1)}`;
	if (/^#[0-9a-f]{6}$/.test(color) && !made.has(name)) {
		made.add(name);
		const part = (index) => Number.parseInt(color.slice(index, index + 2), 16);
		const light = 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5);
		sheet.insertRule(
			`.slick-row.${name} .slick-cell:not(.row-number, .selected) { background: ${color}; color-scheme: ${light > 140 ? 'light' : 'dark'}; color: ${light > 140 ? '#1b1b1f' : '#fff'}; }`,
		);
	}
	return name;
}
