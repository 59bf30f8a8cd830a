import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { makeVideo } from '../../cutter/video/make-video.ts';
import type { Db } from '../../db/connect.ts';
import type { EventRow } from '../../db/tables.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { WORLDS, type World } from '../cutter/upload/worlds.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { eventRow } from '../support/events.ts';
import { recordTestStream, temporaryFolder, testStore } from '../support/recording.ts';
import { until } from '../support/until.ts';

/** Of a test, or of something like it. */
export type Teardown = Pick<ExecutionContext, 'teardown'>;

export type Kind = World['kind'];

/** What jobs cut, and what must come of it. */
export interface Recording {
	store: SegmentStore;
	/** The bytes of the finished video. */
	video: Buffer;
}

/** One that its test may change. */
export interface OwnRecording extends Recording {
	remove(): Promise<void>;
}

const STREAM_START = new Date('2026-05-01T12:00:00.000Z');
/** Long enough that YouTube is sent a chunk before the one that commits. */
const SECONDS = 12;
/** On keyframes: what is killed here is the job, not the encoder. */
const RANGE = { start: STREAM_START, end: new Date(STREAM_START.getTime() + SECONDS * 1000) };
const TEXT = { title: 'Opening “talk”: 100 % & more/..', description: 'Über\nalles' };

/** The recording of all test files of a run, which none of them changes; whoever needs it first makes it. */
export async function sharedRecording(): Promise<Recording> {
	const { CUTSHEET_TEST_FOLDER: run } = process.env;
	if (run === undefined) throw new Error('Tests are run by npm test, or node test/run.ts.');
	const folder = join(run, 'recording');
	if (!existsSync(folder)) {
		const made = await mkdtemp(`${folder}-`);
		await record(made);
		// Two may make it at once: the first one counts.
		await rename(made, folder).catch(() => rm(made, { recursive: true }));
	}
	return opened(folder);
}

/** A recording of its own, for a test that damages segments or needs it to be removed. */
export async function recordOnce(): Promise<OwnRecording> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-faults-'));
	await record(folder);
	return { ...(await opened(folder)), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function record(folder: string): Promise<void> {
	const store = await recordTestStream(join(folder, 'segments'), STREAM_START, SECONDS);
	const request = { store, ranges: [RANGE], allowHoles: false, mode: 'smart', container: 'mpegts' } as const;
	const tools = { ...(await findFfmpeg()), log: pino({ level: 'silent' }) };
	await makeVideo(request, join(folder, 'video.ts'), tools);
}

async function opened(folder: string): Promise<Recording> {
	return { store: testStore(join(folder, 'segments')), video: await readFile(join(folder, 'video.ts')) };
}

/** A database, a location of one kind, and a configuration file for as many nodes as one likes. */
export interface JobWorld extends TestDatabase {
	place: World;
	config: string;
	recording: Recording;
}

/** `server`: where the schema is already; without it, a database of the server that all tests share. */
export async function jobWorld(
	t: Teardown,
	kind: Kind,
	recording: Recording,
	server?: TestDatabase,
): Promise<JobWorld> {
	const folder = await temporaryFolder(t);
	const spoolFolder = join(folder, 'spool');
	await mkdir(spoolFolder);
	const [{ url, db }, place] = await Promise.all([server ?? createDatabase(t), WORLDS[kind](t)]);
	const config = join(folder, 'cutsheet.yaml');
	const cutter = {
		segments: recording.store,
		concurrency: 1,
		leaseSeconds: 5,
		pollSeconds: 0.3,
		spoolFolder,
		stateFolder: join(folder, 'state'),
		locations: { main: place.config },
	};
	// JSON is YAML.
	await writeFile(config, JSON.stringify({ cutter }));
	return { url, db, place, config, recording };
}

/** An event whose edit is submitted; only `node` may cut it if one is named. */
export async function submittedEvent({ db }: Pick<JobWorld, 'db'>, node?: string): Promise<string> {
	const { id } = await db.insertInto('events').defaultValues().returning('id').executeTakeFirstOrThrow();
	await submitEditOf(db, id, node);
	return id;
}

/** Submits the edit of an event that has none; only `node` may cut it if one is named. */
export async function submitEditOf(
	db: Db,
	id: string,
	node?: string,
	description = TEXT.description,
): Promise<void> {
	await submitEdit(db, id, {
		ranges: [RANGE],
		title: TEXT.title,
		description,
		uploadLocation: 'main',
		...(node !== undefined && { uploaderWhitelist: [node] }),
	});
}

/** No wait of ours takes as long on a machine that is not busy with much else; a wait that fails takes this long. */
export const PATIENCE_SECONDS = 150;

/** Waits until an event is UPLOADED, released, and its location has nothing more to say about it. */
export async function untilUploaded({ db, place }: JobWorld, id: string): Promise<EventRow> {
	await until(async () => {
		const row = await eventRow(db, id);
		if (row.state !== 'UPLOADED') return false;
		return place.kind !== 'youtube' || (row.published as { processing?: string }).processing === 'processed';
	}, PATIENCE_SECONDS);
	return eventRow(db, id);
}
