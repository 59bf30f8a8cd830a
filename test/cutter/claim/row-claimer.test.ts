import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { RowClaimer } from '../../../cutter/claim/row-claimer.ts';
import type { CutterLocation } from '../../../cutter/upload/cutter-location.ts';
import { createDatabase } from '../../support/database.ts';
import { editedEvent, runningNode } from '../../support/events.ts';
import { silent, temporaryFolder } from '../../support/recording.ts';

for (const [what, code, isPassing] of [
	['a connection that is ended', '57P01', true],
	['a transaction that has to give way', '40P01', true],
	['a server without memory', '53200', true],
	['a database that can only be read', '25006', true],
	['a function that is missing in the middle of a migration', '42883', true],
	['a rule that refuses the row', '23514', false],
] as const)
	test(`${what} in the middle of a claim ${isPassing ? 'is no reason to pass the row over' : 'makes the node pass it over'}`, async (t) => {
		const { db } = await createDatabase(t);
		await runningNode(db, 'north');
		const { id } = await editedEvent(db);
		const store = { base: await temporaryFolder(t), channel: 'stage', quality: 'source' };
		const hour = join(store.base, 'stage', 'source', '2026-05-01T12');
		await mkdir(hour, { recursive: true });
		await writeFile(join(hour, `00:00.000000-60.0-full-${'A'.repeat(43)}.ts`), 'read when it is cut only');
		const claimed: string[] = [];
		const locations = new Map([['', {} as CutterLocation]]);
		const claimer = new RowClaimer({ node: 'north', store, leaseSeconds: 60, locations }, db, silent, {
			free: () => 1 - claimed.length,
			start: ({ event }) => claimed.push(event.id),
		});
		const { signal } = new AbortController();

		await sql`create function fail() returns trigger language plpgsql as
			${sql.raw(`$$ begin raise exception 'not now' using errcode = '${code}'; end $$`)}`.execute(db);
		await sql`create trigger fail before update on events for each row execute function fail()`.execute(db);
		const first = claimer.claim(signal);
		await (isPassing ? t.throwsAsync(first, { message: 'not now' }) : t.notThrowsAsync(first));
		await sql`drop trigger fail on events`.execute(db);
		await claimer.claim(signal);
		t.deepEqual(claimed, isPassing ? [id] : []);
	});
