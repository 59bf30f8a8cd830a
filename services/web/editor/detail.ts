import { sql } from 'kysely';
import { z } from 'zod';
import { XFADE_KINDS } from '../../../cutter/cut/plan/xfade-kinds.ts';
import type { Db } from '../../../db/connect.ts';
import type { EventRow, LocationLimits } from '../../../db/tables.ts';
import type { Config } from '../../config.ts';
import { describeStandstill, type LeasedWork } from '../../status/standstill.ts';
import { type Account, mayActAs } from '../access/rights.ts';
import { Problem } from '../problem.ts';
import { time } from '../times.ts';
import { lastSeen } from './changes-since.ts';
import { DOCUMENT_COLUMNS, documentOfRow } from './edit-document.ts';
import { type EditDocument, editSchema, toldEditSchema } from './edit-schema.ts';

const progressSchema = z
	.object({
		stage: z.string().describe('cutting, checking, packing, uploading or publishing'),
		percent: z.number().optional().describe('of the stage; absent where nothing can be counted'),
		speed: z.number().optional().describe('seconds of video per second'),
		bytes_per_second: z.number().optional().describe('of an upload'),
		seconds_left: z.number().optional().describe('of the stage'),
	})
	.describe('All of it is about the stage alone.');

export const leaseSchema = z
	.object({
		holder: z.string(),
		progress: progressSchema.nullable(),
		stands_still: z.string().nullable().describe('Why it does not go on, as a sentence; null while it does.'),
	})
	.describe('Who works on it, and how far that is.');

export const detailSchema = z.object({
	event: z.object({
		id: z.uuid(),
		sheet_name: z.string(),
		state: z.enum(['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED']),
		error: z.string().nullable(),
		video_link: z.string().nullable(),
		uploader: z.string().nullable(),
		start: time.nullable(),
		end: time.nullable(),
		category: z.string(),
		description: z.string(),
		notes: z.string().nullable().describe('null for those who may not read it'),
		priority: z.number(),
		editor: z.string().nullable(),
		edited_at: time.nullable(),
		uploaded_at: time.nullable(),
		removed_from_sheet_at: time.nullable(),
	}),
	edit: toldEditSchema.describe('What the row says.'),
	seen: z.string().describe('To be sent along with what is done next: what came since is told then.'),
	draft: z
		.object({ edit: toldEditSchema, seen: z.string(), saved_at: time })
		.nullable()
		.describe('Unsent work of yours.'),
	other_drafts: z
		.array(z.object({ name: z.string(), edit: toldEditSchema, saved_at: time }))
		.describe('Unsent work of others.'),
	lease: leaseSchema.nullable(),
	locations: z.array(
		z.object({
			name: z.string(),
			kind: z.string(),
			limits: z.object({
				title_max_characters: z.number().optional(),
				description_max_bytes: z.number().optional(),
				forbidden_characters: z.string().optional(),
			}),
			disagreement: z.string().nullable(),
		}),
	),
	nodes: z.array(z.object({ name: z.string(), locations: z.array(z.string()), running: z.boolean() })),
	templates: z.array(z.string()).describe('Names of template images for thumbnails.'),
	transitions: z.array(z.string()).describe('The kinds of transitions.'),
	stream: z.object({ channel: z.string(), quality: z.string() }).describe('What cutters cut from.'),
});

type Detail = z.output<typeof detailSchema>;

/** A live lease as pages are told it. */
export function toldLease(lease: LeasedWork | null): z.output<typeof leaseSchema> | null {
	if (lease === null) return null;
	const { node: holder, progress } = lease;
	return { holder, progress, stands_still: describeStandstill(lease) ?? null };
}

/** Of a lease that ran out nobody works any more, even if nobody took the event up yet. */
export const liveLease = sql<LeasedWork | null>`(
	select jsonb_build_object('node', l.holder, 'progress', l.progress, 'state', events.state,
		'upload_location', events.upload_location,
		'seconds_since_moved', extract(epoch from clock_timestamp() - l.moved_at)::float8)
	from lease_items i join leases l on l.id = i.lease_id
	where i.kind = 'event' and i.item = events.id::text and i.released_at is null and l.released_at is null
		and (l.expires_at is null or l.expires_at > clock_timestamp()))`;

/** A node that was not seen for so long (seconds) does not run. As `cutsheet status` has it. */
const NODE_GONE_SECONDS = 60;

/**
 * All that the editor page shows of an event at first.
 * @throws Problem 404
 */
export async function readDetail(db: Db, id: string, config: Config, account: Account): Promise<Detail> {
	const seen = await lastSeen(db, id);
	const event = await db
		.selectFrom('events')
		.select(['id', 'sheet_name', 'state', 'error', 'video_link', 'uploader', 'start', 'end', 'category'])
		.select([
			'description',
			'notes',
			'priority',
			'editor',
			'edited_at',
			'uploaded_at',
			'removed_from_sheet_at',
		])
		.select(DOCUMENT_COLUMNS)
		.select(liveLease.as('lease'))
		.where('id', '=', id)
		.executeTakeFirst();
	if (event === undefined) throw new Problem(404, `There is no event ${id}. Was its address copied whole?`);
	const edits = mayActAs(account.role, 'editor');
	const drafts = edits ? await readDrafts(db, id) : [];
	const mine = drafts.find((draft) => draft.account_id === account.id);
	return {
		event: { ...event, notes: edits ? event.notes : null },
		edit: documentOfRow(event),
		seen,
		draft: mine ?? null,
		other_drafts: drafts.filter((draft) => draft !== mine),
		lease: toldLease(event.lease),
		...(await readPlaces(db, event)),
		templates: Object.keys(config.cutter.templates),
		transitions: [...XFADE_KINDS],
		stream: { channel: config.cutter.segments.channel, quality: config.cutter.segments.quality },
	};
}

async function readDrafts(db: Db, id: string) {
	const rows = await db
		.selectFrom('drafts')
		.innerJoin('accounts', 'accounts.id', 'drafts.account_id')
		.select(['drafts.account_id', 'accounts.name', 'drafts.edit', 'drafts.seen', 'drafts.saved_at'])
		.where('drafts.event_id', '=', id)
		.orderBy('drafts.saved_at', 'desc')
		.execute();
	// Of a version of ours that wrote drafts in another way there is nothing to go on with.
	return rows.flatMap(({ edit, ...draft }) => {
		const read = editSchema.safeParse(edit);
		return read.success ? [{ ...draft, edit: read.data as EditDocument }] : [];
	});
}

async function readPlaces(db: Db, event: Pick<EventRow, 'upload_location'>) {
	const locations = await db
		.selectFrom('locations')
		.select(['name', 'kind', 'limits', 'disagreement'])
		.orderBy('name')
		.execute();
	const nodes = await db
		.selectFrom('nodes')
		.select(['name', 'locations'])
		.select(
			sql<boolean>`last_seen_at > clock_timestamp() - ${NODE_GONE_SECONDS} * interval '1 second'`.as(
				'running',
			),
		)
		.orderBy('name')
		.execute();
	const unknown = locations.every(({ name }) => name !== event.upload_location);
	const missing = { name: event.upload_location, kind: '', limits: {} as LocationLimits, disagreement: null };
	return { locations: unknown ? [...locations, missing] : locations, nodes };
}
