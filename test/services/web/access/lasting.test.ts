import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../../db/connect.ts';
import { asRole } from '../../../support/database.ts';
import { editedEvent } from '../../../support/events.ts';
import { startTestWeb } from '../../../support/web.ts';

const who = (url: string, cookie: string) =>
	fetch(`${url}/api/session`, { headers: { cookie } }).then((answer) => answer.json());

test('a session ends when it was not used for long, and in any case after its days', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	await sql`update sessions set last_used_at = clock_timestamp() - interval '59 minutes'`.execute(web.db);
	t.like(await who(web.url, ada.cookie), { account: { name: 'Ada' } });
	// That use has renewed it.
	const { rows } = await sql<{ fresh: boolean }>`
		select last_used_at > clock_timestamp() - interval '1 minute' as fresh from sessions`.execute(web.db);
	t.deepEqual(rows, [{ fresh: true }]);
	await sql`update sessions set last_used_at = clock_timestamp() - interval '61 minutes'`.execute(web.db);
	t.like(await who(web.url, ada.cookie), { account: null });
	await sql`update sessions set last_used_at = clock_timestamp(), expires_at = clock_timestamp()`.execute(
		web.db,
	);
	t.like(await who(web.url, ada.cookie), { account: null });
});

test('a new role counts from the next request on', async (t) => {
	const web = await startTestWeb(t);
	const [ada] = [await web.person('admin', 'Ada'), await web.person('admin', 'Bo')];
	t.is((await ada.ask('GET', '/api/accounts')).status, 200);
	await web.db.updateTable('accounts').set({ role: 'operator' }).where('name', '=', 'Ada').execute();
	t.is((await ada.ask('GET', '/api/accounts')).status, 403);
});

test('a token ends on its day, and with its account', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const token = await ada.token(['read', 'admin']);
	const asks = async () =>
		(await fetch(`${web.url}/api/tokens`, { headers: { authorization: `Bearer ${token}` } })).status;
	t.is(await asks(), 200);
	await sql`update api_tokens set expires_at = clock_timestamp()`.execute(web.db);
	t.is(await asks(), 401);
	await sql`update api_tokens set expires_at = null`.execute(web.db);
	t.is(await asks(), 200);
	await web.db.deleteFrom('accounts').execute();
	t.is(await asks(), 401);
});

test('of two admins who disable each other at the same moment one stays', async (t) => {
	const web = await startTestWeb(t);
	const [ada, bo] = [await web.person('admin', 'Ada'), await web.person('admin', 'Bo')];
	const answers = await Promise.all([
		ada.ask('PATCH', `/api/accounts/${bo.id}`, { disabled: true }),
		bo.ask('PATCH', `/api/accounts/${ada.id}`, { disabled: true }),
	]);
	const left = await web.db.selectFrom('accounts').select('name').where('disabled_at', 'is', null).execute();
	t.is(left.length, 1);
	t.is(answers.filter(({ ok }) => ok).length, 1);
});

test('no lock that a guest of the database may take holds up a change of accounts', async (t) => {
	const web = await startTestWeb(t);
	const [ada, bo] = [await web.person('admin', 'Ada'), await web.person('admin', 'Bo')];
	const url = asRole(web.databaseUrl, 'readonly');
	const guest = openDatabase(url, { applicationName: 'guest', connections: 1 });
	await sql`select pg_advisory_lock(hashtext('accounts'))`.execute(guest.kysely);
	t.true((await ada.ask('PATCH', `/api/accounts/${bo.id}`, { disabled: true })).ok);
	await guest.close();
});

test('others see no tokens and sessions of mine, and cannot end them', async (t) => {
	const web = await startTestWeb(t);
	const [ada, eve] = [await web.person('editor', 'Ada'), await web.person('operator', 'Eve')];
	await ada.token(['read']);
	const [mine] = (await (await ada.ask('GET', '/api/tokens')).json()) as { id: string }[];
	const [session] = (await (await ada.ask('GET', '/api/sessions')).json()) as { id: string }[];
	t.deepEqual(await (await eve.ask('GET', '/api/tokens')).json(), []);
	t.is((await eve.ask('GET', '/api/tokens?whose=all')).status, 403);
	t.is((await eve.ask('DELETE', `/api/tokens/${mine!.id}`)).status, 404);
	t.deepEqual(await (await eve.ask('DELETE', `/api/sessions/${session!.id}`)).json(), { ended: 0 });
	t.is((await ada.ask('GET', '/api/tokens')).status, 200);
});

test('what a person does is theirs in the history, beside the database’s user', async (t) => {
	const web = await startTestWeb(t);
	const { id } = await editedEvent(web.db);
	const ada = await web.person('operator', 'Ada');
	t.is((await ada.ask('POST', `/api/events/${id}/cancel`, {})).status, 200);
	const { actor, db_user } = await web.db
		.selectFrom('event_history')
		.select(['actor', 'db_user'])
		.where('event_id', '=', id)
		.orderBy('seq', 'desc')
		.executeTakeFirstOrThrow();
	t.is(actor, 'Ada');
	t.not(db_user, 'Ada');
});
