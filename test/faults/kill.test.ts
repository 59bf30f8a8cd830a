import test from 'ava';
import PQueue from 'p-queue';
import { checkUploadedOnce } from './check-outcome.ts';
import { ALL, FEW } from './extent.ts';
import { jobWorld, type Kind, sharedRecording, untilUploaded } from './job-world.ts';
import { live } from './life.ts';
import {
	explained,
	IN_DOUBT,
	killed,
	type Point,
	pointsOfJob,
	pointsOfRecovery,
	watching,
} from './points.ts';

// A node is killed at a point of its job; then another one is started, and nobody helps it. `npm test` and CI do so at the points
// that matter most, `npm run test:faults` at all of them.

const KINDS: Kind[] = ['local', 'http', 's3', 'youtube'];
/** Most of the time is spent on waiting for leases to run out. */
const queue = new PQueue({ concurrency: 5 });

const CHOSEN: Record<Kind, string[]> = {
	local: ['after sql finalize_event #1', 'after file rename VIDEO #1'],
	http: [
		'after sql claim_first #1',
		'before http MOVE /videos/.ID.partial #1',
		'after http MOVE /videos/.ID.partial #1',
	],
	s3: ['before http POST /videos/talks/VIDEO uploadId #1', 'after http POST /videos/talks/VIDEO uploadId #1'],
	youtube: [
		'before http PUT /upload/youtube/v3/videos part uploadType upload_id #4',
		'after http PUT /upload/youtube/v3/videos part uploadType upload_id #4',
	],
};

const recording = await sharedRecording();
const histories = ALL ? await allHistories() : chosenHistories();
for (const { kind, deaths } of histories) survives(kind, deaths);

/** One history: a node for each of `deaths`, killed there, and a last one that must bring the job to its end. */
function survives(kind: Kind, deaths: Point[]): void {
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

interface History {
	kind: Kind;
	deaths: Point[];
}

/** A death at each point of a job; and after one that leaves an upload in doubt, a second one at each point of finding out. */
async function allHistories(): Promise<History[]> {
	const watched = KINDS.flatMap((kind) => [
		async () => {
			const points = await watching((t) => pointsOfJob(t, kind, recording));
			return points.map((death): History => ({ kind, deaths: [death] }));
		},
		...IN_DOUBT.map((first) => async () => {
			const points = await watching((t) => pointsOfRecovery(t, kind, first, recording));
			return points.map((second): History => ({ kind, deaths: [first, second] }));
		}),
	]);
	return (await queue.addAll(watched)).flat();
}

function chosenHistories(): History[] {
	return (FEW ? (['local'] as const) : KINDS).flatMap((kind) =>
		CHOSEN[kind].map((point) => {
			const [, when, step] = /^(before|after) (.*)$/.exec(point)!;
			return { kind, deaths: [{ when: when as Point['when'], step: step! }] };
		}),
	);
}
