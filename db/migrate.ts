import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import pg from 'pg';
import type { Db } from './connect.ts';
import { describeStranger, type LockHolder } from './lock-holder.ts';

const FOLDER = join(import.meta.dirname, 'migrations');

/** Kysely's own lock, which its migrator takes (dialect/postgres/postgres-adapter). */
const KYSELYS_LOCK = '3853314791062309107';

/** A table that somebody else has in use is asked for so often before it is given up. Others wait behind each time. */
const TRIES = 3;

export interface MigrateOptions {
	/** The name of the migration to stop at. */
	last?: string;
	/** How long (seconds) a step waits for a table that somebody else has in use, each time. Default 5. */
	lockSeconds?: number;
}

/**
 * Brings the schema up to date: each `migrations/NNNN_name.sql` once, in order, each committed on its own (an enum value
 * added in one transaction cannot be used in it). Safe when several processes start at once: they take turns. A database
 * that already went further is fine, unless it names a newer minimum.
 * `db`: a pool of two connections or more. Returns the names of the migrations that this call ran.
 * @throws Error with a sentence that says who is in the way, when somebody is
 */
export async function migrate(db: Db, { last, lockSeconds = 5 }: MigrateOptions = {}): Promise<string[]> {
	const files = await migrationFiles();
	await requireFit(db, files);
	await requireTurn(db);
	const wanted = files.filter((file) => last === undefined || file.replace(/\.sql$/, '') <= last);
	// Kysely's migrator locks too, but reads the catalogue before: a column that another one drops meanwhile would fail it.
	return db.transaction().execute(async (turn) => {
		await sql`select pg_advisory_xact_lock(hashtextextended('cutsheet migrate', 0))`.execute(turn);
		return runMissing(db, wanted, lockSeconds);
	});
}

async function runMissing(db: Db, files: string[], lockSeconds: number): Promise<string[]> {
	const migrator = new Migrator({ db, provider: new SqlFiles(db, files, lockSeconds) });
	const ran: string[] = [];
	for (let tries = 1; ; tries++) {
		const { error, results } = await migrator.migrateUp();
		if (error instanceof pg.DatabaseError && error.code === '55P03') {
			if (tries < TRIES) continue;
			throw new Error(await describeUsers(db, results?.at(-1)?.migrationName ?? 'The next one'), {
				cause: error,
			});
		}
		if (error) throw error;
		if (!results?.length) return ran;
		tries = 0;
		ran.push(
			...results.filter((result) => result.status === 'Success').map((result) => result.migrationName),
		);
	}
}

/** Any role may hold the locks by which those that migrate take turns, but only those that may make tables have a reason to. */
async function requireTurn(db: Db): Promise<void> {
	const { rows } = await sql<LockHolder>`
		select l.pid, a.usename::text as role from pg_locks l join pg_stat_activity a on a.pid = l.pid
		where l.locktype = 'advisory' and l.granted and l.objsubid = 1
			and l.database = (select oid from pg_database where datname = current_database())
			and (l.classid::bigint << 32 | l.objid::bigint)
				in (hashtextextended('cutsheet migrate', 0), ${KYSELYS_LOCK}::bigint)
			and not has_schema_privilege(a.usesysid, 'public', 'create')`.execute(db);
	if (rows[0]) throw new Error(describeStranger(rows[0], 'cutsheet migrate'));
}

/** Who has tables of ours in use, and what to do about it. */
async function describeUsers(db: Db, migration: string): Promise<string> {
	const { rows } = await sql<{ who: string }>`
		select distinct format('%s (PID %s)', a.usename, a.pid) as who
		from pg_locks l join pg_stat_activity a on a.pid = l.pid join pg_class c on c.oid = l.relation
		where l.granted and a.pid <> pg_backend_pid() and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
			and a.datname = current_database() order by 1`.execute(db);
	const users =
		rows.length === 0 ? 'transactions that have ended meanwhile' : rows.map(({ who }) => who).join(', ');
	return (
		`${migration} could not be run, as its tables are in use by ${users}. Nothing of it was done. End transactions that ` +
		'somebody left open (an administrator can: select pg_terminate_backend(PID);), then run cutsheet migrate again.'
	);
}

/** The oldest server that has what our functions use, as server_version_num says it. */
const OLDEST_SERVER = 150_000;

/**
 * Refuses to work with a database that this program does not fit: an old server, one that cannot hold every character, one
 * whose tables a search_path hides, or one that demands a program that knows a later migration.
 * @throws Error with a sentence that says what is wrong, and what to do
 */
