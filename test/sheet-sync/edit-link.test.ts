import test from 'ava';
import { asksForLink, editLink } from '../../sheet-sync/edit-link.ts';
import { memoryWorld } from './memory-world.ts';

const PAGES = 'https://cut.example.org/';

test('a tick, a usual word for yes and a link to an event ask for a link, and nothing else does', (t) => {
	const link = editLink(PAGES, crypto.randomUUID());
	for (const cell of [true, 'yes', 'x', link, ` ${link} `]) t.true(asksForLink(cell), String(cell));
	for (const cell of [false, '', 'no', 'later', 'https://example.org/', null, 3]) t.false(asksForLink(cell));
});

test('a row that asks for it gets the link to the editor page, as plain text, and a copy of it gets its own', async (t) => {
	const world = await memoryWorld(t);
	const sync = await world.open({ editUrl: PAGES });
	const rest = async () => {
		for (let cycle = 0; cycle < 6; cycle++) await sync.cycle();
	};
	await world.type(1, { Description: 'Asks', 'Edit link': true });
	await world.type(2, { Description: 'Does not' });
	await world.type(3, { Description: 'Has a note', 'Edit link': 'ask Ada first' });
	await rest();
	const first = await world.row(1);
	t.is(first['Edit link'], `https://cut.example.org/events/${first.ID}/edit`);
	t.is((await world.row(2))['Edit link'], '');
	t.is((await world.row(3))['Edit link'], 'ask Ada first');
	await world.type(5, first);
	await rest();
	const copy = await world.row(5);
	t.not(copy.ID, first.ID);
	t.is(copy['Edit link'], `https://cut.example.org/events/${copy.ID}/edit`);
	await world.type(1, { 'Edit link': '' });
	await rest();
	t.is((await world.row(1))['Edit link'], '');
});

test('without a configured address the row says what is missing', async (t) => {
	const world = await memoryWorld(t);
	const sync = await world.open();
	await world.type(1, { Description: 'Asks', 'Edit link': 'yes' });
	for (let cycle = 0; cycle < 4; cycle++) await sync.cycle();
	t.regex((await world.row(1)).Error ?? '', /^Edit link: .*sheet\.editUrl/);
	t.is((await world.row(1))['Edit link'], 'yes');
});
