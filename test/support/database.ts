import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';

const TEMPLATE = 'cutsheet_template';

export interface TestDatabase {
	url: string;
	db: Db;
}

/** Makes the template that every test's database is copied from. `url` is of any database of the server. */
export async function prepareTemplate(url: string): Promise<void> {
	await administer(url, `create database ${TEMPLATE}`);
	const template = openDatabase(withDatabase(url, TEMPLATE), { applicationName: 'test-template' });
	await migrate(template.kysely);
	await template.close();
}

/** A migrated database of its own, dropped when the test is over. */
export async function createDatabase(t: Pick<ExecutionContext, 'teardown'>): Promise<TestDatabase> {
	return create(t, `template ${TEMPLATE}`);
}

/** The same without a schema. */
export async function createEmptyDatabase(t: Pick<ExecutionContext, 'teardown'>): Promise<TestDatabase> {
	return create(t, '');
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
