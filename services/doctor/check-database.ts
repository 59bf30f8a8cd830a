import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { listen } from '../../db/listen.ts';
import { requireFit, schemaState } from '../../db/migrate.ts';
import { explainDatabaseError, ONLY_READ } from '../database-errors.ts';
import { clockFinding } from './clock-skew.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

/** What a machine is to run, as far as its rights differ. */
export type Program = 'cutter' | 'sheet-sync' | 'web';

/** The answer to a notification must come within this time (ms). */
const LISTEN_MS = 5_000;

/**
 * Whether the database can be reached and has what this program needs, and what the role that we are may do. `directUrl`:
 * past a pooler, for notifications. `programs`: those that are to work with it.
 */
export async function checkDatabase(
	url: string,
	{ directUrl = url, programs }: { directUrl?: string; programs: readonly Program[] },
): Promise<Omit<Finding, 'part'>[]> {
	const database = openDatabase(url, { applicationName: 'cutsheet-doctor', connections: 2 });
	try {
		return await examine(database.kysely, url, directUrl, programs);
	} catch (error) {
		return [problem(explainDatabaseError(error) ?? `The database: ${(error as Error).message}`)];
	} finally {
		await database.close();
	}
}

async function examine(
	db: Db,
	url: string,
	directUrl: string,
	programs: readonly Program[],
): Promise<Omit<Finding, 'part'>[]> {
	const findings: Omit<Finding, 'part'>[] = [];
	const { rows } = await sql<{
		version: string;
		standby: boolean;
		onlyRead: boolean;
		who: string;
		tls: boolean;
	}>`
		select current_setting('server_version') as version,
			pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "onlyRead", current_user as who,
			coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls`.execute(db);
	const server = rows[0]!;
	const { hostname } = new URL(url);
	const where = `PostgreSQL ${server.version} on ${hostname || 'this machine'}`;
	findings.push(fine(`${where} answers to the role ${server.who}.`));
	if (server.standby)
		findings.push(problem(`${where} is a standby, which cannot be written to. Promote it.`));
	else if (server.onlyRead) findings.push(problem(ONLY_READ));
	const isLocal = ['', 'localhost', '127.0.0.1', '::1', '[::1]'].includes(hostname);
	if (!server.tls && !isLocal) {
		findings.push(hint(`The way to ${hostname} is not encrypted. Add ?sslmode=verify-full to the URL.`));
	}
	findings.push(await clock(db), ...(await checkDurability(db)));
	const schema = await checkSchema(db);
	findings.push(schema);
	if (schema.kind !== 'problem') findings.push(...(await checkRights(db, server.who, programs)));
	findings.push(await checkNotifications(db, directUrl));
	return findings;
}

/** What the server may lose of what it has said was stored. */
const DURABILITY = {
	fsync: 'a crash of its machine can destroy the whole database',
	full_page_writes: 'a crash of its machine can destroy the whole database',
	synchronous_commit:
		'a crash of the server forgets the last moments, such as an edit that was said to be submitted',
} as const;

async function checkDurability(db: Db): Promise<Omit<Finding, 'part'>[]> {
	const { rows } = await sql<{ name: keyof typeof DURABILITY }>`
		select name from pg_settings where name in (${sql.join(Object.keys(DURABILITY))}) and setting = 'off' order by name`.execute(
		db,
	);
	return rows.map(({ name }) =>
		problem(
			`The server has ${name} = off: ${DURABILITY[name]}. As its administrator: alter system set ${name} = on; select pg_reload_conf();`,
		),
	);
}

/** Of three questions the one with the quickest answer tells most exactly. */
async function clock(db: Db): Promise<Omit<Finding, 'part'>> {
	const asked: { asked: number; answered: number; server: number }[] = [];
	for (let again = 0; again < 3; again++) {
		const before = Date.now();
		const { rows } = await sql<{ at: number }>`
			select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`.execute(db);
		asked.push({ asked: before, answered: Date.now(), server: rows[0]!.at });
	}
	return clockFinding(asked);
}

