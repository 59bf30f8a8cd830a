import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { sql } from 'kysely';
import { parse } from 'yaml';
import { grantRoles } from '../../db/roles.ts';
import { checkConfig } from '../../services/config-schema.ts';
import { createDatabase } from '../support/database.ts';
import { newEvent } from '../support/events.ts';

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

function blocks(language: string): string[] {
	return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
		(match) => match[1]!,
	);
}

test('the configuration in the README is a valid one', (t) => {
	const [yaml] = blocks('yaml');
	t.like(checkConfig(parse(yaml!)), { config: { cutter: { node: 'node-1' } } });
});

test('an operator may run the SQL in the README, one statement after the other, on one row', async (t) => {
	const { db } = await createDatabase(t);
	const prefix = `r${randomBytes(6).toString('hex')}_`;
	const roles = await grantRoles(db, { prefix });
	t.teardown(async () => {
		for (const role of roles) {
			await sql`drop owned by ${sql.id(role)}`.execute(db);
			await sql`drop role ${sql.id(role)}`.execute(db);
		}
	});
	const id = '6ce0b992-23a4-4d17-ad4f-3e561d9dbecf';
	await newEvent(db, { id });
	await db.updateTable('events').set({ state: 'EDITED' }).where('id', '=', id).execute();
	const statements = blocks('sql')[0]!
		.split(/;\n/)
		.filter((statement) => statement.trim() !== '');
	t.true(statements.length > 10);
	for (const statement of statements) {
		// A link by hand is for a row that is not EDITED.
		if (statement.includes('UPLOADED')) await db.updateTable('events').set({ state: 'UNEDITED' }).execute();
		await db.transaction().execute(async (trx) => {
			await sql`set local role ${sql.id(`${prefix}operator`)}`.execute(trx);
			await sql.raw(statement).execute(trx);
		});
	}
	const row = await db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
	t.like(row, { state: 'UPLOADED', uploader: 'manual', priority: 10, allow_holes: true });
});
