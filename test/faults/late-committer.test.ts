import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import PQueue from 'p-queue';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { ALL, longTest } from './extent.ts';
import {
	type JobWorld,
	jobWorld,
	type Kind,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { type Life, live } from './life.ts';
import { explained, IN_DOUBT, type Point, pointsOfJob, pointsOfRecovery, watching } from './points.ts';

// A node that is late rather than dead: it comes to its commit, or back from it, when another one has its row already.

const queue = new PQueue({ concurrency: 4 });

const recording = await sharedRecording();
const moments = ALL
	? (await Promise.all((['http', 's3', 'youtube'] as const).map(momentsOfRecovery))).flat()
	: [{ kind: 's3' as const, step: 'sql retry_event #1' }];
/** Before each step of a job, those that are told above left out. */
const stages: Point[] = ALL
	? (await watching((t) => pointsOfJob(t, 'local', recording))).filter(
			({ when, step }) =>
				when === 'before' && !step.startsWith('sql extend_leases') && step !== 'sql complete_event #1',
		)
	: [{ when: 'after', step: 'sql claim_first #1' }];

/** `late` goes on, and is over with what it was late for once it has cut another row, which only it may cut. */
async function checkStillFine(t: ExecutionContext, world: JobWorld, lives: Life[], id: string) {
	const [late] = lives;
	const another = await submittedEvent(world, late!.node.name);
	await explained(lives, () => untilUploaded(world, another));
	await checkUploadedOnce(t, world, id, another);
}

function paused(kind: Kind, { when, step }: Point): void {
	longTest(`${kind}: a node paused for longer than its lease ${when} ${step} does not publish twice`, (t) =>
		queue.add(async () => {
			const world = await jobWorld(t, kind, recording);
			const id = await submittedEvent(world);
			const resumed = Promise.withResolvers<void>();
			let stands = false;
			const late = await live(t, world, 'node-1', (seen, { node }) => {
				if (seen !== step || stands) return undefined;
				const act = async () => {
					node.pause();
					stands = true;
					await resumed.promise;
				};
				return { when, act, drops: false };
			});
			await explained([late], () => until(() => stands, PATIENCE_SECONDS));
			const lives = [late, await live(t, world, 'node-2')];
			await explained(lives, () => untilUploaded(world, id));
			late.node.continue();
			resumed.resolve();
			await checkStillFine(t, world, lives, id);
		}),
	);
}

const KINDS: Kind[] = ALL ? ['local', 'http', 's3', 'youtube'] : ['http'];
for (const kind of KINDS) for (const point of ALL ? IN_DOUBT : IN_DOUBT.slice(0, 1)) paused(kind, point);
for (const point of stages) paused('local', point);

longTest('local: a node paused between the look at its lease and link(2) does not publish twice', (t) =>
	queue.add(async () => {
		const world = await jobWorld(t, 'local', recording);
		const id = await submittedEvent(world);
		const identity = join((world.place.config as LocalLocationConfig).path, '.cutsheet-location');
		// The last thing that it reads before it links is the folder's identity: here a pipe, which is read when we write.
		const late = await live(t, world, 'node-1', (seen) => {
			if (seen !== 'sql finalize_event #1') return undefined;
			const act = async () => {
				await rename(identity, `${identity}.kept`);
				await promisify(execFile)('mkfifo', [identity]);
			};
			return { when: 'before', act, drops: false };
		});
		const pipe = await explained([late], () => readByNow(identity));
		t.teardown(() => pipe.close());
		late.node.pause();
		await rename(`${identity}.kept`, identity);
		const lives = [late, await live(t, world, 'node-2')];
		await explained(lives, () => untilUploaded(world, id));
		await pipe.write(await readFile(identity));
		await pipe.close();
		late.node.continue();
		await checkStillFine(t, world, lives, id);
	}),
);

/** Opens a pipe for writing as soon as somebody reads it. */
async function readByNow(pipe: string) {
	let opened: Awaited<ReturnType<typeof open>> | undefined;
	await until(async () => {
		// ENXIO: nobody reads it; ENOENT: it is not there yet; O_NONBLOCK makes us hear of it.
		opened = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
		if (opened && !(await opened.stat()).isFIFO()) {
			await opened.close();
			opened = undefined;
		}
		return opened !== undefined;
	}, PATIENCE_SECONDS);
	return opened!;
}

/** The exchange that makes a video public. */
const COMMIT: Record<Exclude<Kind, 'local'>, string> = {
	http: 'http MOVE /videos/.ID.partial #1',
	s3: 'http POST /videos/talks/VIDEO uploadId #1',
	youtube: 'http PUT /upload/youtube/v3/videos part uploadType upload_id #4',
};

function races(kind: Exclude<Kind, 'local'>, step: string): void {
	longTest(`${kind}: a commit that takes until a resolver comes to ${step} agrees with it`, (t) =>
		queue.add(async () => {
			const world = await jobWorld(t, kind, recording);
			const server = world.place.server!;
			const id = await submittedEvent(world);
			const released = Promise.withResolvers<void>();
			let sent = false;
			const late = await live(t, world, 'node-1', (seen, { proxy }) => {
				if (seen !== COMMIT[kind]) return undefined;
				const act = async () => {
					proxy.freeze();
					sent = true;
					await released.promise;
				};
				return { when: 'before', act, drops: false };
			});
			await explained([late], () => until(() => sent, PATIENCE_SECONDS));
			const resolver = await live(t, world, 'node-2', (seen) => {
				if (seen !== step) return undefined;
				const act = async () => {
					const carriedOut = Promise.withResolvers<void>();
					// Once before the effect of the exchange, the only one under way, and once after it.
					let paces = 0;
					server.pace = async () => {
						if (++paces === 2) carriedOut.resolve();
					};
					released.resolve();
					await carriedOut.promise;
				};
				return { when: 'before', act, drops: false };
			});
			const lives = [late, resolver];
			await explained(lives, () => untilUploaded(world, id));
			t.true(resolver.steps.includes(step));
			late.proxy.thaw();
			await checkStillFine(t, world, lives, id);
		}),
	);
}

async function momentsOfRecovery(kind: Exclude<Kind, 'local'>) {
	const points = await watching((t) => pointsOfRecovery(t, kind, IN_DOUBT[0]!, recording));
	return points.flatMap(({ when, step }) => (when === 'before' ? [{ kind, step }] : []));
}

for (const { kind, step } of moments) races(kind, step);
