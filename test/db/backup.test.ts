import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { grantRoles } from '../../db/roles.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { completeEvent, finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { meetServer, restoreUpload, toldAll } from '../../db/transitions/server-change.ts';
import { editedEvent, eventRow, newEvent, runningNode } from '../support/events.ts';
import { haveTool } from '../support/tool.ts';

const run = promisify(execFile);
/** pg_dump must be as new as its server, so both are Debian's here: the embedded server brings no pg_dump. */
const PROGRAMS = '/usr/lib/postgresql/15/bin';
const testOnDebian = haveTool(join(PROGRAMS, 'pg_dump'), 'postgresql-15') ? test : test.skip;

async function startServer(t: ExecutionContext): Promise<{ url: string; db: Db }> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-backup-'));
	await chmod(folder, 0o711);
	const server = await startEmbeddedPostgres({
		folder: join(folder, 'postgres'),
		durable: false,
		binaries: PROGRAMS,
	});
	const database = openDatabase(server.url, { applicationName: 'backup' });
	t.teardown(async () => {
		await database.close();
		await server.leave({ always: true });
		await rm(folder, { recursive: true, force: true });
	});
	return { url: server.url, db: database.kysely };
}

/** What a cutter does with the first row that it may claim; where it stops. */
async function work(db: Db, until: 'claimed' | 'finalizing' | 'uploaded') {
	const { lease, event } = (await claimFirst(db, await claimableEvents(db, 'a', []), 'a', 600))!;
	const session = { kind: 'local', attempt: event.id };
	if (until === 'claimed') return { lease, event, session };
	await storeUploadSession(db, lease, session);
	await finalizeEvent(db, lease);
	if (until === 'uploaded') await completeEvent(db, lease, { link: `https://v/${event.id}` });
	return { lease, event, session };
}

testOnDebian(
	'a dump restored into a new server has everything, and what was published since is not published again',
	async (t) => {
		const [old, fresh] = await Promise.all([startServer(t), startServer(t)]);
		await migrate(old.db);
		await grantRoles(old.db);
		await runningNode(old.db, 'a');
		const { server } = await meetServer(old.db, 'a', undefined);
		await newEvent(old.db, { description: 'resting' });
		await editedEvent(old.db);
		const published = await work(old.db, 'uploaded');
		await editedEvent(old.db);
		const finalizing = await work(old.db, 'finalizing');
		await editedEvent(old.db);
		const claimed = await work(old.db, 'claimed');
		const waiting = await editedEvent(old.db);
		const rows = await old.db.selectFrom('events').selectAll().orderBy('id').execute();
		const history = await old.db.selectFrom('event_history').selectAll().orderBy('seq').execute();

		const { stdout: dump } = await run(
			join(PROGRAMS, 'pg_dump'),
			['--no-owner', '--no-privileges', old.url],
			{
				maxBuffer: 100_000_000,
			},
		);
		// After the dump: one more is published, of which the copy knows nothing.
		const late = await work(old.db, 'uploaded');
		t.is(late.event.id, waiting.id);

		const restored = run(
			join(PROGRAMS, 'psql'),
			['--quiet', '--set=ON_ERROR_STOP=1', '--single-transaction', fresh.url],
			{ maxBuffer: 100_000_000 },
		);
		restored.child.stdin!.end(dump);
		await restored;

		t.deepEqual(await migrate(fresh.db), []);
		await grantRoles(fresh.db);
		await sql`create function of_a_later_version() returns int language sql as 'select 1'`.execute(fresh.db);
		const { rows: everybodys } = await sql`
			select proname from pg_proc where pronamespace = 'public'::regnamespace
				and has_function_privilege('public', oid, 'execute')`.execute(fresh.db);
		t.deepEqual(everybodys, []);
		t.deepEqual(await fresh.db.selectFrom('events').selectAll().orderBy('id').execute(), rows);
		t.deepEqual(await fresh.db.selectFrom('event_history').selectAll().orderBy('seq').execute(), history);

		const met = await meetServer(fresh.db, 'a', server);
		t.true(met.mustTell);
		await storeUploadSession(fresh.db, claimed.lease, claimed.session);
		await t.throwsAsync(finalizeEvent(fresh.db, claimed.lease), { message: /cannot be published now/ });
		const link = `https://v/${late.event.id}`;
		t.is(await restoreUpload(fresh.db, 'a', late.event.id, late.session, { link }), 'restored');
		t.is(
			await restoreUpload(fresh.db, 'a', published.event.id, published.session, {
				link: `https://v/${published.event.id}`,
			}),
			'known',
		);
		const before = await toldAll(fresh.db, 'a', crypto.randomUUID());
		t.false(before.told);
		t.regex(before.problem!, /a must first say/);
		const instance = await runningNode(fresh.db, 'a');
		t.deepEqual(await toldAll(fresh.db, 'a', instance), { told: true, problem: undefined });

		t.like(await eventRow(fresh.db, late.event.id), { state: 'UPLOADED', video_link: link });
		t.deepEqual(await claimableEvents(fresh.db, 'a', []), []);
		// What was under way at the time of the dump goes on under its leases.
		t.true(await completeEvent(fresh.db, finalizing.lease, { link: 'https://v/2' }));
		t.true(await finalizeEvent(fresh.db, claimed.lease));
		t.true(await completeEvent(fresh.db, claimed.lease, { link: 'https://v/3' }));
		const { rows: uploads } = await sql<{ uploads: number }>`
			select count(*)::int as uploads from event_history where to_state = 'UPLOADED' and from_state <> 'UPLOADED'
			group by event_id`.execute(fresh.db);
		t.deepEqual(uploads, [{ uploads: 1 }, { uploads: 1 }, { uploads: 1 }, { uploads: 1 }]);
	},
);
