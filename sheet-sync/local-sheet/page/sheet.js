/** The page: loads a spreadsheet, follows its changes, and sends what people do to the server. */
import { showBook, showSelection } from './around-grid.js';
import { applyMessage } from './book.js';
import { FindBar } from './find.js';
import { SheetGrid } from './grid.js';
import { HistoryPanel } from './history-panel.js';
import { Server } from './server.js';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const server = new Server(notice);

/** @type {import('./book.js').Book | undefined} as last heard of; undefined before the first answer */
let book;
/** The worksheet shown. */
let sheetId;
/** Spreadsheet and worksheet that the grid shows. */
let shownSheet = '';
/** @type {EventSource | undefined} */
let changes;

const nonce = document.querySelector('script[nonce]')?.nonce ?? '';
const grid = new SheetGrid(element('grid'), nonce, {
	onWrite: (row, column, values) => edit({ kind: 'write', row, column, values }),
	onClear: (rows, columns) => edit({ kind: 'clear', rows, columns }),
	onMoveRows: (keys, before) => edit({ kind: 'move', dimension: 'ROWS', keys, before }),
	onLost: (text) => notice(`The row was deleted while you were writing “${text}” into it.`),
	onPlace: showPlace,
});
const find = new FindBar(grid, current);
const history = new HistoryPanel(readHistory);

listen();
await open();

function listen() {
	const actions = {
		undo: () => takeBack('undo'),
		redo: () => takeBack('redo'),
		'insert-above': () => insert('ROWS', 'before'),
		'insert-below': () => insert('ROWS', 'after'),
		'insert-left': () => insert('COLUMNS', 'before'),
		'insert-right': () => insert('COLUMNS', 'after'),
		'move-up': () => move('ROWS', -1),
		'move-down': () => move('ROWS', 1),
		'move-left': () => move('COLUMNS', -1),
		'move-right': () => move('COLUMNS', 1),
		'delete-rows': () => remove('ROWS'),
		'delete-columns': () => remove('COLUMNS'),
		'sort-ascending': () => sort('ASCENDING'),
		'sort-descending': () => sort('DESCENDING'),
		freeze,
		rename: () => rename(current()),
		'delete-worksheet': deleteWorksheet,
		import: () => element('import-file').click(),
		'add-worksheet': addWorksheet,
		find: () => find.open(),
	};
	for (const [id, action] of Object.entries(actions)) {
		element(id).addEventListener('click', () => {
			closeMenus();
			action();
		});
	}
	element('import-file').addEventListener('change', importFile);
	for (const link of ['export-csv', 'export-xlsx'])
		element(link).addEventListener('click', () => closeMenus());
	document.addEventListener('keydown', shortcut);
	document.addEventListener('click', (event) => closeMenus(event.target));
	window.addEventListener('hashchange', open);
	const chooser = /** @type {HTMLSelectElement} */ (element('spreadsheets'));
	chooser.addEventListener('change', () => {
		location.hash = chooser.value;
	});
}

function shortcut(event) {
	const control = (event.ctrlKey || event.metaKey) && !event.altKey;
	const key = event.key.toLowerCase();
	const typing = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
	if (control && key === 'f') find.open();
	else if (control && !typing && key === 'z') takeBack(event.shiftKey ? 'redo' : 'undo');
	else if (control && !typing && key === 'y') takeBack('redo');
	else if (event.altKey && !typing && key === 'arrowup') move('ROWS', -1);
	else if (event.altKey && !typing && key === 'arrowdown') move('ROWS', 1);
	else if (key === 'escape' && document.querySelector('.menu[open]')) closeMenus();
	else return;
	event.preventDefault();
}

/** Close the menus, but not the one that was clicked in. */
function closeMenus(except) {
	for (const menu of document.querySelectorAll('.menu[open]'))
		if (!menu.contains(except ?? null)) menu.open = false;
}

/** Open the spreadsheet that the address names, or else the first. */
async function open() {
	changes?.close();
	book = undefined;
	sheetId = undefined;
	const spreadsheets = await server.get('page/spreadsheets');
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
	const loaded = await server.get(`page/spreadsheets/${encodeURIComponent(id)}`);
	if (!loaded || (book?.id === id && loaded.version < book.version)) return;
	book = loaded;
	show();
}

/** Changes arrive as server-sent events; after a break the browser connects again by itself, and hears the version. */
function follow(id) {
	changes = new EventSource(`page/spreadsheets/${encodeURIComponent(id)}/changes`);
	changes.addEventListener('open', () => setLive(true));
	changes.addEventListener('error', () => setLive(false));
	changes.addEventListener('message', (event) => hear(id, JSON.parse(event.data)));
}

function hear(id, message) {
	if (!book || message.version <= book.version) return;
	const changed = applyMessage(book, message);
	if (changed === undefined) {
		load(id);
		return;
	}
	showAround();
	if (shownSheet !== `${book.id} ${sheetId}` || !current()) show();
	else if (changed.has(sheetId)) grid.refresh(current(), changed.get(sheetId));
	else grid.refresh(current(), { moved: false, rows: new Set() });
	find.refresh();
	history.refresh();
	showPlace();
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
	showAround();
	if (shownSheet === `${book.id} ${sheetId}`) grid.refresh(current(), undefined);
	else grid.show(current());
	shownSheet = `${book.id} ${sheetId}`;
	find.refresh();
	history.refresh();
	showPlace();
}

