import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import type { YoutubeServer } from '../support/youtube-server.ts';
import { checkHistory, checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, untilUploaded } from './job-world.ts';
import { live } from './life.ts';
import { explained, IN_DOUBT, killed, type Point } from './points.ts';

// YouTube forgets an upload session before anybody could ask it what became of the upload.

const recording = await sharedRecording();

const [UNPUBLISHED, PUBLISHED] = IN_DOUBT;
const SENTENCE =
	/^It is not known whether this was uploaded: YouTube .* has forgotten the upload of ".*" and so cannot tell whether it was finished\. Look at the channel's videos: if it is there, set the row's state to UPLOADED and its video_link; if not, set its state to EDITED\.$/s;

/** A row whose node was killed at `death`, and whose session is gone: another node has left it to an operator. */
async function leftToOperator(t: ExecutionContext, death: Point) {
	const world = await jobWorld(t, 'youtube', recording);
	const { id, lives } = await killed(t, world, [death]);
	(world.place.server as YoutubeServer).forgetSessions();
	lives.push(await live(t, world, 'node-2'));
	await explained(lives, () =>
		until(async () => (await eventRow(world.db, id)).error !== null, PATIENCE_SECONDS),
	);
	const row = await eventRow(world.db, id);
	t.is(row.state, 'FINALIZING');
	t.regex(row.error!, SENTENCE);
	return { world, id, lives };
}

longTest('youtube: a dead session waits for an operator, who finds the video and says so', async (t) => {
	const { world, id } = await leftToOperator(t, PUBLISHED!);
	await checkHistory(t, world.db, id);

	const [video] = await world.place.published();
	await sql`update events set state = 'UPLOADED', video_link = ${`https://youtu.be/${video!.videoId}`},
		video_id = ${video!.videoId} where id = ${id}`.execute(world.db);
	await checkUploadedOnce(t, world, id);
});

longTest(
	'youtube: a dead session waits for an operator, who finds no video and has it made again',
	async (t) => {
		const { world, id, lives } = await leftToOperator(t, UNPUBLISHED!);
		t.deepEqual(await world.place.published(), []);

		await sql`update events set state = 'EDITED' where id = ${id}`.execute(world.db);
		await explained(lives, () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
	},
);
