import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findSegments } from '../../cutter/segments/store.ts';
import { dateFromTicks, ticksFromDate } from '../../cutter/segments/ticks.ts';
import { createAccount } from '../../db/access/accounts.ts';
import { type Db, openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { hashPassword } from '../web/access/passwords.ts';
import { DemoSheet } from './sheet.ts';
import { Story } from './story.ts';
import { buildWorld, type DemoWorld } from './world.ts';

/** So much must be recorded before the first edit is submitted. */
const RECORDED_SECONDS = 8;

/** From the first row to the last link; usually a fifth of that. */
const PATIENCE_SECONDS = 80;

/** What became of one row; printed by --once for a program to read. */
export interface DemoEvent {
	id: string;
	state: string;
	video_link: string | null;
	/** The video on this disk. */
	file: string | null;
	/** Cells by header, as read back through the Sheets API. */
	sheet_row: Record<string, string>;
	/** What the row's Error cell says. */
	error: string | null;
}

export interface DemoOptions {
	/** A new folder for all that the demo makes; undefined: a temporary one. */
	folder: string | undefined;
	/** Somebody will open the pages. */
	visited: boolean;
	/** Told what happens, for people. */
	say: (sentence: string) => void;
	signal: AbortSignal;
}

/**
 * The main job end to end, by the real commands as processes of their own: a live test stream, a local sheet, sheet-sync,
 * the web service and two cutter nodes, on an embedded PostgreSQL. Three rows are typed in, two of them edited, and their videos awaited;
 * then `afterwards` runs while all of it still does. Everything is stopped at the end; the folder stays.
 */
export async function runDemo(
	options: DemoOptions,
	afterwards: (events: DemoEvent[], world: DemoWorld) => Promise<void>,
): Promise<void> {
	options.say('Starting an embedded PostgreSQL …');
	const world = await buildWorld(options.folder, options.visited);
	options.say(`Everything of this demo lies in ${world.folder}`);
	world.server.keepRunning(() => options.say('PostgreSQL has ended; it was started again'));
	const database = openDatabase(world.server.url, { applicationName: 'cutsheet-demo' });
	const ended = new AbortController();
	const signal = AbortSignal.any([options.signal, ended.signal]);
	try {
		const work = demonstrate(world, database.kysely, { ...options, signal }).then((events) =>
			afterwards(events, world),
		);
		work.catch(() => undefined);
		await Promise.race([work, world.processes.failure]);
	} finally {
		options.say('Stopping …');
		ended.abort(new Error('The demo has ended.'));
		await world.processes.stop();
		await database.close();
		await world.server.leave({ always: true });
	}
}

async function demonstrate(world: DemoWorld, db: Db, { say, signal }: DemoOptions): Promise<DemoEvent[]> {
	const { processes } = world;
	say('Starting a recorder with a test stream: a clock and a frame number in every picture');
	await processes.start('record', ['record', '--test-stream']);
	await migrate(db);
	say('Starting the local sheet, sheet-sync, the web service, and the cutter nodes north and south');
	await processes.start('local-sheet', ['local-sheet']);
	const { name, password } = world.signIn;
	await createAccount(db, { name, role: 'admin', passwordHash: await hashPassword(password) });
	await processes.start('web', ['web']);
	const sheet = new DemoSheet(world.sheetUrl, world.spreadsheet);
	await until('the local sheet answers', signal, async () => (await sheet.headers()) !== undefined);
	await processes.start('sheet-sync', ['sheet-sync']);
	await processes.start('cutter-north', ['cutter'], { CUTSHEET_NODE: 'north' });
	await processes.start('cutter-south', ['cutter'], { CUTSHEET_NODE: 'south' });
	await until('the web service answers', signal, () =>
		fetch(`${world.webUrl}/api/sign-in`).then(
			({ ok }) => ok,
			() => false,
		),
	);

	const begin = await recordingBegin(world, signal);
	const script = demoScript(begin, world.countFrom);
	say(`Typing ${script.length} rows into the sheet, as organizers do`);
	const rows = await sheet.type(script.map((event) => event.cells));
	const ids = await Promise.all(
		rows.map((row) =>
			until(`row ${row} has an id`, signal, async () => (await sheet.row(row)).ID || undefined),
		),
	);
	const titles = new Map(ids.map((id, index) => [id, script[index]!.cells.Description!]));
	for (const [id, title] of titles) say(`          “${title}” has the id ${id}`);

	const story = new Story(db);
	const tell = async () => (await story.next(titles)).forEach(say);
	await until('the rows are in the database', signal, async () => {
		await tell();
		const found = await db.selectFrom('events').select('id').where('id', 'in', ids).execute();
		return found.length === ids.length;
	});
	say(`Waiting until ${RECORDED_SECONDS} s are recorded`);
	await until('enough is recorded', signal, () => isRecorded(world, begin, RECORDED_SECONDS));
	for (const [index, { ranges }] of script.entries()) {
		if (ranges.length === 0) continue;
		const words = ranges.flatMap(([start, end]) => [
			'--range',
			`${start.toISOString()},${end.toISOString()}`,
		]);
		say(`cutsheet edit ${ids[index]} ${words.join(' ')}`);
		await processes.run(['edit', ids[index]!, '--editor', 'demo', ...words]);
		await tell();
	}
	await until('every row has its link or its error', signal, async () => {
		await tell();
		const shown = await Promise.all(rows.map((row) => sheet.row(row)));
		return shown.every((row, index) => (script[index]!.ranges.length > 0 ? row.Video : row.Error));
	});
	return await Promise.all(ids.map((id, index) => demoEvent(db, sheet, id, rows[index]!)));
}

interface ScriptedEvent {
	/** What an organizer types, by header. */
	cells: Record<string, string>;
	/** What the editor submits; none for a row that cannot be edited. */
	ranges: [Date, Date][];
}

/**
 * The rows of the demo: a plain one, one of two ranges, and one with a mistake. The edits begin and end between
 * keyframes (every 2 s), on pictures (every 40 ms). `begin`: of the recording. Pure.
 */
export function demoScript(begin: Date, countFrom: Date): ScriptedEvent[] {
	const at = (seconds: number) => new Date(begin.getTime() + Math.round(seconds * 1000));
	const typed = (seconds: number) => clock(at(seconds).getTime() - countFrom.getTime());
	return [
		{
			cells: { Description: 'Opening', Category: 'talk', Start: typed(1), End: typed(6) },
			ranges: [[at(1.24), at(5.48)]],
		},
		{
			cells: {
				Description: 'Highlights',
				Category: 'cut',
				Start: at(0).toISOString(),
				Tags: 'best of, demo',
			},
			ranges: [
				[at(4.12), at(6.36)],
				[at(0.6), at(2.2)],
			],
		},
		{ cells: { Description: 'Closing', Start: 'half past nine' }, ranges: [] },
	];
}

/** Milliseconds as H:MM:SS. */
function clock(milliseconds: number): string {
	const seconds = Math.floor(milliseconds / 1000);
	const two = (value: number) => String(value % 60).padStart(2, '0');
	return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}

async function demoEvent(db: Db, sheet: DemoSheet, id: string, row: number): Promise<DemoEvent> {
	const { state, video_link, error } = await db
		.selectFrom('events')
		.select(['state', 'video_link', 'error'])
		.where('id', '=', id)
		.executeTakeFirstOrThrow();
	const cells = await sheet.row(row);
	return {
		id,
		state,
		video_link,
		file: video_link && fileURLToPath(video_link),
		sheet_row: cells,
		error: cells.Error || error,
	};
}

/** When the first segment on disk begins. */
async function recordingBegin(world: DemoWorld, signal: AbortSignal): Promise<Date> {
	return await until('the first segment is recorded', signal, async () => {
		const [first] = await recordedToday(world);
		return first && dateFromTicks(first.start);
	});
}

async function isRecorded(world: DemoWorld, begin: Date, seconds: number): Promise<boolean> {
	const last = (await recordedToday(world)).at(-1);
	return last !== undefined && last.start + last.duration >= ticksFromDate(begin) + seconds * 90_000;
}

function recordedToday({ store }: DemoWorld) {
	const now = Date.now();
	const [start, end] = [new Date(now - 3_600_000), new Date(now + 3_600_000)];
	return findSegments(store, ticksFromDate(start), ticksFromDate(end));
}

/** Asks until the answer is something; rejects, naming what was waited for, when stopped or after too long. */
async function until<T>(
	what: string,
	signal: AbortSignal,
	ask: () => Promise<T | undefined | false>,
): Promise<T> {
	const deadline = performance.now() + PATIENCE_SECONDS * 1000;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (performance.now() > deadline) throw new Error(`Waited ${PATIENCE_SECONDS} s in vain until ${what}.`);
		await sleep(150, undefined, { signal }).catch(() => signal.throwIfAborted());
	}
}
