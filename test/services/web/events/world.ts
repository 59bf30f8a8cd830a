import { sql } from 'kysely';
import type { Db } from '../../../../db/connect.ts';

/**
 * Events as a festival of many days leaves them: most are uploaded, some wait, some failed. Written past the rules of
 * transitions, as 20,000 of them would take minutes; what each row may hold is checked all the same.
 */
export async function manyEvents(db: Db, count: number): Promise<void> {
	await db.transaction().execute(async (trx) => {
		await sql`set local session_replication_role = replica`.execute(trx);
		await sql`
			insert into events (state, error, video_link, uploader, "start", "end", category, description, tags, priority,
				upload_location, video_start, video_end, video_title, video_description, editor, edited_at, uploaded_at, updated_at, attempts)
			select state, error, case when state = 'UPLOADED' then 'https://videos.example/v/' || n end,
				case when state = 'UPLOADED' or error is not null then (array['north','south','east'])[1 + n % 3] end,
				at, at + interval '40 minutes', category, description, array['day ' || n / 96], case when n % 37 = 0 then 10 else 0 end,
				'', at + interval '2 minutes', at + interval '38 minutes',
				case when state <> 'UNEDITED' then description || ': as it was shown' end,
				case when state <> 'UNEDITED' then '' end, 'Ada', case when state <> 'UNEDITED' then at + interval '1 hour' end,
				case when state = 'UPLOADED' then at + interval '2 hours' end, at + interval '2 hours', case when error is null then 0 else 3 end
			from (
				select n, timestamptz '2026-05-01 12:00Z' - n * interval '15 minutes' as at,
					(array['Talks','Music','Workshops','Theatre','Interviews'])[1 + n % 5] as category,
					(array['Opening','The long way home','Lights over the harbour','Questions and answers','A night of songs',
						'How bridges stand','Letters from the north','Machines that draw'])[1 + n % 8] || ', part ' || n as description,
					(case when n % 50 = 0 then 'UNEDITED' when n < 30 and n % 3 = 0 then 'EDITED' when n < 12 then 'UNEDITED'
						else 'UPLOADED' end)::event_state as state,
					case when n % 50 = 0 and n > 0 then 'Gave up after 3 attempts. The last one failed: the upload location does not answer (HTTP 503).' end as error
				from generate_series(0, ${count - 1}::int) n
			) e`.execute(trx);
	});
}
