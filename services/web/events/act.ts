import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';
import type { EventChange, EventRow } from '../../../db/tables.ts';
import { cancelEvent } from '../../../db/transitions/cancel.ts';
import { revokeLease } from '../../../db/transitions/revoke-lease.ts';
import { Problem } from '../problem.ts';
import type { Action } from './action-schema.ts';

/**
 * Does something to one event, in a transaction with the actor set. Returns what was done, as a sentence.
 * @throws Problem, or the database's refusal: with a sentence
 */
export async function act(trx: Db, id: string, action: Action, who: string): Promise<string> {
	const event = await trx
		.selectFrom('events')
		.select(['id', 'state', 'error', 'uploader', 'next_try_at'])
		.where('id', '=', id)
		.forUpdate()
		.executeTakeFirst();
	if (event === undefined) throw new Problem(404, `There is no event ${id}.`);
	switch (action.kind) {
		case 'retry':
			return retry(trx, event);
		case 'cancel':
			if (event.state === 'UPLOADED')
				throw new Problem(409, 'It is uploaded already: take it back with “Edit again”.');
			await cancelEvent(trx, id, who, action.reason || undefined);
			return 'Cancelled: it is UNEDITED again.';
		case 're-edit':
			if (event.state !== 'UPLOADED')
				throw new Problem(409, `It is ${event.state}, so there is no upload to take back.`);
			await cancelEvent(trx, id, who, action.reason || undefined);
			return 'Taken back to be edited again. The old video stays where it is.';
		case 'resolve-uploaded':
			await demandUnresolved(trx, event);
			await update(trx, id, { state: 'UPLOADED', video_link: action.video_link });
			return 'It is UPLOADED, with your link.';
		case 'resolve-absent':
			await demandUnresolved(trx, event);
			await note(trx, `${who} says that the video was surely not uploaded`);
			await update(trx, id, { state: 'EDITED', error: null });
			return 'It is EDITED again: a node cuts and uploads it anew.';
		case 'revoke-lease': {
			if (event.state !== 'CLAIMED' && event.state !== 'FINALIZING')
				throw new Problem(409, `It is ${event.state}: no node works on it.`);
			const holder = await revokeLease(trx, id, who);
			return event.state === 'FINALIZING'
				? `The node ${holder} has lost it. The next node with its location asks there what became of the upload.`
				: `The node ${holder} has lost it. It goes back to the queue by itself.`;
		}
		case 'change': {
			const { kind, ...changes } = action;
			const { priority, ...steering } = changes;
			if (!CHANGEABLE.has(event.state) && Object.values(steering).some((value) => value !== undefined))
				throw new Problem(
					409,
					`It is ${event.state}: of these only its priority can change now. Take it back first.`,
				);
			await update(trx, id, changes);
			return `Set: ${Object.keys(changes)
				.map((name) => NAMES[name])
				.join(', ')}.`;
		}
	}
}

/** The states in which it may change how and where an event is cut. */
const CHANGEABLE = new Set(['UNEDITED', 'EDITED']);

const NAMES: Record<string, string> = {
	priority: 'priority',
	uploader_whitelist: 'nodes that may cut it',
	upload_location: 'upload location',
	allow_holes: 'whether holes are allowed',
};

/** Once more, now: what has failed is submitted as it is, what rests after a failure does not wait any longer. */
async function retry(
	trx: Db,
	event: Pick<EventRow, 'id' | 'state' | 'error' | 'uploader' | 'next_try_at'>,
): Promise<string> {
	const { id, state, error, next_try_at } = event;
	switch (state) {
		case 'UNEDITED':
			if (error === null)
				throw new Problem(409, 'It has not failed: nobody has submitted it yet. Edit it, then submit.');
			await update(trx, id, { state: 'EDITED' });
			return 'It is EDITED again, as it was submitted before.';
		case 'EDITED':
			if (next_try_at === null)
				throw new Problem(409, `It waits for its turn already. ${error ?? ''}`.trim());
			await update(trx, id, { next_try_at: null });
			return 'It rests no longer: the next free node takes it.';
		case 'FINALIZING':
			if (next_try_at === null)
				throw new Problem(409, 'Its upload is being committed or looked for at this moment already.');
			await update(trx, id, { next_try_at: null });
			return 'Its location is asked again, now, what became of the upload.';
		case 'CLAIMED':
			throw new Problem(409, `The node ${event.uploader} works on it at this moment.`);
		case 'UPLOADED':
			throw new Problem(409, 'It is uploaded. To cut it anew, take it back with “Edit again”.');
	}
}

/** FINALIZING, and nobody is committing the upload now. The database refuses the same, in words for people at psql. */
async function demandUnresolved(trx: Db, { id, state }: Pick<EventRow, 'id' | 'state'>): Promise<void> {
	if (state !== 'FINALIZING')
		throw new Problem(409, `It is ${state}, not FINALIZING: there is no upload whose fate is unknown.`);
	const holder = await holderOf(trx, id);
	if (holder !== undefined)
		throw new Problem(
			409,
			`The node ${holder} is publishing its video right now. Wait until it is UPLOADED; if ${holder} is gone for good, take the work away from it first (“Node is gone…”).`,
		);
}

/** Whose live lease is on the event. */
async function holderOf(trx: Db, id: string): Promise<string | undefined> {
	const lease = await trx
		.selectFrom('leases')
		.select('holder')
		.where('id', '=', sql<string>`live_lease(${id})`)
		.executeTakeFirst();
	return lease?.holder;
}

async function update(trx: Db, id: string, changes: EventChange): Promise<void> {
	await trx.updateTable('events').set(changes).where('id', '=', id).execute();
}

/** What the history says beside the change. */
async function note(trx: Db, text: string): Promise<void> {
	await sql`select set_config('cutsheet.note', ${text}, true)`.execute(trx);
}
