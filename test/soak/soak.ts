/**
 * `npm run test:soak -- --minutes 60`: an event at ten times real load (load.ts says what that is) on real processes and a
 * real PostgreSQL, with people at the sheet and at the pages, videos going to a folder and to servers that fail now and
 * then. Every two seconds each process is measured. When the time is over all that was submitted is awaited and audited,
 * and no process may have grown. What was measured is printed as a plot, and written as an SVG. Linux only.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { randomNumbers } from '../support/random.ts';
import { until } from '../support/until.ts';
import { audit, type Finding, toldInSheet } from './audit.ts';
import { Editors } from './editors.ts';
import { USUAL_TIMES } from './load.ts';
import { organize, type TypedRows } from './organizers.ts';
import { People } from './people.ts';
import { Places } from './places.ts';
import { svgPlot, textPlot } from './plot.ts';
import { Probe } from './probe.ts';
import { boundOf, judge, type Trend } from './trend.ts';
import { visit } from './visitors.ts';
import { buildWorld, type SoakWorld } from './world.ts';

const MEASURE_EVERY_MS = 2_000;
/** A busy machine may keep an answer from coming in time, now and then. */
const LOST_MEASUREMENTS = 0.02;
/** Until something is recorded that can be marked. */
const RECORDED_SECONDS = 12;
/** The first part of a run is not judged: modules are read, caches filled, and V8 finds the size that it wants. */
const WARM_UP_PART = 1 / 3;
/** What waits when people go home may take so long. */
const QUIET_SECONDS = 600;

const number = (text: string) => {
	const value = Number(text);
	if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
	return value;
};
const options = new Command('test:soak')
	.description('Play an event at many times real load, and hold that nothing is lost and nothing grows.')
	.option('--minutes <number>', 'how long people are at work', number, 60)
	.option('--times <number>', 'how many times the real load', number, USUAL_TIMES)
	.option('--seed <number>', 'what people do by chance', number, Date.now() % 2 ** 31)
	.option('--svg <file>', 'where the plot is written; default: in the folder of the run')
	.parse()
	.opts<{ minutes: number; times: number; seed: number; svg?: string }>();

const folder = await mkdtemp(join(tmpdir(), 'cutsheet-soak-'));
// PostgreSQL has a user of its own where it may not be root.
await chmod(folder, 0o711);
console.log(`Everything of this run lies in ${folder}; seed ${options.seed}.`);
const random = randomNumbers(options.seed);
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	process.once(signal, () => {
		console.log('People go home early.');
		stopped.abort();
	});
}
let findings: Finding[];
{
	await using world = await buildWorld(folder, random);
	findings = await Promise.race([play(world), world.processes.failure]);
}
const problems = findings.flatMap((finding) => finding.problems);
if (problems.length === 0) {
	for (const name of ['postgres', 'segments', 'spool', 'decoded'])
		await rm(join(folder, name), { recursive: true, force: true });
}
report(findings);
process.exit(problems.length === 0 ? 0 : 1);

async function play(world: SoakWorld): Promise<Finding[]> {
	const places = new Places(world, random);
	await until(async () => {
		const { start, end } = await places.recorded().catch(() => ({ start: 0, end: 0 }));
		return end - start >= RECORDED_SECONDS * 1000;
	}, 120);
	console.log(
		`${world.processes.ids.size} services run and the stream is recorded; people are at work for ${options.minutes} minutes, at ${options.times} times real load.`,
	);
	const people = new People(options.times, random);
	const probe = new Probe(world);
	const measuring = new AbortController();
	const svg = options.svg ?? join(folder, 'soak.svg');
	console.log(`The plot is drawn anew every minute: ${svg}`);
	const draw = (end: number) => {
		const trends = probe.series.map((series) => judge(series, end * WARM_UP_PART, end));
		const title = `${(end / 60).toFixed(1)} minutes at ${options.times} times real load`;
		return writeFile(svg, svgPlot(trends, end * WARM_UP_PART, end, title)).then(() => trends);
	};
	const measured = measure(probe, draw, measuring.signal);
	const typed = organize(world, people, places);
	const editors = new Editors(world, places, typed);
	editors.begin(people);
	visit(world, people, places);
	await sleep(options.minutes * 60_000, undefined, { signal: stopped.signal }).catch(() => undefined);
	const end = probe.seconds;
	await people.stop();
	console.log(`People have gone home after ${Math.round(end)} s; what they submitted is awaited.`);
	const late = await quiet(world, typed, editors);
	const quietAfter = probe.seconds - end;
	measuring.abort();
	const failures = await measured;

	const from = end * WARM_UP_PART;
	const trends = await draw(end);
	const judged = boundOf('memory', end - from) === undefined ? 'descriptors' : 'memory and descriptors';
	console.log(`${textPlot(trends, from, end)}\n\nThe plot: ${svg}\n`);
	tellTables(probe, typed);
	console.log(
		`Done: ${[...people.done].map(([deed, times]) => `${deed} ${times}`).join(', ')}; quiet after ${Math.round(quietAfter)} s.\n`,
	);
	return [
		{ fact: 'people could do all that they wanted', problems: people.problems },
		{ fact: 'all that was submitted was published when people had gone home', problems: late },
		{ fact: 'every process could be measured, but for one time in fifty', problems: failures },
		{
			fact: `${judged} of every process stayed flat for ${Math.round(end - from)} s`,
			problems: trends.flatMap(({ problem }: Trend) => problem ?? []),
		},
		...(await audit(world, typed, folder)),
	];
}