function showAround() {
	showBook(book, sheetId, { onChoose: choose, onRename: rename });
}

function choose(worksheet) {
	if (worksheet.sheetId === sheetId) return;
	sheetId = worksheet.sheetId;
	show();
}

function showPlace() {
	showSelection(grid);
	if (grid.active) history.moved();
}

async function edit(change) {
	const done = await server.post(`${page()}/edit`, { sheetId, ...change });
	// What was shown in advance is taken back.
	if (!done && book) load(book.id);
	return done;
}

function page() {
	return `page/spreadsheets/${encodeURIComponent(book.id)}`;
}

async function takeBack(kind) {
	const answer = await server.post(`${page()}/${kind}`, {});
	if (!answer) return;
	if (answer.taken === null) notice(`There is nothing to ${kind}.`);
	else if (answer.taken.kept > 0) {
		const cells = answer.taken.kept === 1 ? 'One cell stays' : `${answer.taken.kept} cells stay`;
		notice(`${cells} as somebody else has changed ${answer.taken.kept === 1 ? 'it' : 'them'} since.`);
	}
}

/** Keys of what is selected. */
function selectedKeys(dimension) {
	const { rowKeys = [], columnKeys = [] } = grid.selected ?? {};
	return dimension === 'ROWS' ? rowKeys : columnKeys;
}

async function insert(dimension, where) {
	const keys = selectedKeys(dimension);
	const beside = where === 'before' ? keys[0] : keys.at(-1);
	if (beside !== undefined)
		await edit({ kind: 'insert', dimension, beside, where, count: Math.min(keys.length, 1000) });
	grid.focus();
}

async function remove(dimension) {
	const keys = selectedKeys(dimension);
	if (keys.length > 0) await edit({ kind: 'delete', dimension, keys });
	grid.focus();
}

async function move(dimension, step) {
	const { rows, columns, frozenRows } = current();
	const all = dimension === 'ROWS' ? rows.map(({ key }) => key) : columns;
	const keys = selectedKeys(dimension);
	const first = all.indexOf(keys[0]);
	const last = first + keys.length - 1;
	const least = dimension === 'ROWS' && first >= frozenRows ? frozenRows : 0;
	if (keys.length === 0 || first + step < least || last + step >= all.length) return;
	const before = step < 0 ? all[first - 1] : (all[last + 2] ?? null);
	await edit({ kind: 'move', dimension, keys, before });
	grid.focus();
}

async function sort(order) {
	const active = grid.active;
	if (active) await edit({ kind: 'sort', column: active.columnKey, order });
	grid.focus();
}

async function freeze() {
	const row = grid.active?.row ?? 0;
	const frozenRowCount = row < current().frozenRows ? row : row + 1;
	if (frozenRowCount > 10) return notice('At most ten rows can be frozen.');
	await updateWorksheet(sheetId, { gridProperties: { frozenRowCount } }, 'gridProperties.frozenRowCount');
}

function updateWorksheet(id, properties, fields) {
	return batchUpdate([{ updateSheetProperties: { properties: { sheetId: id, ...properties }, fields } }]);
}

async function addWorksheet() {
	const header = (current()?.rows[0]?.cells ?? []).map((cell) => cell?.t ?? '');
	const added = await batchUpdate([{ addSheet: { properties: { gridProperties: { frozenRowCount: 1 } } } }]);
	const properties = added?.replies[0].addSheet.properties;
	if (!properties) return;
	sheetId = properties.sheetId;
	await load(book.id);
	const { rows, columns } = current();
	if (header.length > 0)
		await edit({ kind: 'write', row: rows[0].key, column: columns[0], values: [header] });
}

async function rename(worksheet) {
	const title = window.prompt('New name of the worksheet', worksheet.title)?.trim();
	if (!title || title === worksheet.title) return;
	await updateWorksheet(worksheet.sheetId, { title }, 'title');
}

async function deleteWorksheet() {
	if (!window.confirm(`Delete the worksheet “${current().title}” with all of its rows? Undo brings it back.`))
		return;
	await batchUpdate([{ deleteSheet: { sheetId } }]);
}

function batchUpdate(requests) {
	return server.post(`v4/spreadsheets/${encodeURIComponent(book.id)}:batchUpdate`, { requests });
}

async function importFile() {
	const input = /** @type {HTMLInputElement} */ (element('import-file'));
	const [file] = input.files ?? [];
	if (!file) return;
	const type = /\.xlsx$/i.test(file.name) ? XLSX : 'text/csv';
	const title = encodeURIComponent(file.name.replace(/\.[^.]*$/, '').slice(0, 90) || 'Import');
	const done = await server.upload(`${page()}/import?title=${title}`, file, type);
	input.value = '';
	if (!done) return;
	[sheetId = sheetId] = done.added;
	await load(book.id);
}

function readHistory(onlyCell) {
	const active = grid.active;
	const query = onlyCell && active ? `&row=${active.rowKey}&column=${active.columnKey}` : '';
	return server.get(`${page()}/history?sheetId=${sheetId}${query}`);
}

function notice(text) {
	element('notice').textContent = text;
	element('notice').hidden = text === '';
}
