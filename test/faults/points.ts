import { until } from '../support/until.ts';
import {
	type JobWorld,
	jobWorld,
	type Kind,
	PATIENCE_SECONDS,
	type Recording,
	submittedEvent,
	type Teardown,
	untilUploaded,
} from './job-world.ts';
import { type Life, live, type Meddling } from './life.ts';

/** Where a node is killed: before a step was carried out, or after it was and before the node hears of it. */
export interface Point {
	when: 'before' | 'after';
	step: string;
}

/** All bytes are sent, and nothing is published; or it is, and only the row does not know. */
export const IN_DOUBT: Point[] = [
	{ when: 'after', step: 'sql finalize_event #1' },
	{ when: 'before', step: 'sql complete_event #1' },
];

/** Statements of a node without a job, too, and reports of progress: how often they come, and when, depends on time. */
const NOT_OF_A_JOB =
	/^sql (((UN)?LISTEN \S+|heartbeat_node|expire_leases|explain_waiting|adopt_\w+|claimable_events|extend_leases) |meet_server #([3-9]|\d\d)|report_progress #([2-9]|\d\d))/;

/**
 * All points of a job, found by watching one that nobody disturbs: from the question what there is to claim on to the last
 * that is noted about the video.
 */
export async function pointsOfJob(t: Teardown, kind: Kind, recording: Recording): Promise<Point[]> {
	const world = await jobWorld(t, kind, recording);
	const id = await submittedEvent(world);
	const life = await live(t, world, 'node-1');
	await explained([life], async () => {
		await untilUploaded(world, id);
		await until(async () => {
			const lines = await world.db.selectFrom('job_log').select('message').execute();
			return lines.some(({ message }) => message.startsWith('Published as '));
		}, PATIENCE_SECONDS);
	});
	const first = life.steps.indexOf('sql claimable_events #1');
	const steps = life.steps.slice(first).filter((step) => !NOT_OF_A_JOB.test(step));
	return ['sql claimable_events #1', 'sql extend_leases #1', ...steps].flatMap(pointsAround);
}

/**
 * All points at which a node finds out what became of an upload: the one whose owner was killed at `death`. From its first
 * question to the location on to what it tells the row.
 */
export async function pointsOfRecovery(
	t: Teardown,
	kind: Kind,
	death: Point,
	recording: Recording,
): Promise<Point[]> {
	const world = await jobWorld(t, kind, recording);
	const { id, lives } = await killed(t, world, [death]);
	const life = await live(t, world, 'node-2');
	await explained([...lives, life], () => untilUploaded(world, id));
	const last = life.steps.findIndex((step) => /^sql (retry|complete)_event /.test(step));
	const first = life.steps.indexOf('sql register_node #1') + 1;
	return life.steps
		.slice(first, last + 1)
		.filter((step) => !NOT_OF_A_JOB.test(step))
		.flatMap(pointsAround);
}

/** Steps of a folder are only seen when they are done; how often a file is written to depends on the kernel. */
function pointsAround(step: string): Point[] {
	if (!step.startsWith('file ')) {
		return [
			{ when: 'before', step },
			{ when: 'after', step },
		];
	}
	return step.startsWith('file change') && !step.endsWith('#1') ? [] : [{ when: 'after', step }];
}

/** Kills a node at a point. */
function killAt({ when, step }: Point): Meddling {
	return (seen, { node }) => {
		if (seen === step) return { when, act: () => node.kill(), drops: true };
		// A job is too short for its lease to be extended, unless something keeps it from its end.
		if (step.startsWith('sql extend_leases') && seen.startsWith('sql finalize_event')) {
			return { when: 'before', act: () => new Promise(() => undefined), drops: true };
		}
		return undefined;
	};
}

/** Submits an event, and kills one node after the other that works on it, each at its point. */
export async function killed(
	t: Teardown,
	world: JobWorld,
	deaths: Point[],
): Promise<{ id: string; lives: Life[] }> {
	const id = await submittedEvent(world);
	const lives: Life[] = [];
	for (const death of deaths) {
		const life = await live(t, world, `node-${lives.length + 1}`, killAt(death));
		lives.push(life);
		await explained(lives, () => until(() => life.node.ended, PATIENCE_SECONDS));
		if (!life.node.killed) throw new Error(`It ended by itself.\n${life.node.output}`);
	}
	return { id, lives };
}

/** Watches in worlds that are gone when this is done. What is watched may not be watched in a test: it makes the tests. */
export async function watching<T>(watch: (t: Teardown) => Promise<T>): Promise<T> {
	const left: (() => unknown)[] = [];
	try {
		return await watch({ teardown: (leave) => left.push(leave) });
	} finally {
		for (const leave of left.reverse()) await leave();
	}
}

/** Waits; when that fails, what the nodes said and did stands in the error. */
export async function explained<T>(lives: Life[], wait: () => Promise<T>): Promise<T> {
	try {
		return await wait();
	} catch (error) {
		const stories = lives.map(({ node, steps }) => `${node.output}\n${steps.join('\n')}`);
		throw new Error([(error as Error).message, ...stories].join('\n'), { cause: error });
	}
}
