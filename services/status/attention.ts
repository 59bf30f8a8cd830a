import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { SheetSyncsTable } from '../../db/tables.ts';
import { duration } from './duration.ts';
import { describeStandstills, type EventWork, readWork } from './standstill.ts';

export interface NodeStatus {
	name: string;
	version: string;
	locations: string[];
	seconds_since_seen: number;
	/** Whether two processes run under this name. */
	is_doubled: boolean;
}

/** What is wrong with a node although it runs. */
export interface TroubledNode {
	node: string;
	/** Sentences. */
	troubles: string[];
	/** The upload locations for which it claims nothing meanwhile. */
	stopped: string[];
}

export interface SyncStatus {
	service: SheetSyncsTable['service'];
	spreadsheet: string;
	seconds_since_seen: number;
	/** null: not once since it was begun with. */
	seconds_since_in_step: number | null;
	/** What its last cycle failed with. */
	trouble: string | null;
}

/** What holds up more than one event. */
export interface Surroundings {
	nodes: NodeStatus[];
	troubles: TroubledNode[];
	/** Locations that two running nodes configure differently, as sentences. */
	disagreements: string[];
	/** Why nothing may be published since the database was put back or replaced. */
	awaiting: string | null;
	syncs: SyncStatus[];
	/** All that is worked on. */
	work: EventWork[];
	/** How many events are EDITED. */
	waiting_count: number;
}

/** A node that has not been heard of for so long is taken for gone: some polls of the usual 10 s missed. */
const GONE_AFTER_SECONDS = 60;

/** A cycle may fail now and then: the next one makes up for it. */
const OUT_OF_STEP_SECONDS = 30;

/** A sync that has been silent for so long belongs to an event that is over. */
const FORGOTTEN_SECONDS = 7 * 86_400;

export function isRunning({ seconds_since_seen }: { seconds_since_seen: number }): boolean {
	return seconds_since_seen < GONE_AFTER_SECONDS;
}

/**
 * What needs somebody, besides what the events themselves say: a sentence for each, with who it is and what to do, the worst
 * first. Pure.
 */
export function describeAttention(around: Surroundings): string[] {
	const { nodes, troubles, disagreements, awaiting, syncs, work, waiting_count: waiting } = around;
	const stopped = waiting > 0 && !nodes.some(isRunning);
	return [
		...(awaiting === null ? [] : [`Nothing is published: ${withPoint(awaiting)}`]),
		...(stopped
			? [
					`${waiting === 1 ? '1 event waits' : `${waiting} events wait`} to be cut, and no cutter node runs. Start one: systemctl start cutsheet-cutter@NAME, or cutsheet cutter.`,
				]
			: []),
		...troubles.flatMap(({ troubles: sentences }) => sentences.map(shortened)),
		...describeStandstills(work),
		...nodes
			.filter(({ is_doubled }) => is_doubled)
			.map(
				({ name }) =>
					`Two processes run under the node name ${name}. Stop one of them, or give it a name of its own (cutter.node).`,
			),
		...disagreements.map((sentence) => withPoint(shortened(sentence))),
		...syncs.flatMap((sync) => describeSync(sync) ?? []),
	];
}

function describeSync(sync: SyncStatus): string | undefined {
	const { service, spreadsheet, trouble, seconds_since_seen, seconds_since_in_step } = sync;
	if (seconds_since_seen > FORGOTTEN_SECONDS) return undefined;
	const [what, lost] =
		service === 'sheet-sync'
			? [
					`the sheet ${shortened(spreadsheet)}`,
					'what is typed there does not arrive, and what becomes of it is not shown there',
				]
			: [`the published copy ${shortened(spreadsheet)}`, 'it shows what was true before'];
	if (!isRunning(sync)) {
		return (
			`Nobody keeps ${what} in step: ${service} has not been heard of for ${duration(seconds_since_seen)}, so ${lost}. ` +
			`Start it: systemctl start cutsheet-${service}, or cutsheet ${service}; if it runs, its log says what it waits for.`
		);
	}
	if (trouble === null) return undefined;
	if (seconds_since_in_step !== null && seconds_since_in_step < OUT_OF_STEP_SECONDS) return undefined;
	const since = seconds_since_in_step === null ? 'yet' : `for ${duration(seconds_since_in_step)}`;
	return `${service} has not been able to keep ${what} in step ${since}, so ${lost}. ${withPoint(shortened(trouble))}`;
}

/** Of what others said no more than can be read at a glance: a server may answer with a page. */
const MOST_CHARACTERS = 500;

function shortened(text: string): string {
	return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS).toWellFormed()} …` : text;
}

function withPoint(sentence: string): string {
	return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Reads what holds up more than one event, by the database's clock. */
export async function readSurroundings(db: Db): Promise<Surroundings> {
	const [nodes, troubles, disagreeing, syncs, work, { rows }] = await Promise.all([
		readNodes(db),
		db.selectFrom('current_troubles').selectAll().orderBy('node').execute(),
		db
			.selectFrom('locations')
			.select('disagreement')
			.where('disagreement', 'is not', null)
			.orderBy('name')
			.execute(),
		readSyncs(db),
		readWork(db),
		sql<{ awaiting: string | null; waiting: number }>`
			select awaiting_problem() as awaiting,
				(select count(*)::int from events where state = 'EDITED' and removed_from_sheet_at is null) as waiting`.execute(
			db,
		),
	]);
	return {
		nodes,
		troubles,
		disagreements: disagreeing.map(({ disagreement }) => disagreement!),
		awaiting: rows[0]!.awaiting,
		syncs,
		work,
		waiting_count: rows[0]!.waiting,
	};
}

function readNodes(db: Db): Promise<NodeStatus[]> {
	return db
		.selectFrom('nodes')
		.select([
			'name',
			'version',
			'locations',
			sql<number>`extract(epoch from clock_timestamp() - last_seen_at)::float8`.as('seconds_since_seen'),
			sql<boolean>`coalesce(doubled_at > clock_timestamp() - interval '60 seconds', false)`.as('is_doubled'),
		])
		.orderBy('name')
		.execute();
}

function readSyncs(db: Db): Promise<SyncStatus[]> {
	return db
		.selectFrom('sheet_syncs')
		.select([
			...(['service', 'spreadsheet', 'trouble'] as const),
			sql<number>`extract(epoch from clock_timestamp() - seen_at)::float8`.as('seconds_since_seen'),
			sql<number | null>`extract(epoch from clock_timestamp() - in_step_at)::float8`.as(
				'seconds_since_in_step',
			),
		])
		.orderBy('service', 'desc')
		.orderBy('spreadsheet')
		.execute();
}
