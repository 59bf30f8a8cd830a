import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { CommitJournal } from '../../cutter/claim/commit-journal.ts';
import { resolveUpload } from '../../cutter/claim/resolve-upload.ts';
import { openLocalLocation } from '../../cutter/upload/local.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import {
	adoptFinalizing,
	completeEvent,
	finalizeEvent,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, eventRow, runningNode } from '../support/events.ts';
import { silent, temporaryFolder } from '../support/recording.ts';

test('a node that commits late, after its lease was revoked and its row taken up, publishes nothing', async (t) => {
	const [{ db }, folder] = await Promise.all([createDatabase(t), temporaryFolder(t)]);
	const videos = join(folder, 'videos');
	await mkdir(videos);
	const location = await openLocalLocation('', { kind: 'local', path: videos });
	for (const node of ['late', 'other']) await runningNode(db, node);
	const { id } = await editedEvent(db);
	const video = { title: 'A title', description: '' };

	const { lease } = (await claimFirst(db, await claimableEvents(db, 'late', []), 'late', 600))!;
	const session = await location.begin(video);
	await storeUploadSession(db, lease, session);
	const spool = location.spoolFile(session)!;
	await writeFile(spool, 'pictures');
	await location.send(session, spool, new AbortController().signal);
	await finalizeEvent(db, lease);
	// Here the node stops answering, and an operator who does not know what a commit is gets impatient.
	await t.throwsAsync(db.updateTable('events').set({ state: 'EDITED' }).where('id', '=', id).execute(), {
		message: /late is publishing its video right now/,
	});
	await sql`select revoke_lease(${id}, 'Ada')`.execute(db);
	const adopted = (await adoptFinalizing(db, 'other', 600))!;
	t.is(adopted.event.id, id);
	const commits = await CommitJournal.open(join(folder, 'journal'));
	t.teardown(() => commits.close());
	await resolveUpload({ ...adopted, session, location }, { db, log: silent, maxAttempts: 5, commits });
	t.is((await eventRow(db, id)).state, 'EDITED');

	await t.throwsAsync(location.commit(session, video, spool));
	t.false(await completeEvent(db, lease, { link: 'file:///late' }));
	t.deepEqual(await readdir(videos, { recursive: true }).then(onlyVideos), []);
	t.is((await eventRow(db, id)).state, 'EDITED');
});

function onlyVideos(files: string[]): string[] {
	return files.filter((file) => file.endsWith('.ts'));
}
