import type { Db } from '../../db/connect.ts';

/** An event that could be edited: with a start, an end and texts. Returns its id. */
export async function recordedEvent(db: Db): Promise<string> {
	const { id } = await db
		.insertInto('events')
		.values({
			start: new Date('2026-05-01T12:00:00Z'),
			end: new Date('2026-05-01T12:00:04Z'),
			description: 'A talk',
		})
		.returning('id')
		.executeTakeFirstOrThrow();
	return id;
}
