import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { sql } from 'kysely';
import { migrate } from '../../db/migrate.ts';
import { asRole, createDatabase, createEmptyDatabase } from '../support/database.ts';
import { eventRow, newEvent, runningNode } from '../support/events.ts';

const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');
const NOWHERE = '00000000-0000-4000-8000-000000000000';
const RANGE = ['--start', '2026-05-01T12:00:00Z', '--end', '2026-05-01T12:01:00.500Z'];

test('migrate makes the schema, and does nothing the second time; other commands say that it is needed', async (t) => {
	const { url } = await createEmptyDatabase(t);
	const early = await cutsheet(url, ['status']);
	t.is(early.code, 1);
	t.regex(early.stderr, /Run: cutsheet migrate/);
	t.regex((await cutsheet(url, ['migrate'])).stdout, /^Ran: 0001_/);
	t.is((await cutsheet(url, ['migrate'])).stdout, 'The schema is up to date.\n');
	t.is((await cutsheet(url, ['status'])).code, 0);
});

test('status is for every login that sees events; what a login may not do is told with what to do', async (t) => {
	const { url } = await createDatabase(t);
	for (const role of ['operator', 'web', 'sheet_sync'] as const) {
		const { code, stderr } = await cutsheet(asRole(url, role), ['status']);
		t.is(code, 0, stderr);
	}
	for (const words of [['status'], ['user', 'list']]) {
		const { code, stderr } = await cutsheet(asRole(url, 'readonly'), words);
		t.is(code, 1);
		t.regex(
			stderr,
			/may not do this \(permission denied for table \w+\)\. Use another one: .* cutsheet migrate --roles has given/,
		);
	}
});

test('an upgrade without --roles says that roles which were made before may need new rights', async (t) => {
	const { url, db } = await createEmptyDatabase(t);
	await migrate(db, { last: '0051_node_clashes' });
	t.notRegex((await cutsheet(url, ['migrate'])).stdout, /--roles/);
	const { url: other, db: otherDb } = await createEmptyDatabase(t);
	await migrate(otherDb, { last: '0051_node_clashes' });
	await sql`grant execute on function register_node to test_cutter`.execute(otherDb);
	t.regex(
		(await cutsheet(other, ['migrate'])).stdout,
		/may need new rights now: run cutsheet migrate --roles too/,
	);
});

test('edit submits title, description and range, and tells the history who did', async (t) => {
	const { url, db } = await createDatabase(t);
	const { id } = await newEvent(db, {
		description: 'From the sheet',
		video_title: null,
		video_description: null,
	});
	const words = [
		'edit',
		id,
		...RANGE,
		'--description',
		"It's; here",
		'--editor',
		'Ada',
		'--uploaders',
		'a, b',
		'--allow-holes',
	];
	const { code, stdout, stderr } = await cutsheet(url, words);
	t.is(code, 0, stderr);
	t.regex(stdout, new RegExp(`Event ${id} is EDITED`));
	t.like(await eventRow(db, id), {
		state: 'EDITED',
		video_title: 'From the sheet',
		video_description: "It's; here",
		video_start: new Date('2026-05-01T12:00:00.000Z'),
		video_end: new Date('2026-05-01T12:01:00.500Z'),
		video_ranges: null,
		uploader_whitelist: ['a', 'b'],
		allow_holes: true,
		editor: 'Ada',
	});
});

test('edit takes several ranges in playing order', async (t) => {
	const { url, db } = await createDatabase(t);
	const { id } = await newEvent(db);
	const ranges = ['2026-05-01T12:05:00Z,2026-05-01T12:06:00Z', '2026-05-01T12:00:00Z,2026-05-01T12:01:00Z'];
	const { code, stderr } = await cutsheet(url, ['edit', '--range', ranges[0]!, '--range', ranges[1]!, id]);
	t.is(code, 0, stderr);
	t.deepEqual((await eventRow(db, id)).video_ranges, [
		{ start: '2026-05-01T12:05:00.000Z', end: '2026-05-01T12:06:00.000Z' },
		{ start: '2026-05-01T12:00:00.000Z', end: '2026-05-01T12:01:00.000Z' },
	]);
});

test('what a rule does not allow, and what is not there, is a sentence and exit code 3', async (t) => {
	const { url, db } = await createDatabase(t);
	const { id } = await newEvent(db);
	t.is((await cutsheet(url, ['edit', id, ...RANGE])).code, 0);
	const refusals: [string[], RegExp][] = [
		[['edit', id, ...RANGE], /is EDITED, so its edit cannot be submitted/],
		[['edit', NOWHERE, ...RANGE], /There is no event/],
		[['cancel', NOWHERE], /there is no event/],
	];
	for (const [words, sentence] of refusals) {
		const { code, stderr } = await cutsheet(url, words);
		t.is(code, 3, words.join(' '));
		t.regex(stderr, sentence);
	}
});

test('cancel takes an event back and says so in its row', async (t) => {
	const { url, db } = await createDatabase(t);
	const { id } = await newEvent(db);
	await cutsheet(url, ['edit', id, ...RANGE]);
	const { code, stdout } = await cutsheet(url, ['cancel', id, '--who', 'Grace', '--reason', 'wrong talk']);
	t.is(code, 0);
	t.is(stdout, `Event ${id} was EDITED and is UNEDITED now.\n`);
	const row = await eventRow(db, id);
	t.is(row.state, 'UNEDITED');
	t.regex(row.error ?? '', /Grace|wrong talk/);
});

test('status tells what waits, what failed and why, and which nodes run, in words and as JSON', async (t) => {
	const { url, db } = await createDatabase(t);
	await runningNode(db, 'north');
	const waiting = await newEvent(db, { video_title: 'Waiting' });
	await cutsheet(url, ['edit', waiting.id, ...RANGE]);
	await newEvent(db, { video_title: 'Failed', error: 'The disk is full.' });
	const { stdout } = await cutsheet(url, ['status']);
	t.regex(stdout, /^2 events: 1 unedited, 1 waiting to be cut, 0 being cut or uploaded, 0 uploaded\./);
	t.regex(stdout, new RegExp(`Waiting to be cut:\n {2}${waiting.id} {2}Waiting: in line`));
	t.regex(stdout, /Failed, somebody must act:\n {2}\S+ {2}Failed: The disk is full\./);
	t.regex(stdout, /north: runs/);
	const status = JSON.parse((await cutsheet(url, ['status', '--json'])).stdout);
	t.like(status.counts, { UNEDITED: 1, EDITED: 1 });
	t.is(status.waiting[0].id, waiting.id);
	t.is(status.failed[0].error, 'The disk is full.');
	t.is(status.nodes[0].name, 'north');
});

async function cutsheet(url: string, words: string[]) {
	const child = spawn(PROGRAM, words, {
		env: { ...process.env, DATABASE_URL: url },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	return { code: await exit, stdout, stderr };
}
