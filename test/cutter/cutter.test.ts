import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { runCutter } from '../../cutter/cutter.ts';
import type { CutterOptions } from '../../cutter/cutter-options.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import type { CutterLocation } from '../../cutter/upload/cutter-location.ts';
import { openLocalLocation } from '../../cutter/upload/local.ts';
import type { UploadLocation } from '../../cutter/upload/location.ts';
import { type Db, openDatabase } from '../../db/connect.ts';
import type { VideoTransition } from '../../db/tables.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimEvent } from '../../db/transitions/claim.ts';
import { finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { testFrameNumber } from '../../services/record/test-picture.ts';
import { asRole, createDatabase, type TestDatabase } from '../support/database.ts';
import { eventRow, runningNode } from '../support/events.ts';
import { frameNumbers, recordTestStream, silent, temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';

const STREAM_START = new Date('2026-05-01T12:00:00.000Z');
const at = (seconds: number) => new Date(STREAM_START.getTime() + seconds * 1000);

/** A full cut in the slowest of ways: long enough under way to be interrupted. */
const SLOW: World['style'] = {
	mode: 'full',
	container: 'mpegts',
	fullArguments: ['-c:v', 'libx264', '-preset', 'placebo', '-c:a', 'aac'],
};

interface World extends TestDatabase {
	folder: string;
	store: SegmentStore;
	videos: string;
	location: UploadLocation;
	style: Omit<CutterLocation, 'upload'>;
}

async function world(t: ExecutionContext, seconds: number): Promise<World> {
	const folder = await temporaryFolder(t);
	const videos = join(folder, 'videos');
	await mkdir(videos);
	const [database, store] = await Promise.all([
		createDatabase(t),
		recordTestStream(join(folder, 'segments'), STREAM_START, seconds),
	]);
	return {
		...database,
		folder,
		store,
		videos,
		location: await openLocalLocation('', { kind: 'local', path: videos }),
		style: { mode: 'smart', container: 'mpegts' },
	};
}

/** Starts a cutter under the database role of one; the function that is returned stops it as SIGTERM does and waits until it has stopped. */
async function startCutter(
	t: ExecutionContext,
	world: World,
	node: string,
	options: Partial<CutterOptions> = {},
) {
	const stop = new AbortController();
	const databaseUrl = asRole(world.url, 'cutter');
	const database = openDatabase(databaseUrl, { applicationName: node });
	const running = runCutter(
		{
			node,
			version: 'test',
			store: world.store,
			locations: new Map([['', { upload: world.location, ...world.style }]]),
			templates: {},
			...(await findFfmpeg()),
			spoolFolder: world.folder,
			journalFolder: join(world.folder, 'commits', node),
			concurrency: 2,
			leaseSeconds: 10,
			pollSeconds: 1,
			stopSeconds: 30,
			maxAttempts: 3,
			...options,
		},
		{ db: database.kysely, databaseUrl, log: silent, signal: stop.signal },
	).finally(() => database.close());
	const stopped = async () => {
		stop.abort();
		await running;
	};
	t.teardown(stopped);
	return stopped;
}

async function edited(
	db: Db,
	ranges: { start: Date; end: Date }[],
	title = 'A moment',
	transitions?: VideoTransition[],
): Promise<string> {
	const { id } = await db.insertInto('events').defaultValues().returning('id').executeTakeFirstOrThrow();
	await submitEdit(db, id, { ranges, title, description: '', ...(transitions && { transitions }) });
	return id;
}

async function inState(db: Db, id: string, state: string): Promise<void> {
	await until(async () => (await eventRow(db, id)).state === state);
}

/** The frame numbers that a range of wall time asks for. */
function asked({ start, end }: { start: Date; end: Date }): number[] {
	const numbers: number[] = [];
	for (let time = start.getTime(); time < end.getTime(); time += 40) numbers.push(testFrameNumber(time));
	return numbers;
}

// One after the other: a slow encode that is to be interrupted would slow all others until it is.

test.serial('the ranges of a row are blended as its transitions say', async (t) => {
	const w = await world(t, 6);
	await startCutter(t, w, 'node-1');
	const [first, second] = [
		{ start: at(0.48), end: at(2.4) },
		{ start: at(3.2), end: at(5) },
	];
	const id = await edited(w.db, [first, second], 'Blended', [{ kind: 'circleopen', seconds: 0.6 }]);
	await inState(w.db, id, 'UPLOADED');
	t.is((await eventRow(w.db, id)).error, null);
	const [file] = await readdir(w.videos, { recursive: true, withFileTypes: true }).then((found) =>
		found.filter((entry) => entry.name.endsWith('.ts')),
	);
	const shown = await frameNumbers(join(file!.parentPath, file!.name));
	t.is(shown.length, asked(first).length + asked(second).length - 15);
	t.deepEqual(shown.slice(0, 33), asked(first).slice(0, -15));
	t.deepEqual(shown.slice(48), asked(second).slice(15));
});

test.serial(
	'an edited row becomes a video with exactly the pictures that were asked for, and a link',
	async (t) => {
		const w = await world(t, 12);
		await startCutter(t, w, 'node-1');
		const plain = { start: at(3.2), end: at(9.4) };
		const late = { start: at(8.52), end: at(10) };
		const early = { start: at(1), end: at(2.6) };
		const one = await edited(w.db, [plain], 'One: “plain”');
		const two = await edited(w.db, [late, early], 'Two ranges');
		await inState(w.db, one, 'UPLOADED');
		await inState(w.db, two, 'UPLOADED');
		const rows = [await eventRow(w.db, one), await eventRow(w.db, two)];
		t.like(rows[0], { uploader: 'node-1', error: null });
		t.deepEqual(await frameNumbers(fileURLToPath(rows[0]!.video_link!)), asked(plain));
		t.deepEqual(await frameNumbers(fileURLToPath(rows[1]!.video_link!)), [...asked(late), ...asked(early)]);
		t.is((await readdir(w.videos)).filter((name) => name.endsWith('.partial')).length, 0);
		const story = () =>
			w.db.selectFrom('job_log').select('message').where('event_id', '=', one).orderBy('id').execute();
		await until(async () =>
			(await story()).some(({ message }) => message.startsWith('Published as file://')),
		);
		t.true((await story()).some(({ message }) => message === 'Cut 155 pictures (smart)'));
	},
);

test.serial(
	'a row whose segments are missing says so, waits, lets others pass, and is cut once they are there',
	async (t) => {
		const w = await world(t, 8);
		const hour = join(w.store.base, w.store.channel, w.store.quality, '2026-05-01T12');
		const [taken] = (await readdir(hour)).filter((name) => name.startsWith('00:02'));
		await rename(join(hour, taken!), join(w.folder, taken!));
		await startCutter(t, w, 'node-1');
		const waiting = await edited(w.db, [{ start: at(1), end: at(5) }]);
		const fine = await edited(w.db, [{ start: at(4.5), end: at(7) }]);
		await inState(w.db, fine, 'UPLOADED');
		await until(async () => (await eventRow(w.db, waiting)).error !== null);
		const row = await eventRow(w.db, waiting);
		t.is(row.state, 'EDITED');
		t.regex(
			row.error!,
			/Waits for segments: node-1 lacks 2\.000 s \(2026-05-01T12:00:02\.000Z to 2026-05-01T12:00:04\.000Z\)/,
		);
		await rename(join(w.folder, taken!), join(hour, taken!));
		await inState(w.db, waiting, 'UPLOADED');
		t.is((await eventRow(w.db, waiting)).error, null);
	},
);

test.serial(
	'with allow_holes a hole is left out; a range without any video is refused all the same',
	async (t) => {
		const w = await world(t, 8);
		const hour = join(w.store.base, w.store.channel, w.store.quality, '2026-05-01T12');
		const [taken] = (await readdir(hour)).filter((name) => name.startsWith('00:02'));
		await rename(join(hour, taken!), join(w.folder, taken!));
		const range = { start: at(1), end: at(5) };
		const id = await edited(w.db, [range]);
		const nothing = await edited(w.db, [{ start: at(100), end: at(110) }]);
		await w.db.updateTable('events').set({ allow_holes: true }).execute();
		await startCutter(t, w, 'node-1');
		await inState(w.db, id, 'UPLOADED');
		const row = await eventRow(w.db, id);
		t.deepEqual(await frameNumbers(fileURLToPath(row.video_link!)), [
			...asked({ start: at(1), end: at(2) }),
			...asked({ start: at(4), end: at(5) }),
		]);
		await until(async () => (await eventRow(w.db, nothing)).error !== null);
		t.like(await eventRow(w.db, nothing), { state: 'EDITED' });
	},
);

test.serial('two nodes share the work and no row is cut twice', async (t) => {
	const w = await world(t, 8);
	const ids = await Promise.all(
		Array.from({ length: 12 }, () => edited(w.db, [{ start: at(1), end: at(3) }])),
	);
	await startCutter(t, w, 'node-1');
	await startCutter(t, w, 'node-2');
	for (const id of ids) await inState(w.db, id, 'UPLOADED');
	const uploads = await w.db
		.selectFrom('event_history')
		.select('event_id')
		.where('to_state', '=', 'UPLOADED')
		.execute();
	t.is(uploads.length, 12);
	t.is((await readdir(w.videos)).filter((name) => name.endsWith('.ts')).length, 12);
});

test.serial('cancelling a claimed row stops its cut and clears it away', async (t) => {
	const w = await world(t, 20);
	w.style = SLOW;
	await startCutter(t, w, 'node-1');
	const id = await edited(w.db, [{ start: at(0), end: at(20) }]);
	await inState(w.db, id, 'CLAIMED');
	await until(async () => (await readdir(w.videos)).some((name) => name.endsWith('.partial')));
	await cancelEvent(w.db, id, 'Ada');
	await until(async () => !(await readdir(w.videos)).some((name) => name.endsWith('.partial')));
	t.like(await eventRow(w.db, id), { state: 'UNEDITED', error: 'Cancelled by Ada' });
});

test.serial(
	'a notification that a row was cancelled stops nothing when it was not: every role may send one',
	async (t) => {
		const w = await world(t, 4);
		w.style = SLOW;
		await startCutter(t, w, 'node-1');
		const guest = openDatabase(asRole(w.url, 'readonly'), { applicationName: 'guest' });
		t.teardown(() => guest.close());
		const id = await edited(w.db, [{ start: at(0), end: at(2) }]);
		await inState(w.db, id, 'CLAIMED');
		for (let times = 0; times < 20; times++)
			await sql`select pg_notify('event_cancelled', ${id})`.execute(guest.kysely);
		await until(async () => (await eventRow(w.db, id)).state === 'UPLOADED', 120);
		t.is((await eventRow(w.db, id)).attempts, 0);
		t.is((await w.db.selectFrom('leases').select('id').execute()).length, 1);
	},
);

test.serial('a node that is told to stop hands back what it cannot end in time', async (t) => {
	const w = await world(t, 20);
	w.style = SLOW;
	const stop = await startCutter(t, w, 'node-1', { stopSeconds: 0 });
	const id = await edited(w.db, [{ start: at(0), end: at(20) }]);
	await inState(w.db, id, 'CLAIMED');
	await stop();
	t.like(await eventRow(w.db, id), { state: 'EDITED', uploader: null, attempts: 0 });
	w.style = { mode: 'smart', container: 'mpegts' };
	await startCutter(t, w, 'node-2');
	await inState(w.db, id, 'UPLOADED');
});

test.serial(
	'work that a dead node left is taken up: a claim is cut again, a commit is asked about',
	async (t) => {
		const w = await world(t, 6);
		await runningNode(w.db, 'dead');
		const claimed = await edited(w.db, [{ start: at(1), end: at(3) }]);
		const committed = await edited(w.db, [{ start: at(1), end: at(3) }]);
		const uncommitted = await edited(w.db, [{ start: at(1), end: at(3) }]);
		const sessions: Record<string, Awaited<ReturnType<UploadLocation['begin']>>> = {};
		for (const id of [claimed, committed, uncommitted]) {
			const lease = (await claimEvent(w.db, await eventRow(w.db, id), 'dead', 0.05))!;
			if (id === claimed) continue;
			sessions[id] = await w.location.begin({ title: 'A moment', description: '' });
			await w.db.updateTable('leases').set({ expires_at: null }).where('id', '=', lease).execute();
			await storeUploadSession(w.db, lease, sessions[id]!);
			await finalizeEvent(w.db, lease);
			await w.db
				.updateTable('leases')
				.set({ expires_at: new Date(0) })
				.where('id', '=', lease)
				.execute();
		}
		const video = { title: 'A moment', description: '' };
		await writeFile(w.location.spoolFile(sessions[committed]!)!, 'bytes');
		const publication = await w.location.commit(sessions[committed]!, video, '');
		await startCutter(t, w, 'node-1');
		for (const id of [claimed, committed, uncommitted]) await inState(w.db, id, 'UPLOADED');
		t.like(await eventRow(w.db, committed), { video_link: publication.link, uploader: 'dead' });
		t.like(await eventRow(w.db, claimed), { uploader: 'node-1', attempts: 1 });
		t.like(await eventRow(w.db, uncommitted), { uploader: 'node-1', attempts: 1 });
	},
);

test.serial('videos are packed as their location says, archives into a folder of files', async (t) => {
	const w = await world(t, 8);
	const range = { start: at(1), end: at(5) };
	w.location = await openLocalLocation('', { kind: 'local', path: w.videos, container: 'mp4' });
	w.style = { mode: 'smart', container: 'mp4' };
	const stop = await startCutter(t, w, 'node-1');
	const mp4 = await edited(w.db, [range]);
	await inState(w.db, mp4, 'UPLOADED');
	const link = (await eventRow(w.db, mp4)).video_link!;
	t.true(link.endsWith('.mp4'));
	t.deepEqual(await frameNumbers(fileURLToPath(link)), asked(range));
	await stop();

	w.location = await openLocalLocation('', { kind: 'local', path: w.videos, manyFiles: true });
	w.style = { mode: 'archive', container: 'matroska' };
	await startCutter(t, w, 'node-2');
	const archive = await edited(w.db, [range]);
	await inState(w.db, archive, 'UPLOADED');
	t.deepEqual(await readdir(fileURLToPath((await eventRow(w.db, archive)).video_link!)), ['1.mkv']);
});

test.serial(
	'the thumbnail of a published video is made, and made anew when another is wished for',
	async (t) => {
		const w = await world(t, 6);
		await startCutter(t, w, 'node-1');
		const id = await edited(w.db, [{ start: at(1), end: at(3) }]);
		await inState(w.db, id, 'UPLOADED');
		const file = fileURLToPath((await eventRow(w.db, id)).video_link!).replace(/\.ts$/, '.jpg');
		const told = async () => (await eventRow(w.db, id)).published?.thumbnail;
		const wish = (thumbnail: object) =>
			w.db
				.updateTable('events')
				.set({ thumbnail: JSON.stringify(thumbnail) })
				.where('id', '=', id)
				.execute();
		await wish({ kind: 'frame', at: at(2).toISOString() });
		await until(async () => (await told()) !== undefined);
		t.deepEqual(await frameNumbers(file), [testFrameNumber(at(2).getTime())]);
		await wish({ kind: 'template', at: at(2).toISOString(), template: 'none such' });
		await until(async () => (await eventRow(w.db, id)).error !== null);
		t.regex(
			(await eventRow(w.db, id)).error!,
			/The video is published, but: There is no template “none such”/,
		);
		t.is((await eventRow(w.db, id)).state, 'UPLOADED');
	},
);

test.serial(
	'rows that cannot be had, one held by an open transaction and one over all years, keep no other row waiting',
	async (t) => {
		const w = await world(t, 6);
		const [held, endless, fine] = [
			await edited(w.db, [{ start: at(1), end: at(2) }]),
			await edited(w.db, [
				{ start: new Date('1970-01-01T00:00:00Z'), end: new Date('9999-12-31T00:00:00Z') },
			]),
			await edited(w.db, [{ start: at(2), end: at(3) }]),
		];
		await w.db.transaction().execute(async (operator) => {
			await operator.updateTable('events').set({ priority: 1 }).where('id', '=', held).execute();
			await startCutter(t, w, 'north');
			await inState(w.db, fine, 'UPLOADED');
		});
		t.regex((await eventRow(w.db, endless)).error!, /^Waits for segments: north lacks/);
		await inState(w.db, held, 'UPLOADED');
	},
);
