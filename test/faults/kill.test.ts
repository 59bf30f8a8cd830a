import test from 'ava';
import PQueue from 'p-queue';
import { checkUploadedOnce } from './check-outcome.ts';
import { jobWorld, type Kind, recordOnce, type Teardown, untilUploaded } from './job-world.ts';
import { live } from './life.ts';
import { explained, IN_DOUBT, killed, type Point, pointsOfJob, pointsOfRecovery } from './points.ts';

// A node is killed at a point of its job; then another one is started, and nobody helps it. `npm test` does so at the points
// that matter most, `npm run test:faults` at all of them.

const ALL = process.env.CUTSHEET_FAULTS === 'all';
const KINDS: Kind[] = ['local', 'http', 's3', 'youtube'];
/** Most of the time is spent on waiting for leases to run out. */
const queue = new PQueue({ concurrency: ALL ? 8 : 5 });

const CHOSEN: Record<Kind, string[]> = {
	local: [
		'after sql store_upload_session #1',
		'after sql finalize_event #1',
		'after file rename VIDEO #1',
		'before sql complete_event #1',
	],
	http: [
		'after sql claim_event #1',
		'before http MOVE /videos/.ID.partial #1',
		'after http MOVE /videos/.ID.partial #1',
	],
	s3: [
		'after http POST /videos/talks/VIDEO uploads #1',
		'before http POST /videos/talks/VIDEO uploadId #1',
		'after http POST /videos/talks/VIDEO uploadId #1',
	],
	youtube: [
		'before http PUT /upload/youtube/v3/videos part uploadType upload_id #3',
		'after http PUT /upload/youtube/v3/videos part uploadType upload_id #3',
	],
};

const recording = await recordOnce();
test.after.always(() => recording.remove());

/** One history: a node for each of `deaths`, killed there, and a last one that must bring the job to its end. */
function survives(kind: Kind, ...deaths: Point[]): void {
	const killings = deaths.map(({ when, step }) => `${when} ${step}`);
	test(`${kind}: uploaded exactly once when a node is killed ${killings.join(', the next one ')}`, (t) =>
		queue.add(async () => {
			const world = await jobWorld(t, kind, recording);
			const { id, lives } = await killed(t, world, deaths);
			lives.push(await live(t, world, `node-${lives.length + 1}`));
			await explained(lives, () => untilUploaded(world, id));
			await checkUploadedOnce(t, world, id);
		}));
}

if (ALL) {
	const left: (() => unknown)[] = [];
	const scope: Teardown = { teardown: (leave) => left.push(leave) };
	const watched = KINDS.flatMap((kind) => [
		async () => (await pointsOfJob(scope, kind, recording)).map((death) => [kind, death] as const),
		...IN_DOUBT.map((first) => async () => {
			const points = await pointsOfRecovery(scope, kind, first, recording);
			return points.map((second) => [kind, first, second] as const);
		}),
	]);
	const histories = (await queue.addAll(watched)).flat();
	for (const leave of left.reverse()) await leave();
	for (const [kind, ...deaths] of histories) survives(kind, ...deaths);
} else {
	for (const kind of KINDS) {
		for (const point of CHOSEN[kind]) {
			const [, when, step] = /^(before|after) (.*)$/.exec(point)!;
			survives(kind, { when: when as Point['when'], step: step! });
		}
	}
}
