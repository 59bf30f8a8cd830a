import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { whileLeading } from '../../db/leadership.ts';
import { describeStranger, type LockHolder, lockHolder } from '../../db/lock-holder.ts';
import { asRole, createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

/** Leads until it is stopped or loses the lead, and tells how far it is. */
function candidate(url: string, applicationName: string) {
	const database = openDatabase(url, { applicationName });
	const stop = new AbortController();
	const state: { leads: boolean; holder?: LockHolder } = { leads: false };
	const options = {
		name: 'a thing',
		signal: stop.signal,
		seconds: 0.05,
		right: 'apply_sheet_rows(text, jsonb, jsonb)',
		onStandby: (holder: LockHolder) => {
			state.holder = holder;
		},
	};
	const done = whileLeading(database.kysely, options, async (signal) => {
		state.leads = true;
		await new Promise((over) => signal.addEventListener('abort', over));
		state.leads = false;
	});
	return {
		state,
		done,
		async stop() {
			stop.abort();
			await done.catch(() => undefined);
			await database.close();
		},
	};
}

test('one of two leads, and the other one takes over when it stops', async (t) => {
	const { url } = await createDatabase(t);
	const first = candidate(asRole(url, 'sheet_sync'), 'a thing');
	await until(() => first.state.leads);
	const second = candidate(url, 'a thing');
	await until(() => second.state.holder !== undefined);
	t.deepEqual([first.state.leads, second.state.leads], [true, false]);
	t.like(second.state.holder, { role: 'test_sheet_sync', isPeer: true });
	await first.stop();
	await until(() => second.state.leads);
	t.false(first.state.leads);
	await second.stop();
	t.false(second.state.leads);
});

test('who loses the connection with the lock stops leading, and says so', async (t) => {
	const { url, db } = await createDatabase(t);
	const first = candidate(url, 'cut off');
	await until(() => first.state.leads);
	const second = candidate(url, 'second');
	await until(() => second.state.holder !== undefined);
	await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut off'`.execute(
		db,
	);
	await t.throwsAsync(first.done, { message: /The connection that holds the lock “a thing” is lost/ });
	t.false(first.state.leads);
	await until(() => second.state.leads);
	await Promise.all([first.stop(), second.stop()]);
});

test('whoever holds the lock without a right to lead is told of as a stranger, with what to do', async (t) => {
	const { url, db } = await createDatabase(t);
	for (const [application, role] of [
		['a thing', 'readonly'],
		['psql', 'sheet_sync'],
	] as const) {
		const stranger = openDatabase(asRole(url, role), { applicationName: application });
		const held = stranger.kysely.connection().execute(async (connection) => {
			await sql`select pg_advisory_lock(hashtextextended('a thing', 0))`.execute(connection);
			await sql`select pg_sleep(60)`.execute(connection);
		});
		held.catch(() => undefined);
		await until(async () => (await lockHolder(db, 'a thing')) !== undefined);
		const leader = candidate(url, 'a thing');
		await until(() => leader.state.holder !== undefined);
		const holder = leader.state.holder!;
		t.like(holder, { role: `test_${role}`, isPeer: false });
		const advice = /select pg_terminate_backend\(\d+\);/.exec(describeStranger(holder, 'sheet-sync'))![0];
		await sql.raw(advice).execute(db);
		await until(() => leader.state.leads);
		await leader.stop();
		await t.throwsAsync(held);
		await stranger.close();
	}
});
