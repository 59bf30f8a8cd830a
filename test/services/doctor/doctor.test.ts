import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../db/connect.ts';
import { type EmbeddedServer, startEmbeddedPostgres } from '../../../db/embedded.ts';
import { giveLogin, grantRoles } from '../../../db/roles.ts';
import { recordingFindings } from '../../../services/doctor/check-recording.ts';
import { clockFinding } from '../../../services/doctor/clock-skew.ts';
import type { Finding } from '../../../services/doctor/finding.ts';
import { asRole, createDatabase, createEmptyDatabase, prepareTemplate } from '../../support/database.ts';
import { runningNode } from '../../support/events.ts';
import { temporaryFolder } from '../../support/recording.ts';
import { freePorts, writeConfig } from '../../support/service-process.ts';

const PROGRAM = path.join(import.meta.dirname, '../../../services/bin/cutsheet');

// The server of all tests keeps nothing through a crash, which the doctor calls a problem.
let folder: string;
let server: EmbeddedServer;
test.before(async () => {
	folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-doctor-test-'));
	await chmod(folder, 0o711);
	server = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres') });
	process.env.CUTSHEET_TEST_DATABASE = server.url;
	await prepareTemplate(server.url);
});
test.after.always(async () => {
	await server?.leave({ always: true });
	await rm(folder, { recursive: true, force: true });
});

test('a node on which all is well is told so, and the doctor leaves no trace', async (t) => {
	const { url } = await createDatabase(t);
	const folder = await temporaryFolder(t);
	const { videos, config } = await cutterConfig(folder, url);
	const { code, stdout } = await doctor(['--config', config]);
	t.is(code, 0, stdout);
	t.regex(stdout, /Nothing has to be mended\.\n$/);
	for (const part of ['configuration', 'database', 'ffmpeg', 'disks', 'segments', 'locations', 'ports']) {
		t.regex(stdout, new RegExp(`^${part}:\\n {2}(ok|note)`, 'm'));
	}
	t.deepEqual(await readdir(videos), []);
});

test('everything that is wrong is told at once, with what to do, and never a password', async (t) => {
	const { url, db } = await createDatabase(t);
	await runningNode(db, 'south', ['videos']);
	const folder = await temporaryFolder(t);
	const [taken] = await freePorts(1);
	const { config } = await cutterConfig(folder, url, {
		locations: { gone: { kind: 'local', path: path.join(folder, 'gone') } },
		health: { host: '203.0.113.1', ports: { cutter: taken } },
	});
	await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(db);
	const { code, findings, stdout } = await doctor(['--config', config, '--json']);
	t.is(code, 3);
	const problems = findings.filter(({ kind }) => kind === 'problem').map(({ sentence }) => sentence);
	for (const expected of [
		/The schema lacks \d{4}_\w+\. As the owner of the tables, run: cutsheet migrate/,
		/“videos” is configured here \(local\) differently from south \(local\)\. Make the configurations alike/,
		/gone" does not exist\. Create it, or mount its disk\./,
		/^Port \d+ on 203\.0\.113\.1 \(health\.ports\.cutter\) cannot be listened on/,
	]) {
		t.true(
			problems.some((sentence) => expected.test(sentence)),
			`${expected} in ${problems.join('\n')}`,
		);
	}
	t.is(problems.length, 4);
	const { password } = new URL(url);
	t.false(stdout.includes(decodeURIComponent(password)));
});

test('a database that forgets what it has said was stored is told, with the way to mend it', async (t) => {
	const { url, db } = await createDatabase(t);
	const { config } = await cutterConfig(await temporaryFolder(t), url);
	await sql`alter database ${sql.id(new URL(url).pathname.slice(1))} set synchronous_commit = off`.execute(
		db,
	);
	const { code, findings } = await doctor(['database', '--config', config, '--json']);
	t.is(code, 3);
	const [problem, ...others] = findings.filter(({ kind }) => kind === 'problem');
	t.deepEqual(others, []);
	t.regex(
		problem!.sentence,
		/synchronous_commit = off: a crash .* submitted\. .* alter system set synchronous_commit = on;/,
	);
});

