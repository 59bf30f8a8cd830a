import { randomNumbers } from '../support/random.ts';
import { until } from '../support/until.ts';
import { ALL, longTest } from './extent.ts';
import { PATIENCE_SECONDS, sharedRecording } from './job-world.ts';
import {
	checkTold,
	type SheetService,
	sheetWorld,
	stepCount,
	submitNew,
	typeTalks,
	uploadedCount,
} from './sheet-world.ts';

// Services die all the time, any of them at any time, while rows of a sheet become videos. Afterwards every row has its
// video, each exactly one, and the sheet says so beside the right description.

const ROWS = ALL ? 300 : 20;
const CUTTERS = ALL ? 6 : 3;
/** Every so many steps of events somebody is killed. */
const STEPS_PER_DEATH = ALL ? 10 : 6;
const SEED = Number(process.env.CUTSHEET_FAULTS_SEED ?? Date.now() % 2 ** 31);

const recording = await sharedRecording();

longTest(
	`${ROWS} rows through ${CUTTERS} cutters, while services are killed all the time, become one video each`,
	async (t) => {
		t.timeout(60 * 60_000);
		t.log(`CUTSHEET_FAULTS_SEED=${SEED}`);
		const random = randomNumbers(SEED);
		const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
		const world = await sheetWorld(t, recording);
		const start = (name: string, service: SheetService) => ({ service, process: world.start(name, service) });
		const services = new Map(
			[
				start('local-sheet', 'local-sheet'),
				start('sheet-sync', 'sheet-sync'),
				...Array.from({ length: CUTTERS }, (_, index) => start(`node-${index + 1}`, 'cutter')),
			].map((started) => [started.process.name, started]),
		);
		const typed = await typeTalks(world, ROWS);

		let deaths = 0;
		let counted = await stepCount(world);
		await until(
			async () => {
				await submitNew(world);
				const now = await stepCount(world);
				if (now - counted >= STEPS_PER_DEATH) {
					counted = now;
					const victim = pick([...services.keys()]);
					const { service, process: dying } = services.get(victim)!;
					dying.kill();
					deaths++;
					services.set(victim, start(victim, service));
				}
				return (await uploadedCount(world)) === ROWS;
			},
			ALL ? 50 * 60 : 2 * PATIENCE_SECONDS,
		);
		t.log(`${deaths} services killed`);
		t.true(deaths >= (ROWS * 3) / STEPS_PER_DEATH / 2, `${deaths} deaths`);
		await checkTold(t, world, typed);
	},
);
