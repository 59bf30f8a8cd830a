/** The page: loads a spreadsheet, follows its changes, and edits it through the Sheets API as any client would. */
import { Grid } from './grid.js';

const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The spreadsheet as last heard of; undefined before the first answer. */
let book;
/** The worksheet shown. */
let sheetId;
/** @type {EventSource | undefined} */
let changes;

const grid = new Grid(/** @type {HTMLTableElement} */ (element('grid')), {
	onEdit: editCell,
	onPaste: paste,
	onLost: (text) => notice(`The row was deleted while you were writing “${text}” into it.`),
});

await start();

async function start() {
	element('add').addEventListener('click', () => grid.select(Math.max(1, current()?.rows.length ?? 1), 0));
	element('insert').addEventListener('click', () => changeRows('insertDimension', grid.selectedRow));
	element('delete').addEventListener('click', () => changeRows('deleteDimension', grid.selectedRow));
	element('add-worksheet').addEventListener('click', addWorksheet);
	window.addEventListener('hashchange', open);
	const chooser = /** @type {HTMLSelectElement} */ (element('spreadsheets'));
	chooser.addEventListener('change', () => {
		location.hash = chooser.value;
	});
	await open();
}

/** Open the spreadsheet that the address names, or else the first. */
async function open() {
	changes?.close();
	book = undefined;
	sheetId = undefined;
	const spreadsheets = await ask('/page/spreadsheets');
	const wanted = decodeURIComponent(location.hash.slice(1));
	const chosen = spreadsheets?.find(({ id }) => id === wanted) ?? spreadsheets?.[0];
	if (!chosen) return spreadsheets && notice('There is no spreadsheet yet.');
	const chooser = /** @type {HTMLSelectElement} */ (element('spreadsheets'));
	chooser.replaceChildren(
		...spreadsheets.map(({ id, title }) => new Option(title, id, false, id === chosen.id)),
	);
	chooser.hidden = spreadsheets.length < 2;
	await load(chosen.id);
	follow(chosen.id);
}

async function load(id) {
	const loaded = await ask(`/page/spreadsheets/${encodeURIComponent(id)}`);
	if (!loaded) return;
	book = loaded;
	show();
}

/** Changes arrive as server-sent events; after a break the browser connects again by itself, and hears the version. */
function follow(id) {
	changes = new EventSource(`/page/spreadsheets/${encodeURIComponent(id)}/changes`);
	changes.addEventListener('open', () => setLive(true));
	changes.addEventListener('error', () => setLive(false));
	changes.addEventListener('message', (event) => hear(id, JSON.parse(event.data)));
}

function hear(id, message) {
	if (!book || message.version <= book.version) return;
	const missed = !message.worksheets || message.version !== book.version + 1;
	if (missed || message.worksheets.some((worksheet) => worksheet.stale)) {
		load(id);
		return;
	}
	const old = new Map(book.worksheets.map((worksheet) => [worksheet.sheetId, worksheet]));
	const known = message.worksheets.every((worksheet) => old.has(worksheet.sheetId));
	if (!known) return load(id);
	book = {
		...message,
		worksheets: message.worksheets.map(({ changed, ...shape }) => {
			const { rows } = old.get(shape.sheetId);
			for (const [index, row] of Object.entries(changed)) {
				while (rows.length <= Number(index)) rows.push({ key: undefined, cells: [] });
				rows[Number(index)] = row;
			}
			return { ...shape, rows };
		}),
	};
	const here = message.worksheets.find((worksheet) => worksheet.sheetId === sheetId);
	showTabs();
	if (here) grid.refresh(current(), Object.keys(here.changed).map(Number));
	else show();
}

function setLive(on) {
	element('live').classList.toggle('on', on);
	element('live').textContent = on ? 'live' : 'connecting…';
}

function current() {
	return book?.worksheets.find((worksheet) => worksheet.sheetId === sheetId);
}

function show() {
	if (!current()) sheetId = book.worksheets[0]?.sheetId;
	document.title = book.title;
	element('title').textContent = book.title;
	showTabs();
	grid.show(current());
}

function showTabs() {
	const tabs = book.worksheets.map((worksheet) => {
		const tab = document.createElement('button');
		tab.type = 'button';
		tab.role = 'tab';
		tab.textContent = worksheet.title;
		tab.title = 'Double-click to rename';
		tab.setAttribute('aria-selected', String(worksheet.sheetId === sheetId));
		tab.addEventListener('click', () => {
			if (worksheet.sheetId === sheetId) return;
			sheetId = worksheet.sheetId;
			show();
		});
		tab.addEventListener('dblclick', () => rename(worksheet));
		return tab;
	});
	element('tabs').replaceChildren(...tabs);
}

/** Cells are written as a person types them: `12:34` becomes a time, TRUE a tick, an apostrophe makes anything text. */
function editCell(row, column, text) {
	paste(row, column, [[text]]);
}

async function paste(row, column, values) {
	const width = Math.max(...values.map((line) => line.length));
	const gridRange = {
		sheetId,
		startRowIndex: row,
		endRowIndex: row + values.length,
		startColumnIndex: column,
		endColumnIndex: column + width,
	};
	const written = await ask(api('/values:batchUpdateByDataFilter'), {
		valueInputOption: 'USER_ENTERED',
		data: [{ dataFilter: { gridRange }, values }],
	});
	if (!written && book) grid.show(current());
}

function changeRows(kind, row) {
	const range = { sheetId, dimension: 'ROWS', startIndex: row, endIndex: row + 1 };
	return batchUpdate([{ [kind]: { range } }]);
}

async function addWorksheet() {
	const header = (current()?.rows[0]?.cells ?? []).map((cell) => cell?.t ?? '');
	const added = await batchUpdate([{ addSheet: { properties: { gridProperties: { frozenRowCount: 1 } } } }]);
	const properties = added?.replies[0].addSheet.properties;
	if (!properties) return;
	sheetId = properties.sheetId;
	await load(book.id);
	if (header.length > 0) await paste(0, 0, [header]);
}

async function rename(worksheet) {
	const title = window.prompt('New name of the worksheet', worksheet.title)?.trim();
	if (!title || title === worksheet.title) return;
	const properties = { sheetId: worksheet.sheetId, title };
	await batchUpdate([{ updateSheetProperties: { properties, fields: 'title' } }]);
}

function batchUpdate(requests) {
	return ask(api(':batchUpdate'), { requests });
}

function api(rest) {
	return `/v4/spreadsheets/${encodeURIComponent(book.id)}${rest}`;
}

/** The answer, or undefined after telling the person why there is none. */
async function ask(url, body) {
	const options = body && {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	};
	try {
		const response = await fetch(url, options);
		const answer = await response.json();
		if (!response.ok) throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
		notice('');
		return answer;
	} catch (error) {
		notice(
			error instanceof TypeError ? 'The server cannot be reached; the change was not made.' : error.message,
		);
		return undefined;
	}
}

function notice(text) {
	element('notice').textContent = text;
	element('notice').hidden = text === '';
}
