-- Every change of an event, kept for people and read by sheet-sync and the pages as their feed.

create table event_history (
  seq bigint generated always as identity primary key,
  event_id uuid not null,
  at timestamptz(3) not null default clock_timestamp(),
  db_user name not null default session_user,
  -- Who says to have done it: cutsheet.actor, set per transaction. A claim and no proof, hence db_user beside it.
  actor text,
  from_state event_state,
  to_state event_state not null,
  -- {"column": [before, after], …}
  changes jsonb not null,
  note text,
  xid xid8 not null default pg_current_xact_id()
);
-- The feed reads by transaction, not by seq: a number may be drawn early and committed late.
create index event_history_feed on event_history (xid);
create index event_history_event on event_history (event_id, seq);

-- The columns of an event that its history keeps. Of an upload session only which attempt it is: the rest may let its
-- holder write to the location.
create function public_columns(event events) returns jsonb
language sql immutable set search_path = pg_catalog, public, pg_temp as $$
  select to_jsonb(event) - 'updated_at' || jsonb_build_object('upload_session', event.upload_session -> 'attempt')
$$;

-- Writes the trigger that keeps the history, from the columns that events has: a migration that adds one calls this again.
-- It makes JSON of those columns only that changed: 40 µs instead of 300 for two whole rows as JSON. PL/pgSQL sets up an
-- expression anew in each transaction, all of its branches: hence one statement for each group of columns that mostly change
-- together, which is passed over when none of them did (another 30 µs, four times per job).
create function write_history_trigger() returns void language plpgsql as $$
declare
  -- Every other column is of the last group.
  groups constant jsonb := '{
    "state": 1, "uploader": 1, "error": 1, "upload_session": 2,
    "video_link": 3, "video_id": 3, "published": 3, "uploaded_at": 3}';
begin
  execute format($function$
    create or replace function record_history() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
    declare
      changes jsonb := '{}';
    begin
      if tg_op = 'INSERT' then
        select jsonb_object_agg(key, jsonb_build_array(null, value)) into changes from jsonb_each(public_columns(new));
      else
        %s
      end if;
      if changes <> '{}' then
        insert into event_history (event_id, actor, from_state, to_state, changes, note) values (
          new.id, nullif(current_setting('cutsheet.actor', true), ''),
          case when tg_op = 'UPDATE' then old.state end, new.state, changes,
          nullif(current_setting('cutsheet.note', true), '')
        );
      end if;
      return null;
    end $body$
  $function$, (
    select string_agg(format('if %s then changes := changes %s; end if;', differs, pairs), E'\n        ' order by "group")
    from (
      select coalesce((groups -> attname)::int, 4) as "group",
        string_agg(format('new.%1$I is distinct from old.%1$I', attname), ' or ' order by attnum) as differs,
        string_agg(format(
          '|| case when new.%1$I is distinct from old.%1$I then jsonb_build_object(%2$L, jsonb_build_array(old.%1$I%3$s, new.%1$I%3$s)) else ''{}'' end',
          attname, attname, case attname when 'upload_session' then ' -> ''attempt''' end
        ), ' ' order by attnum) as pairs
      from pg_attribute
      where attrelid = 'events'::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'updated_at')
      group by 1
    ) of_group
  ));
end $$;
select write_history_trigger();

create trigger history after insert or update on events for each row execute function record_history();

-- For the pruning. BRIN: history is written in the order of time, and such an index takes no room.
create index event_history_at on event_history using brin (at);

-- The events that changed in transactions from `since` on, and where to read on from: at the oldest transaction that is
-- still in flight, so that what it has written is told once it commits. What was committed beside it is told at once,
-- and again until the oldest one ends: a transaction that somebody left open delays nothing but its own changes.
-- A row without event_id carries `until` when nothing changed. The upper bound is for a restored database, whose
-- history holds numbers of transactions that are still to come here. (JIT would cost 300 ms per call.)
create function read_changes(since xid8) returns table (event_id uuid, until xid8)
language sql stable security definer set search_path = pg_catalog, public, pg_temp set jit = off as $$
  with snapshot as materialized (select pg_current_snapshot() as now)
  select distinct h.event_id, pg_snapshot_xmin(now)
  from snapshot left join event_history h on h.xid >= since and h.xid < pg_snapshot_xmax(now)
$$;

-- A value of the history for people: short, in quotes where it is a text.
create function shown_value(value jsonb) returns text language sql immutable as $$
  select case when value is null or value = 'null' then 'nothing'
    when length(value::text) > 80 then left(value::text, 79) || '…' else value::text end
$$;

-- For people: select * from event_story where event_id = '…';
create view event_story as
select
  event_id, at, coalesce(actor, db_user::text) as who,
  case
    when from_state is null then 'created'
    when from_state <> to_state then from_state || ' → ' || to_state
    else (
      select string_agg(format('%s: %s → %s', key, shown_value(value -> 0), shown_value(value -> 1)), '; ' order by key)
      from jsonb_each(changes)
    )
  end
  || coalesce(': ' || note, '')
  || case when from_state <> to_state then coalesce('; error: ' || (changes -> 'error' ->> 1), '') else '' end
  || case when to_state = 'UPLOADED' and from_state <> to_state
    then coalesce('; ' || (changes -> 'video_link' ->> 1), '') else '' end as what,
  changes
from event_history
order by event_id, seq;
