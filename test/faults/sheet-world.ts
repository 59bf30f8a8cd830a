import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { DemoSheet } from '../../services/demo/sheet.ts';
import { WORLDS } from '../cutter/upload/worlds.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { freePort } from '../support/web.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { type JobWorld, PATIENCE_SECONDS, type Recording, submitEditOf, type Teardown } from './job-world.ts';
import { NodeProcess } from './node-process.ts';

export type SheetService = 'cutter' | 'sheet-sync' | 'local-sheet';

/** The whole way from a row to its video, on processes that can be killed and stopped. */
export interface SheetWorld extends JobWorld {
	sheet: DemoSheet;
	/** Starts a service; `name`: a node's, and that of what it says. */
	start(name: string, service: SheetService): NodeProcess;
}

/** `database`: one of a test's own server; default: one of the run's. */
export async function sheetWorld(
	t: Teardown,
	recording: Recording,
	database?: TestDatabase,
): Promise<SheetWorld> {
	const folder = await temporaryFolder(t);
	const [{ db, url }, place] = await Promise.all([database ?? createDatabase(t), WORLDS.local(t)]);
	const port = await freePort();
	const config = join(folder, 'cutsheet.yaml');
	const spoolFolder = join(folder, 'spool');
	await mkdir(spoolFolder);
	const settings = {
		sheet: { pollSeconds: 0.5, readsPerMinute: 6000, writesPerMinute: 6000 },
		localSheet: { port },
		cutter: {
			segments: recording.store,
			concurrency: 2,
			leaseSeconds: 5,
			pollSeconds: 0.5,
			maxAttempts: 1_000_000,
			spoolFolder,
			stateFolder: join(folder, 'state'),
			locations: { main: place.config },
		},
	};
	// JSON is YAML.
	await writeFile(config, JSON.stringify(settings));
	return {
		...{ db, url, place, config, recording },
		sheet: new DemoSheet(`http://127.0.0.1:${port}`, 'cutsheet'),
		start: (name, service) => new NodeProcess(t, { name, config, databaseUrl: url, service }),
	};
}

/** Types so many rows once the sheet answers. Returns their descriptions, in the order of the rows, and the rows' numbers. */
export async function typeTalks({ sheet }: SheetWorld, count: number) {
	await until(async () => (await sheet.headers()) !== undefined, PATIENCE_SECONDS);
	const descriptions = Array.from({ length: count }, (_, index) => `Talk ${index + 1}`);
	const numbers = await sheet.type(descriptions.map((Description) => ({ Description })));
	return { descriptions, numbers };
}

/** Submits the edit of every event that has none yet. */
export async function submitNew({ db }: SheetWorld): Promise<void> {
	const waiting = await db
		.selectFrom('events')
		.select('id')
		.where('state', '=', 'UNEDITED')
		.where('edited_at', 'is', null)
		.execute();
	for (const { id } of waiting) await submitEditOf(db, id);
}

/** How many events are UPLOADED. */
export async function uploadedCount({ db }: SheetWorld): Promise<number> {
	const { count } = await db
		.selectFrom('events')
		.select(({ fn }) => fn.countAll<string>().as('count'))
		.where('state', '=', 'UPLOADED')
		.executeTakeFirstOrThrow();
	return Number(count);
}

/** How many steps all events together have made. */
export async function stepCount({ db }: SheetWorld): Promise<number> {
	const { count } = await db
		.selectFrom('event_history')
		.select(({ fn }) => fn.countAll<string>().as('count'))
		.executeTakeFirstOrThrow();
	return Number(count);
}

/** Holds that each typed row is one event, uploaded once, and waits until the sheet has its link beside its description. */
export async function checkTold(
	t: ExecutionContext,
	world: SheetWorld,
	{ descriptions, numbers }: { descriptions: string[]; numbers: number[] },
): Promise<void> {
	const { db, sheet } = world;
	const rows = await db.selectFrom('events').select(['id', 'description', 'video_link']).execute();
	t.deepEqual(rows.map(({ description }) => description).sort(), [...descriptions].sort());
	const links = new Map(rows.map(({ description, video_link }) => [description, video_link]));
	await until(async () => {
		const shown = await Promise.all(numbers.map((number) => sheet.row(number).catch(() => undefined)));
		return shown.every(
			(row) => row !== undefined && row.State === 'UPLOADED' && row.Video === links.get(row.Description!),
		);
	}, PATIENCE_SECONDS);
	await checkUploadedOnce(t, world, ...rows.map(({ id }) => id));
}
