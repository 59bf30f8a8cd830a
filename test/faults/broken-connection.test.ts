import test from 'ava';
import PQueue from 'p-queue';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { ALL, FEW } from './extent.ts';
import {
	jobWorld,
	type Kind,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { live } from './life.ts';
import { explained, type Point, pointsOfJob, watching } from './points.ts';

// The node lives, but a connection of its breaks, to the database or to the location: it brings its job to an end itself.

const KINDS: Kind[] = ['local', 'http', 's3', 'youtube'];
const queue = new PQueue({ concurrency: 5 });

const recording = await sharedRecording();
const breaks = ALL ? await allBreaks() : chosenBreaks();

for (const { kind, point } of breaks) {
	const { when, step } = point;
	test(`${kind}: uploaded exactly once when a connection breaks ${when} ${step}`, (t) =>
		queue.add(async () => {
			const world = await jobWorld(t, kind, recording);
			const id = await submittedEvent(world);
			const life = await live(t, world, 'node-1', (seen) =>
				seen === step ? { when, act: () => undefined, drops: true } : undefined,
			);
			await explained([life], async () => {
				await untilUploaded(world, id);
				// The last steps come when the row is finished.
				await until(() => life.steps.includes(step), PATIENCE_SECONDS);
			});
			await checkUploadedOnce(t, world, id);
		}));
}

async function allBreaks(): Promise<{ kind: Kind; point: Point }[]> {
	const watched = KINDS.map((kind) => async () => {
		const points = await watching((t) => pointsOfJob(t, kind, recording));
		return points
			.filter(({ step }) => !step.startsWith('file ') && !step.startsWith('sql extend_leases '))
			.map((point) => ({ kind, point }));
	});
	return (await queue.addAll(watched)).flat();
}

function chosenBreaks(): { kind: Kind; point: Point }[] {
	const statements = FEW ? ['finalize_event'] : ['store_upload_session', 'finalize_event', 'complete_event'];
	return statements.map((statement) => ({
		kind: 'local',
		point: { when: 'after', step: `sql ${statement} #1` },
	}));
}
