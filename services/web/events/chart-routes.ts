import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../../db/connect.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { time } from '../times.ts';

const HOUR_MS = 3_600_000;

/** Longer ones are told by the day. */
const LONGEST_BY_HOUR_MS = 8 * 24 * HOUR_MS;
const LONGEST_MS = 370 * 24 * HOUR_MS;

const chartsSchema = z.object({
	step_seconds: z.number().describe('how long each of the stretches below is'),
	steps: z.array(
		z.object({
			start: time,
			uploaded: z.number().describe('videos'),
			minutes: z.number().describe('of video that was uploaded'),
			retried: z.number().describe('attempts that failed and went back to the queue'),
			failed: z.number().describe('events that failed and wait for a person'),
			waiting: z.number().describe('events that were EDITED at its end'),
		}),
	),
});

/** How much was cut, what waited and what failed over time, from the history. */
export const chartRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.get(
		'/api/charts',
		{
			config: { access: 'viewer' },
			schema: {
				summary:
					'Videos and minutes uploaded, the queue, and errors, by the hour (of more than 8 days by the day).',
				querystring: z.object({
					start: time.optional().describe('default: 24 hours before the end'),
					end: time.optional().describe('default: now'),
				}),
				response: { 200: chartsSchema, ...refusals },
			},
		},
		async (request) => {
			const end = request.query.end ?? new Date();
			const start = request.query.start ?? new Date(end.getTime() - 24 * HOUR_MS);
			const length = end.getTime() - start.getTime();
			if (length <= 0) throw new Problem(400, 'The end must be after the start.', { field: 'end' });
			if (length > LONGEST_MS)
				throw new Problem(400, 'That is more than a year: ask for less at once.', { field: 'start' });
			const hourly = length <= LONGEST_BY_HOUR_MS;
			return {
				step_seconds: hourly ? 3_600 : 86_400,
				steps: await readSteps(db, start, end, hourly ? 'hour' : 'day'),
			};
		},
	);
};

/**
 * Counted from the history. What waited at a time is what waits now without what came and with what left since: the
 * beginning of the history may have been pruned.
 */
async function readSteps(
	db: Db,
	start: Date,
	end: Date,
	unit: 'hour' | 'day',
): Promise<z.output<typeof chartsSchema>['steps']> {
	const step = sql.lit(unit);
	const length = sql.raw(`interval '1 ${unit}'`);
	const { rows } = await sql<z.output<typeof chartsSchema>['steps'][number]>`
		with moves as materialized (
			select date_trunc(${step}, h.at, 'UTC') as step, h.from_state, h.to_state, h.event_id,
				h.from_state in ('CLAIMED', 'FINALIZING') as was_worked_on,
				coalesce(h.changes -> 'error' ->> 1, '') like 'Cancelled by %' as cancelled
			from event_history h
			where h.at >= date_trunc(${step}, ${start}::timestamptz, 'UTC') and h.from_state is distinct from h.to_state
		), counted as (
			select step,
				count(*) filter (where to_state = 'UPLOADED') as uploaded,
				coalesce(sum(video_minutes(e.video_ranges, e.video_start, e.video_end)) filter (where to_state = 'UPLOADED'), 0) as minutes,
				count(*) filter (where to_state = 'EDITED' and was_worked_on) as retried,
				count(*) filter (where to_state = 'UNEDITED' and was_worked_on and not cancelled) as failed,
				count(*) filter (where to_state = 'EDITED') - count(*) filter (where from_state = 'EDITED') as came
			from moves left join events e on e.id = moves.event_id and moves.to_state = 'UPLOADED'
			group by step
		), steps as (
			select generate_series(date_trunc(${step}, ${start}::timestamptz, 'UTC'),
				date_trunc(${step}, ${end}::timestamptz - interval '1 millisecond', 'UTC'), ${length}) as step
		), told as (
			select step as start, coalesce(uploaded, 0)::int as uploaded, coalesce(minutes, 0)::float8 as minutes,
				coalesce(retried, 0)::int as retried, coalesce(failed, 0)::int as failed,
				greatest(0, (select count(*) from events where state = 'EDITED')
					- (select coalesce(sum(came), 0) from counted where step > (select max(step) from steps))
					- coalesce(sum(came) over (order by step rows between 1 following and unbounded following), 0))::int as waiting
			from steps left join counted using (step)
		)
		select * from told order by start`.execute(db);
	return rows;
}
