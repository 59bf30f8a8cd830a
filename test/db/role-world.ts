import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { type RawBuilder, sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { grantRoles, ROLES, type Role } from '../../db/roles.ts';
import { createDatabase } from '../support/database.ts';

/** SQLSTATEs: insufficient privilege; a view that nobody can write to. */
const DENIED = ['42501', '55000', '0A000'];

export interface World {
	owner: Db;
	as(role: Role): Db;
	prefix: string;
}

/** A database with roles of its own, each of which is logged in. */
export async function world(t: ExecutionContext): Promise<World> {
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
export async function allows(db: Db, statement: RawBuilder<unknown>): Promise<boolean> {
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
