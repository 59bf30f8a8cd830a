import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { type RawBuilder, sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { feedCursor, readFeed } from '../../db/feed.ts';
import { giveLogin, grantRoles, ROLES, type Role } from '../../db/roles.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { expireLeases, explainWaiting, pruneHistory } from '../../db/transitions/housekeeping.ts';
import {
	completeEvent,
	extendLeases,
	finalizeEvent,
	logJob,
	reportProgress,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { restoreUpload, toldAll } from '../../db/transitions/server-change.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { createDatabase } from '../support/database.ts';
import { eventRow, newEvent, runningNode, VIDEO_END, VIDEO_START } from '../support/events.ts';

/** SQLSTATEs: insufficient privilege; a view that nobody can write to. */
const DENIED = ['42501', '55000', '0A000'];

interface World {
	owner: Db;
	as(role: Role): Db;
	prefix: string;
}

/** A database with roles of its own, each of which is logged in. */
async function world(t: ExecutionContext): Promise<World> {
	const { url, db } = await createDatabase(t);
	const prefix = `t${randomBytes(6).toString('hex')}_`;
	const names = await grantRoles(db, { prefix });
	t.teardown(async () => {
		for (const name of names) {
			await sql`drop owned by ${sql.id(name)}`.execute(db);
			await sql`drop role ${sql.id(name)}`.execute(db);
		}
	});
	const connections = new Map<Role, Db>();
	for (const role of ROLES) {
		await sql`alter role ${sql.id(prefix + role)} login password 'x'`.execute(db);
		const login = new URL(url);
		login.username = prefix + role;
		login.password = 'x';
		const database = openDatabase(login.href, { applicationName: role, connections: 1 });
		t.teardown(() => database.close());
		connections.set(role, database.kysely);
	}
	return { owner: db, prefix, as: (role) => connections.get(role)! };
}

/** Whether a statement is allowed; what else is wrong with it does not matter, and it changes nothing. */
async function allows(db: Db, statement: RawBuilder<unknown>): Promise<boolean> {
	try {
		await db.transaction().execute(async (trx) => {
			await statement.execute(trx);
			throw new RollBack();
		});
		return true;
	} catch (error) {
		return !DENIED.includes((error as { code: string }).code);
	}
}
class RollBack extends Error {}

interface Relation {
	name: string;
	kind: 'r' | 'v';
	columns: string[];
}

async function relations(db: Db): Promise<Relation[]> {
	const { rows } = await sql<Relation>`
		select c.relname as name, c.relkind as kind, array_agg(a.attname::text order by attnum) as columns
		from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') group by 1, 2 order by 1`.execute(
		db,
	);
	return rows;
}

/** Functions of triggers cannot be called, and these roles have no table to hang them on. */
async function functions(db: Db): Promise<{ name: string; call: string }[]> {
	const { rows } = await sql<{ name: string; types: string[] }>`
		select proname as name,
			array(select format_type(type, null) from unnest(proargtypes) with ordinality a (type, n) order by n) as types
		from pg_proc where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype order by 1`.execute(
		db,
	);
	return rows.map(({ name, types }) => ({
		name,
		call: `select ${name}(${types.map((type) => `null::${type}`).join(', ')})`,
	}));
}

const NOTHING: Record<string, string> = {};

const NODES = { nodes: 'all but instance,configured' };
const LOCATIONS = { locations: 'all but config_hash,registered_by,registered_at' };
const SHEET = Object.fromEntries(
	[
		...['sheet_rows', 'sheet_syncs', 'local_spreadsheets', 'local_worksheets', 'local_rows'],
		...['local_changes', 'local_row_changes', 'local_cell_history'],
	].map((table) => [table, 'all']),
);

/** Everything that a role may read: of other tables not one column. */
const READS: Record<Role, Record<string, string>> = {
	sheet_sync: {
		...SHEET,
		...NODES,
		...LOCATIONS,
		sheet_journal: 'all',
		events: 'all but upload_session',
		event_history: 'all but at,db_user,actor,changes,xid',
		event_overview: 'all',
		current_troubles: 'all',
		leases: 'all but outcome',
		lease_items: 'all',
	},
	cutter: {
		nodes: 'all but locations,instance,started_at,awaited_since,configured',
		locations: 'all but limits,registered_at',
		images: 'all but uploaded_by,created_at',
		current_troubles: 'all',
	},
	web: {
		...NODES,
		events: 'all but upload_session',
		event_history: 'all',
		event_overview: 'all',
		node_stores: 'all',
		current_troubles: 'all',
		sheet_syncs: 'all',
		locations: 'all',
		leases: 'all',
		lease_items: 'all',
		job_log: 'all',
		images: 'all',
		accounts: 'all',
		sessions: 'all but secret_hash',
		api_tokens: 'all but secret_hash',
		sign_in_failures: 'all',
		drafts: 'all',
		open_events: 'all',
	},
	operator: {
		...SHEET,
		...Object.fromEntries(
			[
				...[
					'events',
					'event_history',
					'event_story',
					'event_overview',
					'nodes',
					'node_stores',
					'node_troubles',
				],
				...['current_troubles', 'locations', 'leases', 'lease_items', 'job_log', 'images'],
				...['account_history', 'server_seen', 'drafts', 'open_events'],
			].map((table) => [table, 'all']),
		),
		accounts: 'all but password_hash,subject',
		sessions: 'all but secret_hash',
		api_tokens: 'all but secret_hash',
	},
	readonly: {
		...NODES,
		...LOCATIONS,
		event_overview: 'all',
		node_stores: 'all',
		current_troubles: 'all',
	},
};
/** What everybody reads. */
const SCHEMA = ['cutsheet_schema', 'kysely_migration'];

/** Everything that a role may write directly, and how; in brackets the columns, where it is not all of them. */
const WRITES: Record<Role, Record<string, string>> = {
	sheet_sync: Object.fromEntries(
		[
			...['sheet_rows', 'sheet_journal', 'sheet_syncs', 'local_spreadsheets', 'local_worksheets'],
			...['local_rows', 'local_changes', 'local_row_changes'],
		].map((table) => [table, 'insert update delete']),
	),
	cutter: NOTHING,
	web: {
		events:
			'update(state,error,video_link,next_try_at,priority,tags,allow_holes,uploader_whitelist,upload_location,' +
			'video_title,video_description,video_chapters,video_unlisted,thumbnail)',
		images: 'insert',
		accounts: 'insert update delete',
		sessions: 'insert delete',
		api_tokens: 'insert delete',
		sign_in_failures: 'insert delete',
		drafts: 'insert update delete',
		open_events: 'insert update delete',
	},
	operator: { events: 'insert update', images: 'insert' },
	readonly: NOTHING,
};

for (const role of ROLES) {
	test(`${role} reads exactly the columns that are its own to read`, async (t) => {
		const { owner, as } = await world(t);
		for (const { name, columns } of await relations(owner)) {
			const may = SCHEMA.includes(name) ? 'all' : READS[role][name];
			const hidden = may?.replace(/^all( but )?/, '').split(',') ?? columns;
			for (const column of columns) {
				const read = sql`select ${sql.id(column)} from ${sql.id(name)} limit 1`;
				t.is(await allows(as(role), read), !hidden.includes(column), `${name}.${column}`);
			}
		}
	});

	test(`${role} writes exactly the tables that are its own to write, column by column`, async (t) => {
		const { owner, as } = await world(t);
		for (const { name, kind, columns } of await relations(owner)) {
			const may = (WRITES[role][name] ?? '').split(/\([^)]*\)| /);
			const [, only] = /\(([^)]*)\)/.exec(WRITES[role][name] ?? '') ?? [];
			for (const column of columns) {
				const update = sql`update ${sql.id(name)} set ${sql.id(column)} = default where false`;
				const updates = may.includes('update') && (only?.split(',').includes(column) ?? true);
				t.is(await allows(as(role), update), updates, `update ${name}.${column}`);
				const insert = sql`insert into ${sql.id(name)} (${sql.id(column)}) values (default)`;
				t.is(await allows(as(role), insert), may.includes('insert'), `insert ${name}.${column}`);
			}
			const remove = sql`delete from ${sql.id(name)} where false`;
			t.is(await allows(as(role), remove), may.includes('delete'), `delete ${name}`);
			if (kind === 'v') continue;
			t.false(await allows(as(role), sql`truncate ${sql.id(name)} cascade`), `truncate ${name}`);
			t.false(await allows(as(role), sql`alter table ${sql.id(name)} disable trigger all`), `alter ${name}`);
			t.false(await allows(as(role), sql`drop table ${sql.id(name)} cascade`), `drop ${name}`);
		}
		t.false(await allows(as(role), sql`set session_replication_role = replica`));
		t.false(await allows(as(role), sql`create table public.mine (x int)`));
		t.false(await allows(as(role), sql`create schema mine`));
		// With a table of its own one could stand in the way of names that functions look up.
		t.false(await allows(as(role), sql`create temporary table leases (id uuid)`));
		t.false(
			await allows(as(role), sql`create function public.mine() returns int language sql as 'select 1'`),
		);
	});

	test(`${role} cannot become anybody else, nor reach the server's files and programs`, async (t) => {
		const { as, prefix } = await world(t);
		const attempts = [
			...ROLES.filter((other) => other !== role).map((other) => `set role "${prefix}${other}"`),
			'set session authorization postgres',
			`alter role "${prefix}${role}" superuser`,
			`alter role "${prefix}${role}" createrole`,
			'select rolpassword from pg_authid',
			"copy (select 1) to program 'true'",
			"copy (select 1) to '/tmp/cutsheet-roles-test'",
			"select pg_read_file('postgresql.conf')",
			"select lo_import('/etc/hostname')",
			"alter system set log_statement = 'all'",
			'create publication all_of_it for all tables',
			'select lo_create(0)',
			"select lo_from_bytea(0, 'x')",
		];
		for (const attempt of attempts) {
			// Outside of a transaction: some of them are refused in one, whoever asks.
			const outcome = await sql
				.raw(attempt)
				.execute(as(role))
				.catch((error: { code?: string }) => error.code);
			t.is(outcome, '42501', attempt);
		}
	});

	test(`${role} calls exactly the functions that it is given`, async (t) => {
		const { owner, as } = await world(t);
		const given = await grantedFunctions(role);
		for (const { name, call } of await functions(owner)) {
			t.is(await allows(as(role), sql.raw(call)), given.has(name), name);
		}
	});
}