export async function requireFit(db: Db, files?: string[]): Promise<void> {
	const { rows } = await sql<{
		number: number;
		version: string;
		encoding: string;
		name: string;
		found: boolean;
		visible: boolean;
		login: string;
	}>`select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
		getdatabaseencoding() as encoding, current_database() as name, session_user as login,
		to_regclass('public.cutsheet_schema') is not null as found,
		to_regclass('cutsheet_schema') is not null as visible`.execute(db);
	const { number, version, encoding, name, found, visible, login } = rows[0]!;
	if (number < OLDEST_SERVER) {
		throw new Error(
			`PostgreSQL ${version} is too old: 15 is the oldest that is supported. Upgrade the server.`,
		);
	}
	// Others refuse some characters (LATIN1), or count and cut bytes (SQL_ASCII, which servers that were set up without a
	// locale have): one row of the sheet would hold up all others.
	if (encoding !== 'UTF8') {
		throw new Error(
			`The database ${name} is encoded in ${encoding}, which cannot hold every character. Make one in UTF8: createdb --encoding=UTF8 --template=template0 --locale=C.UTF-8 NAME`,
		);
	}
	if (!found) return;
	if (!visible) {
		throw new Error(
			`The tables lie in the schema public, to which the search_path of ${login} does not lead. Run: alter role ${login} reset search_path; and, if that is not enough, alter database … reset search_path;`,
		);
	}
	const known = Number.parseInt((files ?? (await migrationFiles())).at(-1) ?? '0', 10);
	const { needs_program } = await db
		.selectFrom('cutsheet_schema')
		.select('needs_program')
		.executeTakeFirstOrThrow();
	if (needs_program > known) {
		throw new Error(
			`The database needs a cutsheet that knows migration ${needs_program}; this one knows ${known}. Upgrade cutsheet on this machine.`,
		);
	}
}

/** Which steps of this program the schema lacks, and which it has of a newer one; names in order. */
export async function schemaState(db: Db): Promise<{ missing: string[]; newer: string[] }> {
	const known = (await migrationFiles()).map((file) => file.replace(/\.sql$/, ''));
	const executed = new Set(await executedMigrations(db));
	return {
		missing: known.filter((name) => !executed.has(name)),
		newer: [...executed].filter((name) => !known.includes(name)).sort(),
	};
}

async function executedMigrations(db: Db): Promise<string[]> {
	const present = await sql<{
		found: boolean;
	}>`select to_regclass('public.kysely_migration') is not null as found`.execute(db);
	if (!present.rows[0]?.found) return [];
	const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
	return rows.map((row) => row.name);
}

/** The files of the migrations, in order. */
async function migrationFiles(): Promise<string[]> {
	return (await readdir(FOLDER)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
}

/**
 * What this transaction makes shall belong to whom the tables belong to, also when another administrator runs it: functions
 * with the rights of their owner would not be let at the tables of another one, and nobody's default rights be those of 0040.
 */
async function becomeOwner(db: Db): Promise<void> {
	const { rows } = await sql<{ owner: string }>`
		select tableowner as owner from pg_tables where schemaname = 'public' and tablename = 'events'
			and tableowner <> current_user`.execute(db);
	const owner = rows[0]?.owner;
	if (owner === undefined) return;
	await sql`select set_config('role', ${owner}, true)`.execute(db).catch((error: Error) => {
		throw new Error(`The tables belong to the role ${owner}: run cutsheet migrate as that one.`, {
			cause: error,
		});
	});
}

class SqlFiles implements MigrationProvider {
	readonly #db: Db;
	readonly #files: string[];
	readonly #lockSeconds: number;

	constructor(db: Db, files: string[], lockSeconds: number) {
		this.#db = db;
		this.#files = files;
		this.#lockSeconds = lockSeconds;
	}

	async getMigrations(): Promise<Record<string, Migration>> {
		const migrations: Record<string, Migration> = {};
		// Steps that a newer program took: Kysely wants every executed migration to be known by name.
		for (const name of await executedMigrations(this.#db)) migrations[name] = { up: async () => undefined };
		for (const file of this.#files) {
			migrations[file.replace(/\.sql$/, '')] = {
				up: async (db) => {
					await becomeOwner(db);
					// While a step waits for a table, everybody who wants it waits behind.
					await sql`select set_config('lock_timeout', ${`${this.#lockSeconds}s`}, true)`.execute(db);
					await sql.raw(await readFile(join(FOLDER, file), 'utf8')).execute(db);
				},
			};
		}
		return migrations;
	}
}
