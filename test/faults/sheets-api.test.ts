import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import { type Answer, startMeddlingProxy } from '../sheet-sync/meddling-proxy.ts';
import { openSync, type SheetWorld, SPREADSHEET, settle, startWorld } from '../sheet-sync/world.ts';
import { until } from '../support/until.ts';
import { ALL, FEW } from './extent.ts';

// The Sheets API fails in each of its ways, at each call of a cycle that has everything to do. The cycle says what is wrong;
// once the API works again, no row is lost, no event doubled, and the sheet says what is true.

/** The short form fails one call that reads and one that writes. */
const MOST_CALLS = ALL ? Number.POSITIVE_INFINITY : 1;
/** In the short form every other fault meets reading, and the others writing. */
const FIRST_CALLS = ALL ? [1] : [1, 3];

/** As Google words it. */
function refusal(
	code: number,
	status: string,
	message: string,
	headers: Record<string, string> = {},
): Answer {
	return { status: code, headers, body: { error: { code, message, status } } };
}

const JSON_ANSWER = { 'content-type': 'application/json' };
const html =
	'<!DOCTYPE html><html><head><title>Sorry…</title></head><body>Something went wrong.</body></html>';

const FAULTS: [name: string, answer: Answer, sentence: RegExp][] = [
	['401', refusal(401, 'UNAUTHENTICATED', 'Invalid credentials.'), /does not accept the credentials/],
	['403', refusal(403, 'PERMISSION_DENIED', 'No permission.'), /refuses access .* share it with/],
	['404', refusal(404, 'NOT_FOUND', 'Requested entity was not found.'), /has no spreadsheet events/],
	[
		'429',
		refusal(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', { 'retry-after': '2' }),
		/its quota is used up .* the sync waits/,
	],
	[
		'500',
		refusal(500, 'INTERNAL', 'Internal error.'),
		/failed \(500: Internal error\.\); the sync tries again/,
	],
	[
		'503',
		{ status: 503, headers: { 'content-type': 'text/html' }, body: html },
		/failed \(503: .*the sync tries again/,
	],
	['a connection that is cut before the effect', 'cut', /Cannot reach http/],
	['a connection that is cut after the effect', 'lost', /Cannot reach http/],
	['half an answer', 'half', /Cannot reach http/],
	['JSON that ends in the middle', 'short', /answered with something else than the API does/],
	[
		'a page of HTML with 200',
		{ status: 200, headers: { 'content-type': 'text/html' }, body: html },
		/something else/,
	],
	[
		'HTML that is called JSON',
		{ status: 200, headers: { 'content-type': 'application/json' }, body: html },
		/something else/,
	],
	['an empty answer', { status: 200, body: '' }, /something else/],
	['JSON of something else', { status: 200, body: { ok: true } }, /something else/],
	['a list', { status: 200, body: [] }, /something else/],
	[
		'an answer that lacks what was asked for',
		{ status: 200, body: { spreadsheetId: SPREADSHEET } },
		/something else/,
	],
	[
		'an answer of the wrong shape',
		{
			status: 200,
			body: {
				spreadsheetId: SPREADSHEET,
				properties: { timeZone: 'UTC' },
				sheets: [{ properties: { title: 5 } }],
				valueRanges: [{ valueRange: { values: 'none' }, dataFilters: [{ gridRange: {} }] }],
			},
		},
		/something else/,
	],
	['a connection that is reset', ({ socket }) => void socket.resetAndDestroy(), /Cannot reach http/],
	[
		'gzip that ends too early',
		(_, response) => {
			const whole = gzipSync(
				JSON.stringify({ spreadsheetId: SPREADSHEET, sheets: [], rest: 'x'.repeat(9_000) }),
			);
			response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
			response.end(whole.subarray(0, -12));
		},
		/Cannot reach http|something else/,
	],
	[
		'text that is called gzip',
		{ status: 200, headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' }, body: html },
		/Cannot reach http/,
	],
	[
		'a redirect to the page of a network that wants a sign-in',
		{ status: 302, headers: { location: 'http://portal.invalid/login' } },
		/sends us elsewhere \(302, http:\/\/portal\.invalid\/login\)/,
	],
];

/** These are given up by the clock, by a sync in a hurry. A request that is slow by itself says the same. */
const SLOW: [name: string, answer: Answer][] = [
	['a connection that is accepted, and silence', 'silence'],
	['headers, and silence', (_, response) => void response.writeHead(200, JSON_ANSWER).flushHeaders()],
	[
		'half an answer, and silence',
		(_, response) => void response.writeHead(200, JSON_ANSWER).write(`{"spreadsheetId":"${SPREADSHEET}","sh`),
	],
	[
		'an answer that drips',
		(_, response) => {
			response.writeHead(200, JSON_ANSWER);
			const drip = setInterval(() => response.write(' '), 20);
			response.on('close', () => clearInterval(drip));
		},
	],
];
const SLOW_SECONDS = 0.4;
for (const [name, answer] of SLOW)
	FAULTS.push([name, answer, /gave no whole answer within 0\.4 s; the sync tries again/]);
const isSlow = (name: string) => SLOW.some(([slow]) => slow === name);

/** A day of the sheet: two rows that are known, one of them changed by a person and one by SQL, a new one, a deleted one. */
async function busyWorld(t: ExecutionContext) {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const sync = await openSync(world, { endpoint: proxy.url });
	await world.type('Talks!D2', [['First'], ['Second'], ['To be deleted']]);
	await settle(sync);
	const [, second, third] = await world.rows();
	await world.type('Talks!D2', [['First, renamed']]);
	await world.type('Talks!D5', [['New']]);
	await world.change({
		deleteDimension: {
			range: { sheetId: await sheetId(world), dimension: 'ROWS', startIndex: 3, endIndex: 4 },
		},
	});
	await world.db.updateTable('events').set({ error: 'Look here.' }).where('id', '=', second!.ID!).execute();
	proxy.count = 0;
	return { world, proxy, sync, deleted: third!.ID! };
}

async function sheetId({ api }: SheetWorld): Promise<number> {
	const { data } = await api.spreadsheets.get({ spreadsheetId: SPREADSHEET });
	return data.sheets![0]!.properties!.sheetId!;
}

/** Each row is one event, each event one row but that of the deleted one, and both say the same. */
async function audit(t: ExecutionContext, world: SheetWorld, deleted: string): Promise<void> {
	const rows = await world.rows();
	t.deepEqual(
		rows.map((row) => ({ Description: row.Description, State: row.State, Error: row.Error })),
		[
			{ Description: 'First, renamed', State: 'UNEDITED', Error: '' },
			{ Description: 'Second', State: 'UNEDITED', Error: 'Look here.' },
			{ Description: 'New', State: 'UNEDITED', Error: '' },
		],
	);
	const events = await world.db.selectFrom('events').selectAll().execute();
	t.is(events.length, 4);
	for (const { ID, Description } of rows) {
		t.like(
			events.find(({ id }) => id === ID),
			{ description: Description, removed_from_sheet_at: null },
		);
	}
	t.not(events.find(({ id }) => id === deleted)!.removed_from_sheet_at, null);
	// Nothing happened and was taken back: no event was ever removed but that one.
	const history = await world.db.selectFrom('event_history').select(['event_id', 'changes']).execute();
	const removed = history
		.filter(({ changes }) => (changes.removed_from_sheet_at?.[1] ?? null) !== null)
		.map(({ event_id }) => event_id);
	t.deepEqual(removed, [deleted]);
}

// The long form has hundreds of worlds, each with connections of its own: one after the other.
for (const [index, [name, answer, sentence]] of FAULTS.entries()) {
	if (FEW && index % 3 !== 0) continue;
	(ALL ? test.serial : test)(
		`${name}, at any call of a cycle: nothing is lost or doubled, and the sentence says what it was`,
		async (t) => {
			for (
				let call = FIRST_CALLS[index % FIRST_CALLS.length]!, more = true, left = MOST_CALLS;
				more && left > 0;
				call++, left--
			) {
				const { world, proxy, sync, deleted } = await busyWorld(t);
				const hasty = isSlow(name)
					? await openSync(world, { endpoint: proxy.url, timeoutSeconds: SLOW_SECONDS })
					: sync;
				proxy.before = ({ number }) => (number === call ? answer : undefined);
				more = false;
				for (let cycle = 0; cycle < 4; cycle++) {
					try {
						await hasty.cycle();
					} catch (error) {
						more = true;
						t.true(error instanceof SheetsError, `call ${call}: ${(error as Error).stack}`);
						t.regex((error as Error).message, sentence, `call ${call}`);
					}
				}
				proxy.before = () => undefined;
				await until(async () => {
					await sync.cycle();
					return (await world.rows())[1]?.Error === 'Look here.';
				});
				await settle(sync);
				await audit(t, world, deleted);
			}
		},
	);
}
