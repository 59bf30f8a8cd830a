import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { whileLeading } from '../../db/leadership.ts';
import { createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

/** Leads until it is stopped or loses the lead, and tells how far it is. */
function candidate(url: string, applicationName: string) {
	const database = openDatabase(url, { applicationName });
	const stop = new AbortController();
	const state = { leads: false, waits: false };
	const options = {
		name: 'a thing',
		signal: stop.signal,
		seconds: 0.05,
		onStandby: () => {
			state.waits = true;
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
	const first = candidate(url, 'first');
	await until(() => first.state.leads);
	const second = candidate(url, 'second');
	await until(() => second.state.waits);
	t.deepEqual([first.state.leads, second.state.leads], [true, false]);
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
	await until(() => second.state.waits);
	await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut off'`.execute(
		db,
	);
	await t.throwsAsync(first.done, { message: /The connection that holds the lock “a thing” is lost/ });
	t.false(first.state.leads);
	await until(() => second.state.leads);
	await Promise.all([first.stop(), second.stop()]);
});
