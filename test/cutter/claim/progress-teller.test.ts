import test from 'ava';
import pino from 'pino';
import { ProgressTeller } from '../../../cutter/claim/progress-teller.ts';
import type { Progress } from '../../../db/tables.ts';
import { claimEvent } from '../../../db/transitions/claim.ts';
import { createDatabase } from '../../support/database.ts';
import { editedEvent, eventRow, runningNode } from '../../support/events.ts';
import { until } from '../../support/until.ts';

const silent = pino({ level: 'silent' });

test('each stage is told with its beginning, its end, and its own way of counting', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'north');
	const { id } = await editedEvent(db);
	const lease = (await claimEvent(db, await eventRow(db, id), 'north', 60))!;
	const teller = new ProgressTeller(db, lease, silent);
	const told = async () =>
		(await db.selectFrom('leases').select('progress').where('id', '=', lease).executeTakeFirstOrThrow())
			.progress;
	const becomes = (wanted: Progress) =>
		t.notThrowsAsync(
			until(async () => {
				const progress = await told();
				return progress?.stage === wanted.stage && progress.percent === wanted.percent;
			}),
		);
	teller.made('cutting', 0.25, 100);
	await becomes({ stage: 'cutting', percent: 25 });
	// Within two seconds only what ends a stage is told.
	teller.made('cutting', 0.5, 100);
	teller.made('cutting', 1, 100);
	await becomes({ stage: 'cutting', percent: 100 });
	t.true((await told())!.speed! > 0);
	teller.begins('uploading');
	await becomes({ stage: 'uploading' });
	teller.sent(123_456, 1_000_000);
	await becomes({ stage: 'uploading', percent: 12.35 });
	teller.sent(1_000_000, 1_000_000);
	await becomes({ stage: 'uploading', percent: 100 });
	const { speed, bytes_per_second, seconds_left } = (await told())!;
	t.is(speed, undefined);
	t.true(bytes_per_second! > 0);
	t.is(seconds_left, 0);
	teller.begins('publishing');
	await becomes({ stage: 'publishing' });
	t.deepEqual(await told(), { stage: 'publishing' });
});
