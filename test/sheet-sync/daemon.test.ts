import test from 'ava';
import { nextDelay } from '../../sheet-sync/back-off.ts';
import type { SheetSyncOptions } from '../../sheet-sync/daemon.ts';
import { runSheetSync } from '../../sheet-sync/daemon.ts';
import { pauseBetween, shortestPause } from '../../sheet-sync/pace.ts';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import { until } from '../support/until.ts';
import { startMeddlingProxy } from './meddling-proxy.ts';
import type { SheetWorld } from './world.ts';
import { openSync, SPREADSHEET, settle, silent, startWorld } from './world.ts';

/** Runs the daemon until the returned function is called. */
function run(world: SheetWorld, options: Partial<SheetSyncOptions> = {}): () => Promise<void> {
	const stop = new AbortController();
	const all = { spreadsheetId: SPREADSHEET, endpoint: world.sheet.url, pollSeconds: 0.2, ...options };
	const running = runSheetSync(
		{ readsPerMinute: 1000, ...all },
		{ db: world.roleDb, log: silent, signal: stop.signal },
	);
	return () => {
		stop.abort();
		return running;
	};
}

test('the daemon follows both sides until it is stopped, and then does nothing more', async (t) => {
	const world = await startWorld(t);
	const stop = run(world);
	await world.type('Talks!D2', [['A talk']]);
	await until(async () => (await world.rows())[0]?.State === 'UNEDITED');
	await world.db.updateTable('events').set({ error: 'Look here.' }).execute();
	await until(async () => (await world.rows())[0]?.Error === 'Look here.');
	await stop();
	await world.type('Talks!D3', [['Another']]);
	t.is((await world.rows())[1]?.ID, '');
});

test('a change in Postgres does not wait for the next look at the sheet', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['A talk']]);
	await settle(await openSync(world));
	const stop = run(world, { pollSeconds: 600 });
	await world.db.updateTable('events').set({ error: 'Look here.' }).execute();
	await until(async () => (await world.rows())[0]?.Error === 'Look here.');
	await stop();
	t.pass();
});

test('a cycle that fails at any call loses nothing, and the next ones complete it', async (t) => {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const sync = await openSync(world, { endpoint: proxy.url });
	let expected = 0;
	for (const call of [1, 2, 3, 4, 5, 6, 7, 8]) {
		await world.type(`Talks!D${call + 1}`, [[`Talk ${call}`]]);
		expected++;
		proxy.count = 0;
		proxy.before = ({ number }) =>
			number === call ? { status: 503, body: { error: { message: 'Try again.' } } } : undefined;
		await t.throwsAsync(
			async () => {
				for (;;) await sync.cycle();
			},
			{ instanceOf: SheetsError, message: /failed \(503: Try again\.\); the sync tries again/ },
		);
		proxy.before = () => undefined;
		await settle(sync);
		const events = await world.db.selectFrom('events').select(['id', 'description']).execute();
		t.is(events.length, expected);
		const rows = await world.rows();
		t.deepEqual(
			new Map(rows.map((row) => [row.ID, row.Description])),
			new Map(rows.map((row) => [row.ID, events.find(({ id }) => id === row.ID)?.description])),
		);
	}
});

test('the daemon waits as long as the API asks, and goes on by itself', async (t) => {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const times: number[] = [];
	proxy.before = ({ number }) => {
		times.push(performance.now());
		const body = { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } };
		return number === 1 ? { status: 429, headers: { 'retry-after': '3' }, body } : undefined;
	};
	await world.type('Talks!D2', [['A talk']]);
	const stop = run(world, { endpoint: proxy.url });
	await until(async () => (await world.rows())[0]?.State === 'UNEDITED');
	await stop();
	t.true((times[1] ?? 0) - (times[0] ?? 0) >= 2_990);
});

