import type { Db } from '../../db/connect.ts';
import type { EventRow, NewEvent } from '../../db/tables.ts';
import { registerNode } from '../../db/transitions/register-node.ts';

/** A minute of a stream that never was. */
export const VIDEO_START = new Date('2026-05-01T12:00:00.000Z');
export const VIDEO_END = new Date('2026-05-01T12:01:00.000Z');

export async function eventRow(db: Db, id: string): Promise<EventRow> {
	return db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** A new event, with edit inputs that are sound, in UNEDITED. */
export async function newEvent(db: Db, columns: NewEvent = {}): Promise<EventRow> {
	return db
		.insertInto('events')
		.values({
			video_start: VIDEO_START,
			video_end: VIDEO_END,
			video_title: 'A title',
			video_description: '',
			...columns,
		})
		.returningAll()
		.executeTakeFirstOrThrow();
}

/** The same in EDITED. */
export async function editedEvent(db: Db, columns: NewEvent = {}): Promise<EventRow> {
	const event = await newEvent(db, columns);
	return db
		.updateTable('events')
		.set({ state: 'EDITED' })
		.where('id', '=', event.id)
		.returningAll()
		.executeTakeFirstOrThrow();
}

/** Registers a node that has these upload locations; `''` is the default one. Returns its instance. */
export async function runningNode(db: Db, name: string, locations: string[] = ['']): Promise<string> {
	const instance = crypto.randomUUID();
	await registerNode(db, {
		name,
		instance,
		version: 'test',
		locations: locations.map((location) => ({
			name: location,
			kind: 'local',
			limits: {},
			configHash: 'same',
		})),
	});
	return instance;
}