/** The functions that db/roles.sql gives to a role. */
async function grantedFunctions(role: Role): Promise<Set<string>> {
	const text = await rulesText();
	const grants = [...text.matchAll(/grant execute on function\s+([\s\S]*?)\sto\s([^;]*);/g)];
	return new Set(
		grants.filter(([, , to]) => to!.includes(`{${role}}`)).flatMap(([, names]) => names!.split(/[\s,]+/)),
	);
}

async function rulesText(): Promise<string> {
	return readFile(new URL('../../db/roles.sql', import.meta.url), 'utf8');
}

test('every table, column and function is given to a role, or listed as nobody’s', async (t) => {
	const { owner, prefix } = await world(t);
	const nobody = (await rulesText()).split('-- nobody:')[1]!.split(/[^a-z_]+/);
	const { rows } = await sql<{ what: string }>`
		select c.relname || '.' || attname as what from pg_class c join pg_attribute on attrelid = c.oid
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and attnum > 0 and not attisdropped
			and relname <> all (${nobody}) and not exists (
				select from pg_roles where rolname like ${`${prefix}%`}
					and has_column_privilege(oid, c.oid, attnum, 'select, insert, update'))
		union all
		select proname || '()' from pg_proc f
		where pronamespace = 'public'::regnamespace and proname <> all (${nobody}) and not exists (
			select from pg_roles where rolname like ${`${prefix}%`} and has_function_privilege(oid, f.oid, 'execute'))`.execute(
		owner,
	);
	t.deepEqual(rows, []);
});

