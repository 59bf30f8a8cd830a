import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { sql } from 'kysely';
import { createAccount } from '../../db/access/accounts.ts';
import { createToken } from '../../db/access/tokens.ts';
import { DemoSheet } from '../../services/demo/sheet.ts';
import { temporaryFolder } from '../support/recording.ts';
import { freePorts, startService } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { jobWorld, PATIENCE_SECONDS, recordOnce } from './job-world.ts';

// All programs at once, each logged in as `cutsheet migrate --roles --logins` has it: one row goes from the sheet to its link,
// and to the published copy, and nobody is refused anything on the way.

const run = promisify(execFile);
const CUTSHEET = join(import.meta.dirname, '../../services/bin/cutsheet');

test('every program does its whole job under the database role that is meant for it', async (t) => {
	const recording = await recordOnce();
	t.teardown(recording.remove);
	const world = await jobWorld(t, 'local', recording);
	const { db, url } = world;
	const logins = join(await temporaryFolder(t), 'logins');
	const prefix = `j${randomBytes(6).toString('hex')}_`;
	const env = { ...process.env, DATABASE_URL: url };
	await run(CUTSHEET, ['migrate', '--config', world.config, '--prefix', prefix, '--logins', logins], { env });
	t.teardown(async () => {
		for (const role of ['sheet_sync', 'cutter', 'web', 'operator', 'readonly']) {
			await sql`drop owned by ${sql.id(prefix + role)}`.execute(db);
			await sql`drop role ${sql.id(prefix + role)}`.execute(db);
		}
	});
	const login = async (role: string) => (await readFile(join(logins, `${role}.url`), 'utf8')).trim();

	const [sheetPort, copyPort, webPort] = await freePorts(3);
	const sheetUrl = `http://127.0.0.1:${sheetPort}`;
	const copyUrl = `http://127.0.0.1:${copyPort}`;
	const settings = {
		...JSON.parse(await readFile(world.config, 'utf8')),
		sheet: { pollSeconds: 0.5, readsPerMinute: 6000, writesPerMinute: 6000 },
		publishSheet: {
			spreadsheet: 'copy',
			endpoint: copyUrl,
			seconds: 1,
			readsPerMinute: 6000,
			writesPerMinute: 6000,
		},
		localSheet: { port: sheetPort },
		web: { port: webPort },
	};
	await writeFile(world.config, JSON.stringify(settings));
	const copyConfig = join(logins, '../copy.yaml');
	await writeFile(
		copyConfig,
		JSON.stringify({ sheet: { spreadsheet: 'copy' }, localSheet: { port: copyPort } }),
	);
	const start = async (service: string, role: string, config = world.config) =>
		startService(t, [service, '--config', config], {
			DATABASE_URL: await login(role),
			CUTSHEET_NODE: 'north',
		});
	const services = [
		await start('local-sheet', 'sheet_sync'),
		await start('local-sheet', 'sheet_sync', copyConfig),
		await start('sheet-sync', 'sheet_sync'),
		await start('publish-sheet', 'sheet_sync'),
		await start('cutter', 'cutter'),
		await start('web', 'web'),
	];
	const logs = () => services.map(({ log }) => log()).join('\n');
	const wait = (condition: () => Promise<boolean>) =>
		until(condition, PATIENCE_SECONDS).catch((error: Error) => {
			throw new Error(`${error.message}\n${logs()}`);
		});

	const sheet = new DemoSheet(sheetUrl, 'cutsheet');
	await wait(async () => (await sheet.headers()) !== undefined);
	const [number] = await sheet.type([{ Description: 'Opening', Start: '2026-05-01 12:00:00' }]);
	await wait(async () => (await sheet.row(number!)).State === 'UNEDITED');
	const id = (await sheet.row(number!)).ID!;

	// An editor submits it through the web service; the account was made by the owner.
	const account = await createAccount(db, { name: 'Ada', role: 'admin' });
	const { token } = await createToken(db, {
		accountId: account,
		name: 'test',
		scopes: ['read', 'write'],
		expiresAt: null,
	});
	const ask = (method: string, path: string, body?: unknown) =>
		fetch(`http://127.0.0.1:${webPort}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
	await wait(async () => (await ask('GET', '/api/session').catch(() => undefined))?.ok ?? false);
	const { edit, seen } = (await (await ask('GET', `/api/events/${id}`)).json()) as {
		edit: object;
		seen: string;
	};
	const submitted = await ask('POST', `/api/events/${id}/submit`, {
		edit: {
			...edit,
			ranges: [{ start: '2026-05-01T12:00:00.000Z', end: '2026-05-01T12:00:12.000Z', join: null }],
			video_title: 'Opening',
			upload_location: 'main',
		},
		seen,
	});
	t.true(submitted.ok, await submitted.text());

	await wait(async () => (await sheet.row(number!)).State === 'UPLOADED');
	await checkUploadedOnce(t, world, id);
	await wait(async () => {
		const address = `${copyUrl}/v4/spreadsheets/copy/values/Schedule`;
		const answer = await fetch(address);
		return answer.ok && /Opening/.test(await answer.text());
	});

	const operator = { ...process.env, DATABASE_URL: await login('operator') };
	const status = await run(CUTSHEET, ['status', '--config', world.config], { env: operator });
	t.regex(status.stdout, /1 uploaded\.[\s\S]*north: runs/);
	const node = { ...process.env, DATABASE_URL: await login('cutter'), CUTSHEET_NODE: 'north' };
	const doctor = await run(CUTSHEET, ['doctor', '--config', world.config], { env: node }).catch(
		(error: { stdout: string; stderr: string }) => error,
	);
	t.notRegex(doctor.stdout + doctor.stderr, /permission denied/);
	t.notRegex(logs(), /permission denied/);
});
