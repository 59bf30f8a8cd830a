import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../../db/connect.ts';
import { describeStandstills, readWork } from '../../status/standstill.ts';
import type { WebOptions } from '../options.ts';
import { refusals } from '../problem.ts';
import { time } from '../times.ts';

/** A node that was not seen for so long (seconds) does not run. As `cutsheet status` has it. */
const NODE_GONE_SECONDS = 60;

const nodeSchema = z.object({
	name: z.string(),
	version: z.string(),
	locations: z.array(z.string()).describe('upload locations that it has; an empty name is the default one'),
	started_at: time,
	last_seen_at: time,
	running: z.boolean(),
	doubled: z.boolean().describe('Two processes run under its name.'),
	awaited_since: time
		.nullable()
		.describe('Since the database was replaced or put back, it has not said what it had published before.'),
	troubles: z.array(z.string()).describe('What is wrong with it although it runs, as sentences.'),
	working_on: z.array(z.object({ id: z.uuid(), title: z.string() })),
	stores: z.array(
		z.object({
			channel: z.string(),
			quality: z.string(),
			held: z.array(z.object({ start: z.iso.datetime(), end: z.iso.datetime() })).describe('without holes'),
			disk_bytes: z.number(),
			free_bytes: z.number(),
			told_at: z.iso.datetime(),
		}),
	),
});

const locationSchema = z.object({
	name: z.string(),
	kind: z.string(),
	limits: z.object({
		title_max_characters: z.number().optional(),
		description_max_bytes: z.number().optional(),
		forbidden_characters: z.string().optional(),
	}),
	registered_by: z.string(),
	registered_at: time,
	disagreement: z.string().nullable().describe('Two running nodes configure it differently.'),
	nodes: z.array(z.string()).describe('running ones that have it'),
	waiting: z.number().describe('events that are EDITED and go there'),
});

/** The nodes and the upload locations. */
export const nodeRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.get(
		'/api/nodes',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'The nodes: whether they run, what they work on, and what their segment stores hold.',
				response: { 200: z.object({ nodes: z.array(nodeSchema) }), ...refusals },
			},
		},
		async () => ({ nodes: await readNodes(db) }),
	);

	app.get(
		'/api/locations',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'The upload locations that nodes have registered.',
				response: { 200: z.object({ locations: z.array(locationSchema) }), ...refusals },
			},
		},
		async () => ({ locations: await readLocations(db) }),
	);
};

const running = sql<boolean>`last_seen_at > clock_timestamp() - ${NODE_GONE_SECONDS} * interval '1 second'`;

const iso = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`);

async function readNodes(db: Db): Promise<z.output<typeof nodeSchema>[]> {
	const work = await readWork(db);
	const { rows } = await sql<Omit<z.output<typeof nodeSchema>, 'working_on'>>`
		select name, version, locations, started_at, last_seen_at, ${running} as running, awaited_since,
			coalesce(doubled_at > clock_timestamp() - interval '60 seconds', false) as doubled,
			coalesce((select t.troubles from current_troubles t where t.node = n.name), '{}') as troubles,
			(select coalesce(jsonb_agg(jsonb_build_object('channel', s.channel, 'quality', s.quality,
				'held', (select coalesce(jsonb_agg(jsonb_build_object(
					'start', to_char(lower(r) at time zone 'UTC', ${iso}), 'end', to_char(upper(r) at time zone 'UTC', ${iso})) order by r), '[]')
					from unnest(s.held) r),
				'disk_bytes', s.disk_bytes, 'free_bytes', s.free_bytes,
				'told_at', to_char(s.told_at at time zone 'UTC', ${iso})) order by s.channel, s.quality), '[]')
				from node_stores s where s.node = n.name) as stores
		from nodes n order by name`.execute(db);
	return rows.map((row) => {
		const own = work.filter(({ node }) => node === row.name);
		return {
			...row,
			troubles: [...row.troubles, ...describeStandstills(own)],
			working_on: own.map(({ id, title }) => ({ id, title })),
		};
	});
}

async function readLocations(db: Db): Promise<z.output<typeof locationSchema>[]> {
	const { rows } = await sql<z.output<typeof locationSchema>>`
		select name, kind, limits, registered_by, registered_at, disagreement,
			array(select n.name from nodes n where l.name = any (n.locations) and ${running} order by n.name) as nodes,
			(select count(*)::int from events e where e.state = 'EDITED' and e.upload_location = l.name) as waiting
		from locations l order by name`.execute(db);
	return rows;
}