test('every function with the rights of the owner has a fixed search_path', async (t) => {
	const { db } = await createDatabase(t);
	const { rows } = await sql`
		select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
			and not coalesce(proconfig::text like '%search_path%pg_temp%', false)`.execute(db);
	t.deepEqual(rows, []);
});

test('a row goes from the sheet to the link with each program under its own role', async (t) => {
	const { as } = await world(t);
	const [sync, web, cutter] = [as('sheet_sync'), as('web'), as('cutter')];
	const id = crypto.randomUUID();
	const cursor = await feedCursor(sync);
	const remember = { sheetId: 0, agreed: {}, written: {} };
	const rows = [{ id, fresh: true, changes: { sheet_name: 'Friday', description: 'Opening' }, remember }];
	await sql`select apply_sheet_rows('s', ${JSON.stringify(rows)}::jsonb)`.execute(sync);
	const edit = { ranges: [{ start: VIDEO_START, end: VIDEO_END }], title: 'Opening', description: '' };
	await submitEdit(web, id, { ...edit, editor: 'Ada' });
	await runningNode(cutter, 'a');
	const [candidate] = await claimableEvents(cutter, 'a', []);
	const { lease } = (await claimFirst(cutter, [candidate!], 'a', 60))!;
	t.deepEqual(await extendLeases(cutter, [lease], 60), [lease]);
	await reportProgress(cutter, lease, { stage: 'cutting', percent: 5 });
	await logJob(cutter, lease, 'info', 'Cut');
	await storeUploadSession(cutter, lease, { kind: 'local', attempt: 'a' });
	t.true(await finalizeEvent(cutter, lease));
	t.true(await completeEvent(cutter, lease, { link: 'https://v', told: { title: 'Opening' } }));
	t.deepEqual((await readFeed(sync, cursor)).eventIds, [id]);
	await expireLeases(sync);
	await explainWaiting(cutter);
	await pruneHistory(sync, 365);
	await sql`select * from event_overview`.execute(as('readonly'));
	t.is(await cancelEvent(as('operator'), id, 'Grace'), 'UPLOADED');
});

