import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import pino from 'pino';
import { CommitJournal } from '../../../cutter/claim/commit-journal.ts';
import { whyUnwritable } from '../../../cutter/claim/folder-check.ts';
import { describeTroubles, TroubleTeller, unreadableJournal } from '../../../cutter/claim/node-troubles.ts';
import { registerNode } from '../../../db/transitions/register-node.ts';
import { tellTroubles } from '../../../db/transitions/tell-troubles.ts';
import { createDatabase } from '../../support/database.ts';
import { runningNode } from '../../support/events.ts';
import { temporaryFolder } from '../../support/recording.ts';

const NODE = {
	node: 'north',
	journalFolder: '/state/commits/north',
	spoolFolder: '/spool',
	locations: new Map([
		['', { upload: { kind: 'local' } }],
		['tube', { upload: { kind: 'youtube' } }],
	]),
};
const FINE = { journal: undefined, attempts: undefined, spool: undefined };

test('a node whose folders can be written to has no trouble', (t) => {
	t.deepEqual(describeTroubles(NODE, FINE), { troubles: [], stopped: [] });
});

test('a journal that cannot be written stops the node for all its locations, in one sentence', (t) => {
	const { troubles, stopped } = describeTroubles(NODE, { ...FINE, journal: 'EROFS', attempts: 'EROFS' });
	t.deepEqual(stopped, ['', 'tube']);
	t.deepEqual(troubles, [
		'north cannot write down in /state/commits/north what it publishes, and so claims and publishes nothing (EROFS). Make room there, or let the node write there.',
	]);
});

test('attempts that cannot be written down stop nothing, and are told', (t) => {
	const { troubles, stopped } = describeTroubles(NODE, { ...FINE, attempts: 'EACCES' });
	t.deepEqual(stopped, []);
	t.regex(
		troubles.join(),
		/^north cannot write down in \/state\/commits\/north\/attempts which files it makes/,
	);
});

test('a spool folder that cannot be written to stops what has to wait in it, and nothing else', (t) => {
	const { troubles, stopped } = describeTroubles(NODE, { ...FINE, spool: 'ENOSPC' });
	t.deepEqual(stopped, ['tube']);
	t.regex(
		troubles.join(),
		/^north cannot write to \/spool, .* claims nothing for upload location “tube” \(ENOSPC\)/,
	);
	const local = new Map([['', { upload: { kind: 'local' } }]]);
	const spool = 'ENOSPC';
	t.deepEqual(describeTroubles({ ...NODE, locations: local }, { ...FINE, spool }), {
		troubles: [],
		stopped: [],
	});
});

test('a journal that cannot be read is told with what is wrong with it', (t) => {
	const { troubles, stopped } = unreadableJournal(NODE, 'Line 1 is damaged.');
	t.deepEqual(stopped, ['', 'tube']);
	t.regex(troubles.join(), /^north cannot read in .* publishes nothing: Line 1 is damaged\.$/);
});

test('trying a folder makes it, and leaves nothing in it; one that cannot be made says why', async (t) => {
	const folder = await temporaryFolder(t);
	t.is(await whyUnwritable(join(folder, 'a/b')), undefined);
	t.deepEqual(await readdir(join(folder, 'a/b')), []);
	await writeFile(join(folder, 'file'), '');
	t.regex((await whyUnwritable(join(folder, 'file/b'))) ?? '', /^ENOTDIR/);
});

test('operators see what is wrong with a node for as long as it is, also what an earlier process said', async (t) => {
	const { db } = await createDatabase(t);
	const folder = await temporaryFolder(t);
	const journalFolder = join(folder, 'commits');
	await mkdir(journalFolder);
	await writeFile(join(journalFolder, 'attempts'), 'no folder');
	const seen: number[] = [];
	const observer = { troubled: (troubles: readonly string[]) => seen.push(troubles.length) } as never;
	const node = { ...NODE, journalFolder, spoolFolder: join(journalFolder, 'attempts'), observer };
	const journal = await CommitJournal.open(journalFolder);
	const log = pino({ level: 'silent' });
	t.deepEqual([...(await new TroubleTeller(node, crypto.randomUUID(), log).look(db, journal))], ['tube']);
	const [told] = await db.selectFrom('current_troubles').selectAll().execute();
	t.like(told, { node: 'north', stopped: ['tube'] });
	t.is(told!.troubles.length, 2);

	const well = { ...node, journalFolder: join(folder, 'well'), spoolFolder: folder };
	const next = new TroubleTeller(well, crypto.randomUUID(), log);
	t.deepEqual([...(await next.look(db, await CommitJournal.open(well.journalFolder)))], []);
	t.deepEqual(await db.selectFrom('node_troubles').selectAll().execute(), []);
	t.deepEqual(seen, [2, 0]);
});

test('a process cannot speak for another one that runs under its name', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'north');
	const stranger = { node: 'north', instance: crypto.randomUUID() };
	t.false(await tellTroubles(db, stranger, { troubles: ['north is broken.'], stopped: [''] }));
	t.deepEqual(await db.selectFrom('node_troubles').selectAll().execute(), []);
});

test('a row whose only node claims nothing says why, and one that another node can cut does not', async (t) => {
	const { db } = await createDatabase(t);
	const instance = crypto.randomUUID();
	const locations = [{ name: '', kind: 'local', limits: {}, configHash: 'same' }];
	await registerNode(db, { name: 'north', instance, version: '1', locations });
	await tellTroubles(db, { node: 'north', instance }, { troubles: ['north cannot write.'], stopped: [''] });
	const reason = async (whitelist: string[] | null) =>
		(
			await sql<{
				why: string | null;
			}>`select waiting_reason('', ${whitelist}::text[], false) as why`.execute(db)
		).rows[0]!.why;
	t.is(await reason(null), 'Waits: north cannot write.');
	await runningNode(db, 'south');
	t.is(await reason(null), null);
	t.is(await reason(['north']), 'Waits: north cannot write.');
});
