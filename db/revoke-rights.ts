import { sql } from 'kysely';
import type { Db } from './connect.ts';

/**
 * Takes from roles, and from everybody, all that anybody has given them in this database. Run by the owner of the tables or an
 * administrator, in the transaction that gives them their rights anew.
 */
export async function revokeRights(db: Db, roles: readonly string[]): Promise<void> {
	const names = sql.join(roles.map((role) => sql.id(role)));
	for (const { object } of await ownObjects(db)) {
		await sql`revoke all on ${sql.raw(object)} from public, ${names}`.execute(db);
	}
	await revokeColumns(db, names);
	await revokeLaterFunctions(db);
	await sql`revoke create on schema public from public, ${names}`.execute(db);
	const { rows } = await sql<{ database: string }>`select current_database() as database`.execute(db);
	const database = sql.id(rows[0]!.database);
	await sql`revoke create, temporary on database ${database} from ${names}`.execute(db);
	// Nobody here needs temporary tables and large objects, and they fill a disk.
	await sql`revoke temporary on database ${database} from public`.execute(db);
	await revokeLargeObjects(db);
	await revokeMemberships(db, roles);
	await resetSearchPaths(db, roles);
}

/** What belongs to the owner of our tables, as in a GRANT: of extensions, and of others' tables, nothing is taken away. */
async function ownObjects(db: Db): Promise<{ object: string }[]> {
	const { rows } = await sql<{ object: string }>`
		with ours as (select relowner as owner from pg_class where oid = 'public.cutsheet_schema'::regclass)
		select 'table ' || string_agg(c.oid::regclass::text, ', ') as object from pg_class c, ours
		where relnamespace = 'public'::regnamespace and relowner = owner and relkind in ('r', 'v', 'p', 'm') having count(*) > 0
		union all
		select 'sequence ' || string_agg(c.oid::regclass::text, ', ') from pg_class c, ours
		where relnamespace = 'public'::regnamespace and relowner = owner and relkind = 'S' having count(*) > 0
		union all
		select 'function ' || string_agg(p.oid::regprocedure::text, ', ') from pg_proc p, ours
		where pronamespace = 'public'::regnamespace and proowner = owner and prokind in ('f', 'w') and not exists (
			select from pg_depend where objid = p.oid and classid = 'pg_proc'::regclass and deptype = 'e')
			having count(*) > 0`.execute(db);
	return rows;
}

/** What was given by column is not taken away with what was given by table. */
async function revokeColumns(db: Db, names: ReturnType<typeof sql.join>): Promise<void> {
	const { rows } = await sql<{ table: string; columns: string[] }>`
		select c.relname as table, array_agg(a.attname::text) as columns
		from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p') and a.attnum > 0
			and c.relowner = (select relowner from pg_class where oid = 'public.cutsheet_schema'::regclass)
			and not a.attisdropped and a.attacl is not null
		group by c.relname`.execute(db);
	for (const { table, columns } of rows) {
		const ids = sql.join(columns.map((column) => sql.id(column)));
		await sql`revoke all (${ids}) on ${sql.id(table)} from public, ${names}`.execute(db);
	}
}

/** As 0040 does: in a database that was restored without privileges, functions of later steps would be everybody's. */
async function revokeLaterFunctions(db: Db): Promise<void> {
	const { rows } = await sql<{ owner: string }>`
		select tableowner as owner from pg_tables where schemaname = 'public' and tablename = 'cutsheet_schema'`.execute(
		db,
	);
	await sql`alter default privileges for role ${sql.id(rows[0]!.owner)} revoke execute on functions from public`.execute(
		db,
	);
}

/** Everybody may make large objects, which only an administrator can change. Other owners of databases have to bear it. */
async function revokeLargeObjects(db: Db): Promise<void> {
	const { rows } = await sql<{ is: boolean }>`
		select rolsuper as is from pg_roles where rolname = current_user`.execute(db);
	if (!rows[0]!.is) return;
	await sql`revoke execute on function lo_create(oid), lo_creat(int), lo_from_bytea(oid, bytea) from public`.execute(
		db,
	);
}

/** Up to PostgreSQL 15 a role may let others have its rights, without being an administrator. */
async function revokeMemberships(db: Db, names: readonly string[]): Promise<void> {
	const { rows } = await sql<{ role: string; member: string }>`
		select r.rolname as role, m.rolname as member
		from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
			left join pg_roles g on g.oid = a.grantor
		where r.rolname = any (${[...names]}) and (m.rolname = any (${[...names]}) or g.rolname = any (${[...names]}))`.execute(
		db,
	);
	for (const { role, member } of rows) await sql`revoke ${sql.id(role)} from ${sql.id(member)}`.execute(db);
}

/** Each role may set a search_path for its own later sessions, which then find no table. */
async function resetSearchPaths(db: Db, names: readonly string[]): Promise<void> {
	const { rows } = await sql<{ role: string; database: string | null }>`
		select rolname as role, datname as database
		from pg_db_role_setting s join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
		where rolname = any (${[...names]}) and exists (select from unnest(setconfig) one where one like 'search_path=%')`.execute(
		db,
	);
	for (const { role, database } of rows) {
		const where = database === null ? sql`` : sql`in database ${sql.id(database)}`;
		await sql`alter role ${sql.id(role)} ${where} reset search_path`.execute(db);
	}
}