test('an operator changes rows within the rules, and the history keeps who it was', async (t) => {
	const { owner, as, prefix } = await world(t);
	const { id } = await newEvent(owner);
	const operator = as('operator');
	await operator.updateTable('events').set({ priority: 5 }).where('id', '=', id).execute();
	await operator.updateTable('events').set({ state: 'EDITED' }).where('id', '=', id).execute();
	await t.throwsAsync(
		operator.updateTable('events').set({ video_title: 'Other' }).where('id', '=', id).execute(),
		{ message: /is EDITED: video_title cannot change now/ },
	);
	await web(as('web'), id);
	t.is((await eventRow(owner, id)).priority, 6);
	const history = await owner
		.selectFrom('event_history')
		.select(['db_user', 'actor'])
		.where('event_id', '=', id)
		.orderBy('seq')
		.execute();
	t.deepEqual(
		history.slice(1).map(({ db_user, actor }) => [db_user, actor]),
		[
			[`${prefix}operator`, null],
			[`${prefix}operator`, null],
			[`${prefix}web`, 'Ada'],
		],
	);
});

async function web(db: Db, id: string): Promise<void> {
	await db.transaction().execute(async (trx) => {
		await sql`select set_config('cutsheet.actor', 'Ada', true)`.execute(trx);
		await trx.updateTable('events').set({ priority: 6 }).where('id', '=', id).execute();
	});
}