test('a database that can only be read is told, with the way to mend it', async (t) => {
	const { url, db } = await createDatabase(t);
	const { config } = await cutterConfig(await temporaryFolder(t), url);
	const name = sql.id(new URL(url).pathname.slice(1));
	await sql`alter database ${name} set default_transaction_read_only = on`.execute(db);
	const { code, findings } = await doctor(['database', '--config', config, '--json']);
	t.is(code, 3);
	const problems = findings.filter(({ kind }) => kind === 'problem').map(({ sentence }) => sentence);
	t.regex(problems.join('\n'), /can only be read, .* Set it to off again, for the database and this login\./);
});

test('a wrong password and a program that cannot be run are told with what to do', async (t) => {
	const { url } = await createDatabase(t);
	const wrong = new URL(url);
	wrong.password = 'S3CRET';
	const { config, videos } = await cutterConfig(await temporaryFolder(t), wrong.href);
	const { stdout } = await doctor(['--config', config], { FFMPEG_PATH: '/bin/false' });
	t.regex(stdout, /PROBLEM {2}The database refuses the login \(.*\)\. Correct the password in database\.url/);
	t.regex(stdout, /PROBLEM {2}\/bin\/false cannot be run\. Install a full build/);
	t.false(stdout.includes('S3CRET'));
	t.deepEqual(await readdir(videos), []);
});

test('a login that is not the one for the work of the machine is told', async (t) => {
	const { url, db } = await createDatabase(t);
	const { config } = await cutterConfig(await temporaryFolder(t), url);
	await grantRoles(db, { prefix: 'doctored_' });
	const login = new URL(url);
	login.username = 'doctored_web';
	login.password = await giveLogin(db, 'doctored_web');
	const { stdout } = await doctor(['database', '--config', config], { DATABASE_URL: login.href });
	t.regex(stdout, /PROBLEM {2}The role doctored_web may not do the work of cutter;.*\(cutter\.url\)/);
	login.username = 'doctored_cutter';
	login.password = await giveLogin(db, 'doctored_cutter');
	const right = await doctor(['database', '--config', config], { DATABASE_URL: login.href });
	t.regex(right.stdout, /The role doctored_cutter may claim and cut\./);
});

test('a stranger that keeps every sheet-sync from leading is told, with the way to end it', async (t) => {
	const { url } = await createDatabase(t);
	const file = await writeConfig(await temporaryFolder(t), 'sheet', {
		database: { url },
		sheet: { spreadsheet: 'talks' },
		localSheet: { port: (await freePorts(1))[0] },
	});
	const stranger = openDatabase(asRole(url, 'readonly'), { applicationName: 'psql', connections: 1 });
	await sql`select pg_advisory_lock(hashtextextended('cutsheet sheet-sync talks', 0))`.execute(
		stranger.kysely,
	);
	const { findings } = await doctor(['sheet', '--config', file, '--json']);
	await stranger.close();
	t.regex(
		findings.map(({ sentence }) => sentence).join('\n'),
		/A connection of the role test_readonly \(PID \d+\) holds the lock .* select pg_terminate_backend\(\d+\);/,
	);
});

test('a database that is not there, or empty, stops nothing else from being looked at', async (t) => {
	const folder = await temporaryFolder(t);
	const { url } = await createEmptyDatabase(t);
	const empty = await cutterConfig(folder, url);
	const parts = (findings: Finding[]) => new Set(findings.map(({ part }) => part)).size;
	const first = await doctor(['--json', '--config', empty.config]);
	t.true(first.findings.some(({ sentence }) => /The schema lacks 0001_events, /.test(sentence)));
	t.is(parts(first.findings), 7);
	const away = await cutterConfig(folder, 'postgres://me:S3CRET@127.0.0.1:1/none');
	const second = await doctor(['--json', '--config', away.config]);
	t.is(second.code, 3);
	t.true(second.findings.some(({ sentence }) => /cannot be reached \(ECONNREFUSED\)/.test(sentence)));
	t.is(parts(second.findings), 7);
	t.false(second.stdout.includes('S3CRET'));
});