async function checkSchema(db: Db): Promise<Omit<Finding, 'part'>> {
	try {
		await requireFit(db);
	} catch (error) {
		return problem((error as Error).message);
	}
	const { missing, newer } = await schemaState(db);
	if (missing.length > 0) {
		return problem(
			`The schema lacks ${missing.join(', ')}. As the owner of the tables, run: cutsheet migrate`,
		);
	}
	if (newer.length > 0) {
		return hint(
			`The schema is newer than this program (it has ${newer.at(-1)}), which still fits. Upgrade soon.`,
		);
	}
	return fine('The schema is that of this program.');
}

async function checkRights(
	db: Db,
	who: string,
	programs: readonly Program[],
): Promise<Omit<Finding, 'part'>[]> {
	const { rows } = await sql<{
		read: boolean;
		change: boolean;
		claim: boolean;
		sync: boolean;
		owner: boolean;
	}>`
		select has_any_column_privilege('events', 'select') as read, has_any_column_privilege('events', 'update') as change,
			exists (
				select from pg_proc where pronamespace = 'public'::regnamespace and proname in ('claim_event', 'claim_first')
					and has_function_privilege(oid, 'execute')
			) as claim,
			exists (
				select from pg_proc where pronamespace = 'public'::regnamespace and proname = 'apply_sheet_rows'
					and has_function_privilege(oid, 'execute')
			) as sync,
			pg_has_role(tableowner, 'usage') as owner
		from pg_tables where schemaname = 'public' and tablename = 'events'`.execute(db);
	const rights = rows[0]!;
	const able = [
		...(rights.read ? ['read events'] : []),
		...(rights.change ? ['change them by SQL'] : []),
		...(rights.claim ? ['claim and cut'] : []),
		...(rights.sync ? ['sync a sheet'] : []),
		...(rights.owner ? ['change the schema'] : []),
	];
	if (able.length === 0) {
		return [problem(`The role ${who} may do nothing here. Make roles with: cutsheet migrate --roles`)];
	}
	const does = { cutter: rights.claim, 'sheet-sync': rights.sync, web: rights.change };
	const lacking = programs.filter((program) => !does[program]);
	if (lacking.length > 0) {
		return lacking.map((program) =>
			problem(
				`The role ${who} may not do the work of ${program}; it may only ${able.join(', ')}. Let database.url have the login ` +
					`that cutsheet migrate --logins wrote for it (${program.replace('-', '_')}.url).`,
			),
		);
	}
	const may = fine(`The role ${who} may ${able.join(', ')}.`);
	if (!rights.owner) return [may];
	return [
		may,
		hint(`The role ${who} owns the schema: more than a service needs. See: cutsheet migrate --roles`),
	];
}

/** Poolers in transaction mode let LISTEN through and then never deliver. */
async function checkNotifications(db: Db, url: string): Promise<Omit<Finding, 'part'>> {
	const mark = `doctor-${crypto.randomUUID()}`;
	const heard = await new Promise<boolean>((resolve) => {
		const over = setTimeout(() => done(false), LISTEN_MS);
		const listener = listen(url, {
			channels: ['event_edited'],
			onNotification: (_, said) => {
				if (said === mark) done(true);
			},
			// What every cutter takes as: look for work. It finds none.
			onConnected: () =>
				void sql`select pg_notify('event_edited', ${mark})`.execute(db).catch(() => done(false)),
		});
		const done = (well: boolean) => {
			clearTimeout(over);
			void listener.close().then(() => resolve(well));
		};
	});
	return heard
		? fine('Notifications arrive.')
		: hint(
				'Notifications do not arrive, so work is found by polling only. Is there a connection pooler in transaction mode? ' +
					'Let database.directUrl name the server itself.',
			);
}
