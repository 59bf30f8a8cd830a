import { type RawBuilder, sql } from 'kysely';

/**
 * Why the last attempt on an event ended that is to be tried again, from its history; NULL for others. Its error says so only
 * once somebody has to act. `event`: the table's name in the query.
 */
export function lastFailure(event: string): RawBuilder<string | null> {
	const of = sql.ref(event);
	return sql<string | null>`case when ${of}.state = 'EDITED' and ${of}.attempts > 0 then (
		select h.note from event_history h
		where h.event_id = ${of}.id and h.from_state in ('CLAIMED', 'FINALIZING') and h.to_state = 'EDITED'
		order by h.seq desc limit 1
	) end`;
}
