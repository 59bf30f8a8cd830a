import { sql } from 'kysely';
import { until } from '../support/until.ts';
import { ALL, longTest } from './extent.ts';
import { PATIENCE_SECONDS, sharedRecording } from './job-world.ts';
import { explainedBy } from './node-process.ts';
import { checkTold, sheetWorld, stepCount, submitNew, typeTalks, uploadedCount } from './sheet-world.ts';

// An operator, or a failing server, ends every connection to the database, again and again, in the middle of whatever they
// were about. The processes live on, and make new ones.

const ROWS = ALL ? 60 : 6;

const recording = await sharedRecording();

longTest(
	'rows become one video each while all connections to the database are ended at every step of an event',
	async (t) => {
		const world = await sheetWorld(t, recording);
		const services = [
			world.start('local-sheet', 'local-sheet'),
			world.start('sheet-sync', 'sheet-sync'),
			world.start('node-1', 'cutter'),
			world.start('node-2', 'cutter'),
		];
		const typed = await explainedBy(services, () => typeTalks(world, ROWS));
		let ended = 0;
		let counted = await stepCount(world);
		await explainedBy(services, () =>
			until(
				async () => {
					await submitNew(world);
					const now = await stepCount(world);
					if (now > counted) {
						counted = now;
						const { rows } = await sql`
						select pg_terminate_backend(pid) from pg_stat_activity
						where datname = current_database() and application_name like 'cutsheet-%'`.execute(world.db);
						ended += rows.length;
					}
					return (await uploadedCount(world)) === ROWS;
				},
				(PATIENCE_SECONDS * ROWS) / 3,
			),
		);
		t.log(`${ended} connections ended`);
		t.true(ended > ROWS);
		await checkTold(t, world, typed);
		t.deepEqual(
			services.filter(({ ended }) => ended).map(({ output }) => output),
			[],
		);
	},
);
