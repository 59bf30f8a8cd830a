import { Counter, Gauge, type Registry } from 'prom-client';
import type { CutterObserver, JobOutcome } from '../../cutter/claim/cutter-observer.ts';
import type { Health } from './health.ts';

const OUTCOMES: readonly JobOutcome[] = [
	...([
		'published',
		'retried',
		'failed',
		'postponed',
		'handed_back',
		'lease_lost',
		'resolved',
		'untold',
	] as const),
];

/** A node that has not been able to ask for work for this many polls is not ready. */
const POLLS_MISSED = 4;

/** Counts what a cutter does. `locations`: the names of its upload locations, so that each is 0 from the start. */
export function cutterMetrics(
	health: Health,
	options: { concurrency: number; pollSeconds: number; locations: Iterable<string> },
): CutterObserver {
	const registers = [health.metrics];
	const claims = new Counter({
		name: 'cutsheet_claims_total',
		help: 'Events claimed by this node.',
		registers,
	});
	const jobs = new Counter({
		name: 'cutsheet_jobs_total',
		help: 'Claimed events whose work has ended, by what became of it and by upload location.',
		labelNames: ['outcome', 'location'],
		registers,
	});
	for (const location of new Set(options.locations)) {
		for (const outcome of OUTCOMES) jobs.inc({ outcome, location }, 0);
	}
	const running = new Gauge({
		name: 'cutsheet_jobs_running',
		help: 'Events that are worked on now.',
		registers,
	});
	new Gauge({
		name: 'cutsheet_job_slots',
		help: 'How many events this node works on at once, at most.',
		registers,
	}).set(options.concurrency);
	const made = new Counter({
		name: 'cutsheet_cut_video_seconds_total',
		help: 'Seconds of video that were cut. Over cutsheet_cut_busy_seconds_total: how many per second.',
		labelNames: ['mode'],
		registers,
	});
	const busy = new Counter({
		name: 'cutsheet_cut_busy_seconds_total',
		help: 'Seconds that the cutting took, without the upload.',
		labelNames: ['mode'],
		registers,
	});
	const expiries = leaseExpiries(health.metrics);
	const connected = new Gauge({
		name: 'cutsheet_notifications_connected',
		help: '1 while notifications arrive. Without them work is found by polling.',
		registers,
	});
	const lastPoll = new Gauge({
		name: 'cutsheet_cutter_last_poll_timestamp_seconds',
		help: 'When the database last answered a look for work; Unix time.',
		registers,
	});
	let listening = false;
	let polledAt: number | undefined;
	let troubles: readonly string[] | undefined;
	health.needs('notifications', () => {
		if (listening) return 'Notifications of new work arrive.';
		throw new Error(
			'Notifications of new work do not arrive; it is found by polling meanwhile. The log says why; behind a pooler in transaction mode, set database.directUrl.',
		);
	});
	health.needs('folders', () => {
		if (troubles === undefined)
			throw new Error('The node has not tried yet whether it can write to its folders.');
		if (troubles.length > 0) throw new Error(troubles.join(' '));
		return 'The node can write to its folders.';
	});
	health.needs('polling', () => {
		if (polledAt === undefined) throw new Error('The node has not registered yet.');
		const seconds = (performance.now() - polledAt) / 1000;
		const sentence = `The database last answered a look for work ${seconds.toFixed(0)} s ago.`;
		if (seconds > POLLS_MISSED * options.pollSeconds) throw new Error(sentence);
		return sentence;
	});
	return {
		listening: (is) => {
			listening = is;
			connected.set(is ? 1 : 0);
		},
		polled: () => {
			polledAt = performance.now();
			lastPoll.setToCurrentTime();
		},
		troubled: (sentences) => {
			troubles = sentences;
		},
		leasesExpired: (count) => expiries.inc(count),
		claimed: () => {
			claims.inc();
			running.inc();
		},
		cut: (mode, videoSeconds, seconds) => {
			made.inc({ mode }, videoSeconds);
			busy.inc({ mode }, seconds);
		},
		ended: (outcome, location) => {
			jobs.inc({ outcome, location });
			running.dec();
		},
	};
}

/** Every service that looks after abandoned work counts what it found. */
export function leaseExpiries(metrics: Registry): Counter {
	return new Counter({
		name: 'cutsheet_lease_expiries_total',
		help: 'Claims that this process found abandoned, their lease run out, and took back.',
		registers: [metrics],
	});
}