test('rows for everybody name nobody', async (t) => {
	const { owner, as } = await world(t);
	const { id } = await newEvent(owner, { notes: 'secret', error: 'Ask ada@example.org about it.' });
	const read = await sql<{ error: string }>`select * from event_overview where id = ${id}`.execute(
		as('readonly'),
	);
	t.is(read.rows[0]!.error, 'Ask …@… about it.');
	t.notRegex(JSON.stringify(read.rows), /secret|ada/);
	await submitEdit(owner, id, {
		ranges: [{ start: VIDEO_START, end: VIDEO_END }],
		title: 'T',
		description: '',
		editor: 'Ada',
	});
	await cancelEvent(owner, id, 'Ada', 'wrong');
	const after = await sql<{ error: string }>`select * from event_overview where id = ${id}`.execute(
		as('readonly'),
	);
	t.is(after.rows[0]!.error, 'Cancelled');
});

test('what a node says cannot be turned against events that it has not claimed', async (t) => {
	const { owner, as } = await world(t);
	const cutter = as('cutter');
	await runningNode(cutter, 'a');
	const { id } = await newEvent(owner);
	await submitEdit(owner, id, {
		ranges: [{ start: VIDEO_START, end: VIDEO_END }],
		title: 'T',
		description: '',
	});
	const session = { kind: 'local', attempt: 'x' };
	t.is(await restoreUpload(cutter, 'a', id, session, { link: 'https://evil.example', told: {} }), 'known');
	t.like(await eventRow(owner, id), { state: 'EDITED', video_link: null });
	const wrong = { name: 'a', kind: 'local', limits: { title_max_characters: 'many' }, config_hash: 'x' };
	await t.throwsAsync(
		sql`select register_node('b', gen_random_uuid(), '1', ${JSON.stringify([wrong])}::jsonb)`.execute(cutter),
		{ message: /limits_can_be_read/ },
	);
});

test('no cutter says for another that nothing is to be awaited from it: that is for operators to say', async (t) => {
	const { owner, as } = await world(t);
	const cutter = as('cutter');
	const [north, south] = [await runningNode(cutter, 'north'), await runningNode(cutter, 'south')];
	await sql`update nodes set awaited_since = now()`.execute(owner);
	await t.throwsAsync(sql`select stop_awaiting('north')`.execute(cutter), { message: /permission denied/ });
	const asSouth = await toldAll(cutter, 'north', south);
	t.false(asSouth.told);
	t.regex(asSouth.problem!, /north, south must first say/);
	t.regex((await toldAll(cutter, 'north', north)).problem!, /and south must first say/);
	await sql`select stop_awaiting('south')`.execute(as('operator'));
	const { rows } = await sql<{ problem: null }>`select awaiting_problem() as problem`.execute(cutter);
	t.is(rows[0]!.problem, null);
});

test('the housekeeping cannot drop the history of the last day', async (t) => {
	const { owner, as } = await world(t);
	await newEvent(owner);
	for (const keep of ['0 seconds', '-1 year']) {
		await sql`select prune_history(${keep}::interval)`.execute(as('sheet_sync'));
	}
	const { rows } = await sql`select from event_history`.execute(owner);
	t.true(rows.length > 0);
});

test('a login that cutsheet makes has a password that no log of statements holds', async (t) => {
	const { owner, prefix } = await world(t);
	const role = `${prefix}readonly`;
	const password = await giveLogin(owner, role);
	const { rows } = await sql<{ rolpassword: string }>`
		select rolpassword from pg_authid where rolname = ${role}`.execute(owner);
	const [, iterations, salt, stored] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(rows[0]!.rolpassword)!;
	// RFC 5802: StoredKey = H(HMAC(SaltedPassword, "Client Key")).
	const salted = pbkdf2Sync(password, Buffer.from(salt!, 'base64'), Number(iterations), 32, 'sha256');
	const clientKey = createHmac('sha256', salted).update('Client Key').digest();
	t.is(stored, createHash('sha256').update(clientKey).digest('base64'));
});

