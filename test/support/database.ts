import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { grantRoles, ROLES, type Role } from '../../db/roles.ts';

const TEMPLATE = 'cutsheet_template';
/** Before the names of the roles of all tests. */
const PREFIX = 'test_';

export interface TestDatabase {
	url: string;
	db: Db;
}

/** Makes the template that every test's database is copied from. `url` is of any database of the server. */
export async function prepareTemplate(url: string): Promise<void> {
	await administer(url, `create database ${TEMPLATE}`);
	const template = openDatabase(withDatabase(url, TEMPLATE), { applicationName: 'test-template' });
	await migrate(template.kysely);
	await grantRoles(template.kysely, { prefix: PREFIX });
	for (const role of ROLES)
		await sql.raw(`alter role ${PREFIX}${role} login password '${role}'`).execute(template.kysely);
	await template.close();
}

/** The URL of a database that `createDatabase` made, for a program under the role that is meant for it. */
export function asRole(url: string, role: Role): string {
	const login = new URL(url);
	login.username = PREFIX + role;
	login.password = role;
	return login.href;
}

/** A migrated database of its own, dropped when the test is over. */
export async function createDatabase(t: Pick<ExecutionContext, 'teardown'>): Promise<TestDatabase> {
	return create(t, `template ${TEMPLATE}`);
}

/** The same without a schema; `options`: of CREATE DATABASE. */
export async function createEmptyDatabase(
	t: Pick<ExecutionContext, 'teardown'>,
	options = '',
): Promise<TestDatabase> {
	return create(t, options);
}

async function create(t: Pick<ExecutionContext, 'teardown'>, options: string): Promise<TestDatabase> {
	const server = process.env.CUTSHEET_TEST_DATABASE;
	if (!server) throw new Error('Run tests with: npm test -- FILE');
	const name = `test_${randomBytes(8).toString('hex')}`;
	await administer(server, `create database ${name} ${options}`);
	const url = withDatabase(server, name);
	const database = openDatabase(url, { applicationName: name, connections: 20 });
	t.teardown(async () => {
		await database.close();
		await administer(server, `drop database ${name} with (force)`);
	});
	return { url, db: database.kysely };
}

async function administer(url: string, statement: string): Promise<void> {
	const server = openDatabase(url, { applicationName: 'test-admin', connections: 1 });
	try {
		await sql.raw(statement).execute(server.kysely);
	} finally {
		await server.close();
	}
}

function withDatabase(url: string, name: string): string {
	const changed = new URL(url);
	changed.pathname = `/${name}`;
	return changed.href;
}