/** Measures until told to stop. Returns what could not be measured, if that is more than a busy machine accounts for. */
async function measure(
	probe: Probe,
	draw: (end: number) => Promise<unknown>,
	signal: AbortSignal,
): Promise<string[]> {
	const failures: string[] = [];
	let times = 0;
	for (let drawn = 0; !signal.aborted; ) {
		if (probe.seconds > drawn + 60) {
			drawn = probe.seconds;
			await draw(drawn);
		}
		times++;
		await probe.take().catch((error: Error) => failures.push(`after ${probe.seconds} s: ${error.message}`));
		await sleep(MEASURE_EVERY_MS, undefined, { signal }).catch(() => undefined);
	}
	return failures.length > Math.max(1, times * LOST_MEASUREMENTS) ? failures : [];
}

/** Edits what nobody has edited yet, and waits until nothing more happens. Returns what still waits after all patience. */
async function quiet(world: SoakWorld, typed: TypedRows, editors: Editors): Promise<string[]> {
	let problems: string[] = [];
	const settled = async () => {
		while (await editors.submitOne());
		const events = await world.db.selectFrom('events').selectAll().execute();
		const waiting = events.filter(
			({ description, state, published }) =>
				!typed.bad.has(description) && (state !== 'UPLOADED' || published === null),
		);
		problems = waiting.map(({ description, state, error }) => `“${description}” is ${state}: ${error}`);
		if (events.length < typed.good.size + typed.bad.size) problems.push('rows are not in the database');
		if (problems.length === 0) problems = await toldInSheet(world, events, typed);
		await sleep(1_000);
		return problems.length === 0;
	};
	return until(settled, QUIET_SECONDS).then(
		() => [],
		(error: Error) => [...problems, error.message],
	);
}

/** How large the tables are, the ones first that grew most. */
function tellTables(probe: Probe, { good, bad }: TypedRows): void {
	const tables = [...probe.tables].toSorted((a, b) => b[1].last - b[1].first - (a[1].last - a[1].first));
	const kib = (bytes: number) => String(Math.round(bytes / 1024)).padStart(8);
	console.log('table (KiB with indices)           first    last   per event');
	for (const [name, { first, last }] of tables.slice(0, 12)) {
		const each = (last - first) / 1024 / (good.size + bad.size);
		console.log(`${name.padEnd(32)} ${kib(first)}${kib(last)} ${each.toFixed(1).padStart(11)}`);
	}
	console.log();
}

/** In the Test Anything Protocol. */
function report(findings: readonly Finding[]): void {
	console.log(`1..${findings.length}`);
	for (const [index, { fact, problems }] of findings.entries()) {
		console.log(`${problems.length === 0 ? 'ok' : 'not ok'} ${index + 1} - ${fact}`);
		for (const problem of problems.slice(0, 20)) console.log(`  # ${problem}`);
		if (problems.length > 20) console.log(`  # and ${problems.length - 20} more`);
	}
	const failed = findings.filter(({ problems }) => problems.length > 0).length;
	console.log(`# pass ${findings.length - failed}\n# fail ${failed}`);
}