test('what somebody with the old login has set for later ones does not outlast a new login, nor a search_path the next grants', async (t) => {
	const { owner, as, prefix } = await world(t);
	const role = sql.id(`${prefix}web`);
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(owner);
	const database = sql.id(rows[0]!.name);
	const settings = async () => {
		const { rows } = await sql<{ set: string }>`
			select unnest(setconfig) as set from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
			where rolname = ${`${prefix}web`} order by 1`.execute(owner);
		return rows.map(({ set }) => set);
	};
	await sql`alter role ${role} set search_path = nowhere`.execute(as('web'));
	await sql`alter role ${role} in database ${database} set search_path = pg_temp`.execute(as('web'));
	await sql`alter role ${role} set statement_timeout = '30s'`.execute(as('web'));
	await grantRoles(owner, { prefix });
	t.deepEqual(await settings(), ['statement_timeout=30s']);
	await sql`alter role ${role} in database ${database} set default_transaction_read_only = on`.execute(
		as('web'),
	);
	await giveLogin(owner, `${prefix}web`);
	t.deepEqual(await settings(), []);
});

test('a role that owns the tables is not taken for one of ours', async (t) => {
	const { db } = await createDatabase(t);
	const prefix = `w${randomBytes(6).toString('hex')}_`;
	const role = sql.id(`${prefix}operator`);
	await sql`create role ${role}`.execute(db);
	t.teardown(async () => {
		await sql`drop owned by ${role} cascade`.execute(db);
		await sql`drop role ${role}`.execute(db);
	});
	await sql`alter table drafts owner to ${role}`.execute(db);
	await t.throwsAsync(grantRoles(db, { prefix }), {
		message: /_operator is there already, and owns the tables/,
	});
	const { rows } = await sql`select from pg_roles where rolname = ${`${prefix}web`}`.execute(db);
	t.deepEqual(rows, []);
});

test('guests can have a few connections only, unless somebody has said otherwise', async (t) => {
	const { owner, prefix } = await world(t);
	const limits = async () => {
		const { rows } = await sql<{ rolconnlimit: number }>`
			select rolconnlimit from pg_roles where rolname = any (${ROLES.map((role) => prefix + role)}) order by rolconnlimit`.execute(
			owner,
		);
		return rows.map(({ rolconnlimit }) => rolconnlimit);
	};
	t.deepEqual(await limits(), [-1, -1, -1, -1, 20]);
	await sql`alter role ${sql.id(`${prefix}readonly`)} connection limit 50`.execute(owner);
	await grantRoles(owner, { prefix });
	t.deepEqual(await limits(), [-1, -1, -1, -1, 50]);
});

test('roles are made anew as often as one likes, and what a role was given besides is taken away', async (t) => {
	const { owner, as, prefix } = await world(t);
	const readonly = sql.id(`${prefix}readonly`);
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(owner);
	const database = sql.id(rows[0]!.name);
	await sql`grant select on accounts to public`.execute(owner);
	await sql`grant select (secret_hash) on sessions to public`.execute(owner);
	await sql`grant all on all sequences in schema public to ${readonly}`.execute(owner);
	await sql`grant create on schema public to ${readonly}`.execute(owner);
	await sql`grant create, temporary on database ${database} to ${readonly}`.execute(owner);
	await sql`grant select (notes) on events to ${readonly}`.execute(owner);
	t.true(await allows(as('readonly'), sql`select notes from events`));
	await Promise.all([grantRoles(owner, { prefix }), grantRoles(owner, { prefix })]);
	t.false(await allows(as('readonly'), sql`select notes from events`));
	for (const forbidden of [
		sql`select name from accounts`,
		sql`select secret_hash from sessions`,
		sql`select nextval('event_history_seq_seq')`,
		sql`create table public.mine (x int)`,
		sql`create schema mine`,
		sql`create temporary table mine (x int)`,
	])
		t.false(await allows(as('readonly'), forbidden));
	t.true(await allows(as('readonly'), sql`select state from event_overview`));
	for (const odd of ['x"; drop table events; --', '', 'X_', 'pg_', '1', 'ä_', 'x'.repeat(42)])
		await t.throwsAsync(grantRoles(owner, { prefix: odd }), { message: /is not one/ }, odd);
});
