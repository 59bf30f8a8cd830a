import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { standsStill } from '../../db/standstill.ts';
import type { EventState, Progress } from '../../db/tables.ts';
import { duration } from './duration.ts';

/** What a node does under a live lease. */
export interface LeasedWork {
	node: string;
	/** Of the event. */
	state: EventState;
	upload_location: string;
	progress: Progress | null;
	/** By the database's clock. */
	seconds_since_moved: number;
}

/** The same, of an event that is named. */
export interface EventWork extends LeasedWork {
	id: string;
	title: string;
}

/** Why work on an event does not go on, as a sentence with what to do; undefined while it does. Pure. */
export function describeStandstill(work: LeasedWork): string | undefined {
	if (!standsStill(work.progress, work.seconds_since_moved)) return undefined;
	const since = duration(work.seconds_since_moved);
	return `Stands still: ${work.node} has got no further for ${since} with ${doing(work, 'it')}${howFar(work)}. ${remedy(work)}`;
}

/** The same for everybody, one sentence for all that a node does alike. Pure. */
export function describeStandstills(works: readonly EventWork[]): string[] {
	const standing = works.filter((work) => standsStill(work.progress, work.seconds_since_moved));
	const alike = Map.groupBy(standing, (work) => `${work.node} ${doing(work, '')}`);
	return [...alike.values()].map((group) => {
		const longest = group.reduce((a, b) => (b.seconds_since_moved > a.seconds_since_moved ? b : a));
		const what = group.length === 1 ? `“${nameOf(longest)}”` : `${group.length} events`;
		const far = group.length === 1 ? howFar(longest) : '';
		const since = duration(longest.seconds_since_moved);
		return `${longest.node} has got no further for ${since} with ${doing(longest, what)}${far}. ${remedy(longest)}`;
	});
}

/** A title is a text of others: no more of it than names it. */
function nameOf({ title }: EventWork): string {
	const line = title.split('\n')[0]!.trim();
	return line.length > 80 ? `${line.slice(0, 80).toWellFormed()}…` : line;
}

function howFar({ progress }: LeasedWork): string {
	return progress?.percent === undefined ? '' : ` (${Math.floor(progress.percent)} %)`;
}

function placeOf({ upload_location: name }: LeasedWork): string {
	return name === '' ? 'the default upload location' : `upload location “${name}”`;
}

function doing(work: LeasedWork, what: string): string {
	switch (work.progress?.stage) {
		case undefined:
			if (work.state === 'FINALIZING') return `finding out whether ${what} was published at ${placeOf(work)}`;
			if (work.state === 'UPLOADED') return `telling ${placeOf(work)} what has changed about ${what}`;
			return `beginning ${what} for ${placeOf(work)}`;
		case 'uploading':
			return `sending ${what} to ${placeOf(work)}`;
		case 'publishing':
			return `publishing ${what} at ${placeOf(work)}`;
		default:
			return `${work.progress!.stage} ${what}`;
	}
}

function remedy(work: LeasedWork): string {
	const isMaking = /^(cutting|checking|packing)$/.test(work.progress?.stage ?? '');
	const where = isMaking
		? `the disks of ${work.node} and the folders that are mounted there: its segments, and where it makes videos`
		: `that location, and the disks and the network of ${work.node}`;
	const then =
		work.state === 'UPLOADED' ? 'restart that cutter' : 'stop that cutter, and another one takes it up';
	return `Look at ${where}. If it does not go on by itself, ${then}.`;
}

/** What is worked on now, by live leases. */
export async function readWork(db: Db): Promise<EventWork[]> {
	const { rows } = await sql<EventWork>`
		select i.item as id, l.holder as node, e.state, e.upload_location, l.progress,
			coalesce(nullif(e.video_title, ''), nullif(e.description, ''), '(no description)') as title,
			extract(epoch from clock_timestamp() - l.moved_at)::float8 as seconds_since_moved
		from lease_items i join leases l on l.id = i.lease_id join events e on e.id = i.item::uuid
		where i.kind = 'event' and i.released_at is null and l.released_at is null
			and (l.expires_at is null or l.expires_at > clock_timestamp())
		order by l.opened_at, i.item`.execute(db);
	return rows;
}
