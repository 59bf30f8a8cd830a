import type { Role } from '../../db/roles.ts';

const NOTHING: Record<string, string> = {};

const NODES = { nodes: 'all but instance,configured,visits' };
const LOCATIONS = { locations: 'all but config_hash,registered_by,registered_at' };
const SHEET = Object.fromEntries(
	[
		...['sheet_rows', 'sheet_syncs', 'local_spreadsheets', 'local_worksheets', 'local_rows'],
		...['local_changes', 'local_row_changes', 'local_cell_history'],
	].map((table) => [table, 'all']),
);

/** Everything that a role may read: of other tables not one column. */
export const READS: Record<Role, Record<string, string>> = {
	sheet_sync: {
		...SHEET,
		...NODES,
		...LOCATIONS,
		sheet_journal: 'all',
		events: 'all but upload_session',
		event_history: 'all but at,db_user,actor,changes,xid',
		event_overview: 'all',
		current_troubles: 'all',
		leases: 'all but outcome',
		lease_items: 'all',
	},
	cutter: {
		nodes: 'all but locations,instance,started_at,awaited_since,configured,visits',
		locations: 'all but limits,registered_at',
		images: 'all but uploaded_by,created_at',
		current_troubles: 'all',
	},
	web: {
		...NODES,
		events: 'all but upload_session',
		event_history: 'all',
		event_overview: 'all',
		node_stores: 'all',
		current_troubles: 'all',
		sheet_syncs: 'all',
		locations: 'all',
		leases: 'all',
		lease_items: 'all',
		job_log: 'all',
		images: 'all',
		accounts: 'all',
		sessions: 'all but secret_hash',
		api_tokens: 'all but secret_hash',
		sign_in_failures: 'all',
		drafts: 'all',
		open_events: 'all',
	},
	operator: {
		...SHEET,
		...Object.fromEntries(
			[
				...[
					'events',
					'event_history',
					'event_story',
					'event_overview',
					'nodes',
					'node_stores',
					'node_troubles',
				],
				...['current_troubles', 'locations', 'leases', 'lease_items', 'job_log', 'images'],
				...['account_history', 'server_seen', 'drafts', 'open_events'],
			].map((table) => [table, 'all']),
		),
		accounts: 'all but password_hash,subject',
		sessions: 'all but secret_hash',
		api_tokens: 'all but secret_hash',
	},
	readonly: {
		...NODES,
		...LOCATIONS,
		event_overview: 'all',
		node_stores: 'all',
		current_troubles: 'all',
	},
};
/** What everybody reads. */
export const SCHEMA = ['cutsheet_schema', 'kysely_migration'];

/** Everything that a role may write directly, and how; in brackets the columns, where it is not all of them. */
export const WRITES: Record<Role, Record<string, string>> = {
	sheet_sync: Object.fromEntries(
		[
			...['sheet_rows', 'sheet_journal', 'sheet_syncs', 'local_spreadsheets', 'local_worksheets'],
			...['local_rows', 'local_changes', 'local_row_changes'],
		].map((table) => [table, 'insert update delete']),
	),
	cutter: NOTHING,
	web: {
		events:
			'update(state,error,video_link,next_try_at,priority,tags,allow_holes,uploader_whitelist,upload_location,' +
			'video_title,video_description,video_chapters,video_unlisted,thumbnail)',
		images: 'insert',
		accounts: 'insert update delete',
		sessions: 'insert delete',
		api_tokens: 'insert delete',
		sign_in_failures: 'insert delete',
		drafts: 'insert update delete',
		open_events: 'insert update delete',
	},
	operator: { events: 'insert update', images: 'insert' },
	readonly: NOTHING,
};
