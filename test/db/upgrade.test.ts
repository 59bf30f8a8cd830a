import { readdir } from 'node:fs/promises';
import test from 'ava';
import { sql } from 'kysely';
import { migrate } from '../../db/migrate.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { completeEvent, finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { eventRow, runningNode, VIDEO_END, VIDEO_START } from '../support/events.ts';

const folder = new URL('../../db/migrations/', import.meta.url);
const names = (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort();
/** From here on there is a life of an event; before, only rows. */
const WORKERS = '0009_aftercare';

for (const name of names.slice(0, -1)) {
	test(`a database at ${name}, with rows and work under way, is brought up to date, and the work goes on`, async (t) => {
		const { db } = await createEmptyDatabase(t);
		await migrate(db, { last: name });
		const insert = async (description: string) => {
			const { rows } = await sql<{ id: string }>`
				insert into events (description, notes, tags, video_start, video_end, video_title, video_description)
				values (${description}, 'kept', '{a,b}', ${VIDEO_START}, ${VIDEO_END}, 'A title', 'text') returning id`.execute(
				db,
			);
			return rows[0]!.id;
		};
		const [resting, working] = [await insert('resting'), await insert('working')];
		let lease: string | undefined;
		if (name >= WORKERS) {
			await runningNode(db, 'a');
			await sql`update events set state = 'EDITED' where id = ${working}`.execute(db);
			lease = (await claimFirst(db, await claimableEvents(db, 'a', []), 'a', 600))!.lease;
		}
		t.deepEqual(await migrate(db), names.slice(names.indexOf(name) + 1));
		t.deepEqual(await migrate(db), []);

		t.like(await eventRow(db, resting), {
			state: 'UNEDITED',
			description: 'resting',
			notes: 'kept',
			tags: ['a', 'b'],
			video_start: VIDEO_START,
		});
		if (lease === undefined) {
			await runningNode(db, 'a');
			const ranges = [{ start: VIDEO_START, end: VIDEO_END }];
			await submitEdit(db, working, { ranges, title: 'A title', description: '' });
			lease = (await claimFirst(db, await claimableEvents(db, 'a', []), 'a', 600))!.lease;
		}
		t.true(await storeUploadSession(db, lease, { kind: 'local', attempt: '1' }));
		t.true(await finalizeEvent(db, lease));
		t.true(await completeEvent(db, lease, { link: 'https://v' }));
		t.like(await eventRow(db, working), { state: 'UPLOADED', video_link: 'https://v', uploader: 'a' });
	});
}