test('back-off doubles with jitter up to a minute, and is as long as the API asks, within reason', (t) => {
	t.deepEqual(
		[1, 2, 3, 20].map((failures) => nextDelay(failures, undefined, 1)),
		[2_000, 4_000, 8_000, 64_000],
	);
	t.is(nextDelay(1, undefined, 0), 1_000);
	t.is(nextDelay(1, 60_000, 0), 60_000);
	t.is(nextDelay(1, 2_300_000_000_000, 0), 900_000);
});

test('of two daemons one works, and the other one takes over within seconds', async (t) => {
	const world = await startWorld(t);
	const [first, second] = [
		await startMeddlingProxy(t, world.sheet.url),
		await startMeddlingProxy(t, world.sheet.url),
	];
	await world.type('Talks!D2', [['A talk']]);
	const stopFirst = run(world, { endpoint: first.url });
	await until(async () => (await world.rows())[0]?.State === 'UNEDITED');
	const stopSecond = run(world, { endpoint: second.url });
	await world.type('Talks!D3', [['Another talk']]);
	await until(async () => (await world.rows())[1]?.State === 'UNEDITED');
	t.is(second.count, 0);
	await stopFirst();
	const stopped = performance.now();
	await world.type('Talks!D4', [['A third']]);
	await until(async () => (await world.rows())[2]?.State === 'UNEDITED');
	t.true(performance.now() - stopped < 10_000);
	await stopSecond();
});

test('looks come sooner after a change, and never use up more than their share of the quota', (t) => {
	const google = { pollSeconds: 2.5, readsPerMinute: 60, writesPerMinute: 60 };
	t.is(pauseBetween(0, google), 1_250);
	t.is(pauseBetween(31_000, google), 2_500);
	t.is(pauseBetween(0, { ...google, readsPerMinute: 12 }), 6_250);
	t.is(shortestPause({ ...google, writesPerMinute: 120 }), 1_250);
});

test('a daemon that waits for its quota stops at once', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['A talk']]);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const stop = run(world, { endpoint: proxy.url, readsPerMinute: 2 });
	await until(() => proxy.count === 3);
	await stop();
	t.is((await world.rows())[0]?.ID, '');
});

test('Google itself needs credentials', async (t) => {
	const signal = new AbortController().signal;
	const { db } = await startWorld(t);
	await t.throwsAsync(runSheetSync({ spreadsheetId: SPREADSHEET }, { db, log: silent, signal }), {
		message: /^Google Sheets needs credentials/,
	});
});

test('what is wrong with access to a spreadsheet is said in a sentence', async (t) => {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const fails = async (status: number, message: string, expected: RegExp) => {
		proxy.before = () => ({ status, body: { error: { code: status, message } } });
		await t.throwsAsync((await openSync(world, { endpoint: proxy.url })).cycle(), { message: expected });
	};
	await fails(
		403,
		'The caller does not have permission',
		/refuses access to the spreadsheet events .*share it with/,
	);
	await fails(404, 'Requested entity was not found.', /has no spreadsheet events; look at the id/);
	await fails(429, 'Quota exceeded', /quota is used up/);
	const gone = await openSync(world, { endpoint: 'http://127.0.0.1:1' });
	await t.throwsAsync(gone.cycle(), {
		instanceOf: SheetsError,
		message: /^Cannot reach http:\/\/127\.0\.0\.1:1: /,
	});
});

test('an idle cycle is one read and no write', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['A talk'], ['Another']]);
	await world.change({ addSheet: { properties: { title: 'Games' } } });
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const sync = await openSync(world, { endpoint: proxy.url, worksheetsSeconds: 600 });
	await settle(sync);
	proxy.count = 0;
	await sync.cycle();
	await sync.cycle();
	t.is(proxy.count, 2);
	await world.db.updateTable('events').set({ error: 'Look here.' }).execute();
	await until(() => sync.hasChanges());
	await sync.cycle();
	t.is(proxy.count, 4);
});
