/**
 * The sync under everything that people do. `npm test` plays some histories, always the same; `npm run test:model` plays
 * 2,000 others in memory and 100 through the real client. A failure prints its seed and path; to play it again:
 * CUTSHEET_MODEL_SEED=… CUTSHEET_MODEL_PATH=… npm test -- test/sheet-sync/model/histories.test.ts
 */
import test from 'ava';
import fc from 'fast-check';
import { createDatabase } from '../../support/database.ts';
import { startWorld } from '../world.ts';
import type { Script } from './history.ts';
import { firstWorkbook, play, scripts } from './history.ts';
import { stageInMemory, stageOverHttp } from './stages.ts';

const { CUTSHEET_MODEL_RUNS: runs, CUTSHEET_MODEL_HTTP_RUNS: httpRuns } = process.env;
const { CUTSHEET_MODEL_SEED: seed, CUTSHEET_MODEL_PATH: path } = process.env;

function parameters(numRuns: number): fc.Parameters<[Script]> {
	return {
		numRuns,
		includeErrorInReport: true,
		...(runs === undefined ? { seed: Number(seed ?? 4) } : seed === undefined ? {} : { seed: Number(seed) }),
		...(path === undefined ? {} : { path, numRuns: 1 }),
	};
}

test('whatever people do between any two calls, rows keep their ids and inputs, and show what is true', async (t) => {
	t.timeout(60 * 60_000);
	const { db } = await createDatabase(t);
	let number = 0;
	await fc.assert(
		fc.asyncProperty(scripts, async (script) => {
			number++;
			await play(script, stageInMemory(firstWorkbook(`history ${number}`, script.headers)), db);
		}),
		parameters(Number(runs ?? 400)),
	);
	t.pass();
});

test('the same through the real client over HTTP', async (t) => {
	t.timeout(60 * 60_000);
	const { db, sheet } = await startWorld(t);
	let number = 0;
	await fc.assert(
		fc.asyncProperty(scripts, async (script) => {
			number++;
			const start = firstWorkbook(`history-${number}`, script.headers);
			await play(script, await stageOverHttp(db, sheet.url, start), db);
		}),
		parameters(Number(httpRuns ?? 15)),
	);
	t.pass();
});
