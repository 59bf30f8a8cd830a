import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Db } from './connect.ts';

const FOLDER = join(import.meta.dirname, 'migrations');

/** The database was written by a newer program and demands one. */
export class ProgramTooOldError extends Error {}

/**
 * Brings the schema up to date: each `migrations/NNNN_name.sql` once, in order, each committed on its own (an enum value
 * added in one transaction cannot be used in it). Safe when several processes start at once: they take turns. A database
 * that already went further is fine, unless it names a newer minimum.
 * `db`: a pool of two connections or more. `last`: the name of the migration to stop at. Returns the names of the
 * migrations that this call ran.
 */
export async function migrate(db: Db, last?: string): Promise<string[]> {
	const files = await migrationFiles();
	await requireProgram(db, files);
	const wanted = files.filter((file) => last === undefined || file.replace(/\.sql$/, '') <= last);
	// Kysely's migrator locks too, but reads the catalogue before: a column that another one drops meanwhile would fail it.
	return db.transaction().execute(async (turn) => {
		await sql`select pg_advisory_xact_lock(hashtextextended('cutsheet migrate', 0))`.execute(turn);
		return runMissing(db, wanted);
	});
}

async function runMissing(db: Db, files: string[]): Promise<string[]> {
	const migrator = new Migrator({ db, provider: new SqlFiles(db, files) });
	const ran: string[] = [];
	for (;;) {
		const { error, results } = await migrator.migrateUp();
		if (error) throw error;
		if (!results?.length) return ran;
		ran.push(
			...results.filter((result) => result.status === 'Success').map((result) => result.migrationName),
		);
	}
}

/** Refuses to work with a database that demands a program that knows a later migration than this one. */
export async function requireProgram(db: Db, files?: string[]): Promise<void> {
	const known = Number.parseInt((files ?? (await migrationFiles())).at(-1) ?? '0', 10);
	const present = await sql<{
		found: boolean;
	}>`select to_regclass('public.cutsheet_schema') is not null as found`.execute(db);
	if (!present.rows[0]?.found) return;
	const { needs_program } = await db
		.selectFrom('cutsheet_schema')
		.select('needs_program')
		.executeTakeFirstOrThrow();
	if (needs_program > known) {
		throw new ProgramTooOldError(
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

class SqlFiles implements MigrationProvider {
	readonly #db: Db;
	readonly #files: string[];

	constructor(db: Db, files: string[]) {
		this.#db = db;
		this.#files = files;
	}

	async getMigrations(): Promise<Record<string, Migration>> {
		const migrations: Record<string, Migration> = {};
		// Steps that a newer program took: Kysely wants every executed migration to be known by name.
		for (const name of await executedMigrations(this.#db)) migrations[name] = { up: async () => undefined };
		for (const file of this.#files) {
			migrations[file.replace(/\.sql$/, '')] = {
				up: async (db) => {
					await sql.raw(await readFile(join(FOLDER, file), 'utf8')).execute(db);
				},
			};
		}
		return migrations;
	}
}