test('a configuration that cannot be is all that is told', async (t) => {
	const folder = await temporaryFolder(t);
	const file = path.join(folder, 'wrong.yaml');
	await writeFile(file, 'cutter:\n  concurency: 2\n');
	const { code, stdout } = await doctor(['--config', file]);
	t.is(code, 3);
	t.regex(
		stdout,
		/PROBLEM {2}.*wrong\.yaml:2: cutter\.concurency is no setting\. Did you mean concurrency\?/,
	);
});

test('only the parts that are named are looked at', async (t) => {
	const folder = await temporaryFolder(t);
	const { config } = await cutterConfig(folder, 'postgres://127.0.0.1:1/none');
	const { code, findings } = await doctor(['ffmpeg', 'disks', '--json', '--config', config]);
	t.is(code, 0);
	t.deepEqual([...new Set(findings.map(({ part }) => part))], ['ffmpeg', 'disks']);
});

const clocks: [readings: [asked: number, answered: number, server: number][], Finding['kind'], RegExp][] = [
	[[[0, 10, 5]], 'fine', /0\.0 s/],
	[[[0, 10, -2_995]], 'hint', /3\.0 s ahead of that of the database/],
	[[[0, 10, 60_005]], 'problem', /60\.0 s behind that of the database/],
	// A slow answer may be as wrong as it is slow: the quickest one counts.
	[
		[
			[0, 30_000, 0],
			[40_000, 40_010, 40_005],
		],
		'fine',
		/0\.0 s/,
	],
	[[[0, 30_000, 0]], 'fine', /15\.0 s/],
];
for (const [readings, kind, sentence] of clocks) {
	test(`a clock read as ${JSON.stringify(readings)} is told as ${kind}`, (t) => {
		const found = clockFinding(readings.map(([asked, answered, server]) => ({ asked, answered, server })));
		t.is(found.kind, kind);
		t.regex(found.sentence, sentence);
	});
}

const recordings: [age: number | undefined, holes: number, kinds: string[], sentence: RegExp][] = [
	[undefined, 0, ['hint'], /Nothing is recorded in \/x/],
	[3, 0, ['fine', 'fine'], /ended 3 s ago/],
	[3_600, 0, ['hint', 'fine'], /ended 60 min ago\. If the stream runs, the recorder does not/],
	[-60, 0, ['problem', 'fine'], /lies 60 s in the future/],
	[3, 2, ['fine', 'hint'], /has 2 holes, 4\.5 s in all/],
];
for (const [ageSeconds, holes, kinds, sentence] of recordings) {
	test(`a recording whose end is ${ageSeconds} s old, with ${holes} holes, is told as ${kinds}`, (t) => {
		const found = recordingFindings('/x', { ageSeconds, holes, holeSeconds: holes * 2.25 });
		t.deepEqual(
			found.map(({ kind }) => kind),
			kinds as Finding['kind'][],
		);
		t.regex(found.map((one) => one.sentence).join(' '), sentence);
	});
}

/** A configuration of a cutter in `folder`, whose location `videos` is there and empty. */
async function cutterConfig(
	folder: string,
	url: string,
	{ locations = {}, health = {} }: { locations?: object; health?: object } = {},
) {
	const videos = path.join(folder, 'videos');
	await mkdir(videos, { recursive: true });
	const [web, localSheet] = await freePorts(2);
	const config = await writeConfig(folder, 'cutter', {
		database: { url },
		web: { port: web },
		localSheet: { port: localSheet },
		cutter: {
			node: 'north',
			segments: { base: folder },
			spoolFolder: folder,
			stateFolder: path.join(folder, 'state'),
			locations: { videos: { kind: 'local', path: videos }, ...locations },
		},
		health,
	});
	return { videos, config };
}

async function doctor(words: string[], more: NodeJS.ProcessEnv = {}) {
	const { CUTSHEET_CONFIG: _, DATABASE_URL: __, ...env } = process.env;
	const child = spawn(PROGRAM, ['doctor', ...words], {
		env: { ...env, ...more },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
	const stdout = await text(child.stdout);
	const findings: Finding[] = words.includes('--json') ? JSON.parse(stdout).findings : [];
	return { code: await exit, stdout, findings };
}
