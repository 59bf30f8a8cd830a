import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { DemoSheet } from '../../services/demo/sheet.ts';
import { WORLDS } from '../cutter/upload/worlds.ts';
import { createDatabase } from '../support/database.ts';
import { randomNumbers } from '../support/random.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { type JobWorld, PATIENCE_SECONDS, recordOnce, submitEditOf } from './job-world.ts';
import { NodeProcess } from './node-process.ts';

// Services die all the time, any of them at any time, while rows of a sheet become videos. Afterwards every row has its
// video, each exactly one, and the sheet says so beside the right description.

const ALL = process.env.CUTSHEET_FAULTS === 'all';
const ROWS = ALL ? 300 : 20;
const CUTTERS = ALL ? 6 : 3;
/** Every so many steps of events somebody is killed. */
const STEPS_PER_DEATH = ALL ? 10 : 6;
const SEED = Number(process.env.CUTSHEET_FAULTS_SEED ?? Date.now() % 2 ** 31);

const recording = await recordOnce();
test.after.always(() => recording.remove());

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((listening) => server.once('listening', listening));
	const { port } = server.address() as AddressInfo;
	await new Promise((closed) => server.close(closed));
	return port;
}

test(`${ROWS} rows through ${CUTTERS} cutters, while services are killed all the time, become one video each`, async (t) => {
	t.timeout(30 * 60_000);
	t.log(`CUTSHEET_FAULTS_SEED=${SEED}`);
	const random = randomNumbers(SEED);
	const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
	const folder = await temporaryFolder(t);
	const [{ db, url }, place] = await Promise.all([createDatabase(t), WORLDS.local(t)]);
	const port = await freePort();
	const config = join(folder, 'cutsheet.yaml');
	const spoolFolder = join(folder, 'spool');
	await mkdir(spoolFolder);
	const cutter = {
		segments: recording.store,
		concurrency: 2,
		leaseSeconds: 5,
		pollSeconds: 0.5,
		maxAttempts: 1_000_000,
		spoolFolder,
		stateFolder: join(folder, 'state'),
		locations: { main: place.config },
	};
	// JSON is YAML.
	await writeFile(
		config,
		JSON.stringify({
			sheet: { pollSeconds: 0.5, readsPerMinute: 6000, writesPerMinute: 6000 },
			localSheet: { port },
			cutter,
		}),
	);
	const world: JobWorld = { db, url, place, config, recording };

	const start = (name: string, service: 'cutter' | 'sheet-sync' | 'local-sheet') => ({
		service,
		process: new NodeProcess(t, { name, config, databaseUrl: url, service }),
	});
	const services = new Map(
		[
			start('local-sheet', 'local-sheet'),
			start('sheet-sync', 'sheet-sync'),
			...Array.from({ length: CUTTERS }, (_, index) => start(`node-${index + 1}`, 'cutter')),
		].map((started) => [started.process.name, started]),
	);
	const sheet = new DemoSheet(`http://127.0.0.1:${port}`, 'cutsheet');
	await until(async () => (await sheet.headers()) !== undefined, PATIENCE_SECONDS);
	const descriptions = Array.from({ length: ROWS }, (_, index) => `Talk ${index + 1}`);
	const numbers = await sheet.type(descriptions.map((Description) => ({ Description })));

	const steps = async () =>
		Number(
			(
				await db
					.selectFrom('event_history')
					.select(({ fn }) => fn.countAll().as('count'))
					.executeTakeFirstOrThrow()
			).count,
		);
	const finished = async () =>
		Number(
			(
				await db
					.selectFrom('events')
					.select(({ fn }) => fn.countAll().as('count'))
					.where('state', '=', 'UPLOADED')
					.executeTakeFirstOrThrow()
			).count,
		);
	const submitNew = async () => {
		const waiting = await db
			.selectFrom('events')
			.select('id')
			.where('state', '=', 'UNEDITED')
			.where('edited_at', 'is', null)
			.execute();
		for (const { id } of waiting) await submitEditOf(db, id);
	};
	let deaths = 0;
	let counted = await steps();
	await until(
		async () => {
			await submitNew();
			const now = await steps();
			if (now - counted >= STEPS_PER_DEATH) {
				counted = now;
				const victim = pick([...services.keys()]);
				const { service, process: dying } = services.get(victim)!;
				dying.kill();
				deaths++;
				services.set(victim, start(victim, service));
			}
			return (await finished()) === ROWS;
		},
		ALL ? 25 * 60 : 2 * PATIENCE_SECONDS,
	);
	t.log(`${deaths} services killed`);
	t.true(deaths >= (ROWS * 3) / STEPS_PER_DEATH / 2, `${deaths} deaths`);

	// Everybody is told: the sheet has the link of each event beside its description.
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
});
