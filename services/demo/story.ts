import type { Db } from '../../db/connect.ts';

/**
 * What happened to events since the last call, as sentences, in order: from the history that every change leaves in
 * Postgres. `titles`: how to call an event; others are not told of.
 */
export class Story {
	readonly #db: Db;
	#told = 0n;

	constructor(db: Db) {
		this.#db = db;
	}

	async next(titles: ReadonlyMap<string, string>): Promise<string[]> {
		if (titles.size === 0) return [];
		const rows = await this.#db
			.selectFrom('event_history')
			.selectAll()
			.where('event_id', 'in', [...titles.keys()])
			.where('seq', '>', String(this.#told))
			.orderBy('seq')
			.execute();
		const sentences: string[] = [];
		for (const { seq, event_id, at, from_state, to_state, changes, actor, db_user } of rows) {
			this.#told = BigInt(seq);
			const what = from_state === null ? 'is in the database' : stateChange(from_state, to_state);
			if (what === undefined) continue;
			const link = to_state === 'UPLOADED' ? `: ${String(changes.video_link?.[1])}` : '';
			const who = actor ?? db_user;
			sentences.push(`${at.toISOString().slice(11, 19)}  “${titles.get(event_id)}” ${what} (${who})${link}`);
		}
		return sentences;
	}
}

function stateChange(from: string, to: string): string | undefined {
	return from === to ? undefined : `${from} → ${to}`;
}
