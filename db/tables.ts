import type { ColumnType, Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { AccessTables } from './access/tables.ts';

export type EventState = 'UNEDITED' | 'EDITED' | 'CLAIMED' | 'FINALIZING' | 'UPLOADED';

/** A range of wall time, `[start, end)`, as it stands in `events.video_ranges`: ISO 8601 in UTC, e.g. 2026-05-01T12:00:00.000Z. */
export interface VideoRange {
	start: string;
	end: string;
}

/** How two ranges are joined: null is a hard cut. `kind` is one of ffmpeg's xfade transitions. */
export type VideoTransition = { kind: string; seconds: number } | null;

/** A place of the stream that gets a name in the video's description. `at`: ISO 8601 in UTC. */
export interface VideoChapter {
	at: string;
	title: string;
}

/** A part of a picture, in pixels. */
export interface PictureArea {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Which picture a video gets; null and `none`: the location's own choice. Times are ISO 8601 in UTC. */
export type ThumbnailWish =
	| { kind: 'none' }
	| { kind: 'frame'; at: string }
	/** `template`: a name from the cutters' configuration. */
	| { kind: 'template'; at: string; template: string; crop?: PictureArea; position?: PictureArea }
	/** `image`: an id in the table images. */
	| { kind: 'image'; image: string };

/** jsonb: read parsed, always written as a string (node-pg would turn a bare array into a PostgreSQL array). */
type Json<T> = ColumnType<T, string | undefined, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type OptionalText = ColumnType<string | null, string | null | undefined, string | null>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** Stamped by the database only. */
type Stamp<T> = ColumnType<T, never, never>;

export interface EventsTable {
	id: Generated<string>;
	sheet_name: Generated<string>;
	state: Generated<EventState>;
	error: OptionalText;
	video_link: OptionalText;
	uploader: OptionalText;
	start: OptionalTime;
	end: OptionalTime;
	category: Generated<string>;
	description: Generated<string>;
	notes: Generated<string>;
	tags: Generated<string[]>;
	priority: Generated<number>;
	allow_holes: Generated<boolean>;
	uploader_whitelist: ColumnType<string[] | null, string[] | null | undefined, string[] | null>;
	upload_location: Generated<string>;
	video_start: OptionalTime;
	video_end: OptionalTime;
	video_ranges: NullableJson<VideoRange[]>;
	video_transitions: NullableJson<VideoTransition[]>;
	video_title: OptionalText;
	video_description: OptionalText;
	thumbnail: NullableJson<ThumbnailWish>;
	video_chapters: NullableJson<VideoChapter[]>;
	video_unlisted: Generated<boolean>;
	editor: OptionalText;
	edit_version: Stamp<number>;
	attempts: Generated<number>;
	next_try_at: OptionalTime;
	upload_session: NullableJson<Record<string, unknown>>;
	video_id: OptionalText;
	published: NullableJson<Record<string, unknown>>;
	created_at: Stamp<Date>;
	updated_at: Stamp<Date>;
	edited_at: Stamp<Date | null>;
	uploaded_at: Stamp<Date | null>;
	removed_from_sheet_at: OptionalTime;
}

export interface EventHistoryTable {
	/** bigint: a string in JavaScript. */
	seq: Stamp<string>;
	event_id: string;
	at: Stamp<Date>;
	db_user: Stamp<string>;
	actor: string | null;
	from_state: EventState | null;
	to_state: EventState;
	changes: Json<Record<string, [unknown, unknown]>>;
	note: string | null;
	xid: Stamp<string>;
}

export interface EventStoryView {
	event_id: string;
	at: Date;
	who: string;
	what: string;
	changes: Record<string, [unknown, unknown]>;
}

export interface NodesTable {
	name: string;
	locations: string[];
	version: string;
	instance: string | null;
	started_at: Stamp<Date>;
	last_seen_at: Stamp<Date>;
	/** When a second process was last seen under this name. */
	doubled_at: Stamp<Date | null>;
	/** What the node says of its locations, by name. */
	configured: Stamp<Record<string, { kind: string; limits: LocationLimits; config_hash: string }>>;
}

/** What a node's segment store holds, as the node told it last. */
export interface NodeStoresTable {
	node: string;
	channel: string;
	quality: string;
	/** A multirange, as text: unnest it in SQL. */
	held: string;
	/** bigint: a string in JavaScript. */
	disk_bytes: string;
	free_bytes: string;
	told_at: Stamp<Date>;
}

/** What a node says is wrong with it although it runs; see 0061. */
export interface NodeTroublesTable {
	node: string;
	/** Sentences. */
	troubles: string[];
	/** The upload locations for which it claims nothing meanwhile. */
	stopped: string[];
	told_at: Stamp<Date>;
}

/** Those of the last minute. */
export type CurrentTroublesView = Omit<NodeTroublesTable, 'told_at'>;

/** How a sync between a spreadsheet and the database is, as its leading process told it last. */
export interface SheetSyncsTable {
	service: 'sheet-sync' | 'publish-sheet';
	spreadsheet: string;
	seen_at: Stamp<Date>;
	/** When all of one was in the other last. */
	in_step_at: Stamp<Date | null>;
	/** What the last cycle failed with, as a sentence. */
	trouble: string | null;
}

/** What a location takes in titles and descriptions; absent = no limit. */
export interface LocationLimits {
	title_max_characters?: number;
	description_max_bytes?: number;
	/** Each character of it is refused. */
	forbidden_characters?: string;
}

export interface LocationsTable {
	name: string;
	kind: string;
	limits: Json<LocationLimits>;
	config_hash: string;
	registered_by: string;
	registered_at: Stamp<Date>;
	/** Set while two running nodes configure it differently. */
	disagreement: string | null;
}

export interface LeasesTable {
	id: Generated<string>;
	holder: string;
	opened_at: Stamp<Date>;
	/** null = never. */
	expires_at: Date | null;
	released_at: Date | null;
	outcome: string | null;
	progress: NullableJson<Progress>;
	/** When its work last got further. */
	moved_at: Stamp<Date>;
}

export interface LeaseItemsTable {
	lease_id: string;
	kind: string;
	item: string;
	released_at: Date | null;
}

/**
 * What is being done: the video is cut, checked against its plan, packed into its container, sent to the location, and there
 * published.
 */
export type WorkStage = 'cutting' | 'checking' | 'packing' | 'uploading' | 'publishing';

/** How far the work under a lease is. All of it is about the stage alone. */
export interface Progress {
	/** A WorkStage, or what a cutter of another version calls it. */
	stage: WorkStage | (string & {});
	/** 0 to 100; of an upload, of its bytes. Absent where nothing can be counted. */
	percent?: number;
	/** Seconds of video per second, until it is made. */
	speed?: number;
	/** Of an upload. */
	bytes_per_second?: number;
	seconds_left?: number;
}

export interface ImagesTable {
	id: Generated<string>;
	bytes: Buffer;
	uploaded_by: string | null;
	created_at: Stamp<Date>;
}

/** Unsent work of one person on one event. */
export interface DraftsTable {
	event_id: string;
	account_id: string;
	edit: Json<Record<string, unknown>>;
	/** bigint: a string in JavaScript. The event's last entry in its history when the work was begun. */
	seen: string;
	saved_at: ColumnType<Date, Date | undefined, Date>;
}

/** Whose page has which event open. */
export interface OpenEventsTable {
	id: Generated<string>;
	event_id: string;
	account_id: string;
	since: Stamp<Date>;
	seen_at: ColumnType<Date, never, Date>;
}

export interface JobLogTable {
	/** bigint: a string in JavaScript. */
	id: Stamp<string>;
	event_id: string;
	lease_id: string;
	at: Stamp<Date>;
	level: 'info' | 'warn' | 'error';
	message: string;
	details: NullableJson<Record<string, unknown>>;
}

export interface CutsheetSchemaTable {
	only_row: Generated<boolean>;
	needs_program: number;
}

/** What sheet-sync remembers of a row: the input values on which sheet and event last agreed, by column. */
export interface SheetRowsTable {
	event_id: string;
	spreadsheet: string;
	worksheet: number;
	agreed: Json<Record<string, unknown>>;
	written: Json<Record<string, unknown>>;
	submit: NullableJson<Record<string, unknown>>;
}

export interface SheetJournalTable {
	spreadsheet: string;
	base: string;
	rest: string;
}

export interface LocalSpreadsheetsTable {
	id: string;
	title: string;
	time_zone: string;
	/** bigint: a string in JavaScript. */
	version: ColumnType<string, number | undefined, number>;
	metadata: Json<unknown[]>;
}

export interface LocalWorksheetsTable {
	spreadsheet: string;
	sheet_id: number;
	title: string;
	position: number;
	frozen_rows: Generated<number>;
	row_rules: Json<unknown[]>;
	row_keys: number[];
	column_keys: number[];
	next_key: number;
}

export interface LocalRowsTable {
	spreadsheet: string;
	sheet_id: number;
	key: number;
	cells: Json<unknown[]>;
}

export interface LocalChangesTable {
	/** bigint: a string in JavaScript. */
	id: Stamp<string>;
	spreadsheet: string;
	at: Stamp<Date>;
	who: string;
	session: Generated<string>;
	kind: Generated<'change' | 'undo' | 'redo'>;
	reverted: Generated<boolean>;
	structure: Json<unknown>;
}

export interface LocalRowChangesTable {
	change: string;
	sheet_id: number;
	row_key: number;
	cells: Json<unknown>;
}

export interface LocalCellHistoryView {
	at: Date;
	who: string;
	spreadsheet: string;
	worksheet: string | null;
	/** As people count; null when the row is gone. */
	row: number | null;
	column: number | null;
	header: string | null;
	before: string | null;
	after: string | null;
}

export interface Tables extends AccessTables {
	events: EventsTable;
	event_history: EventHistoryTable;
	event_story: EventStoryView;
	nodes: NodesTable;
	node_stores: NodeStoresTable;
	node_troubles: NodeTroublesTable;
	current_troubles: CurrentTroublesView;
	sheet_syncs: SheetSyncsTable;
	locations: LocationsTable;
	leases: LeasesTable;
	lease_items: LeaseItemsTable;
	job_log: JobLogTable;
	images: ImagesTable;
	drafts: DraftsTable;
	open_events: OpenEventsTable;
	cutsheet_schema: CutsheetSchemaTable;
	sheet_rows: SheetRowsTable;
	sheet_journal: SheetJournalTable;
	local_spreadsheets: LocalSpreadsheetsTable;
	local_worksheets: LocalWorksheetsTable;
	local_rows: LocalRowsTable;
	local_changes: LocalChangesTable;
	local_row_changes: LocalRowChangesTable;
	local_cell_history: LocalCellHistoryView;
}

export type EventRow = Selectable<EventsTable>;
export type NewEvent = Insertable<EventsTable>;
export type EventChange = Updateable<EventsTable>;
