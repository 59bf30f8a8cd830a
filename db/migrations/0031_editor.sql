-- What the editor page needs: unsent work, who looks at what, chapters, and videos that only those with the link can see.

-- Unsent work of one person on one event. It is nobody's edit yet, so the event and its history know nothing of it; and
-- two people never overwrite each other's.
create table drafts (
  event_id uuid not null references events,
  account_id uuid not null references accounts on delete cascade,
  -- As the page sends it: marks may still be missing.
  edit jsonb not null check (jsonb_typeof(edit) = 'object' and octet_length(edit::text) <= 1000000),
  -- The event's last entry in event_history when the work was begun: what came since may contradict it.
  seen bigint not null,
  saved_at timestamptz(3) not null default clock_timestamp(),
  primary key (event_id, account_id)
);
create index drafts_account on drafts (account_id);

-- Whose page has which event open, one row per page. Every web service writes its own and sees all. Not worth the
-- write-ahead log: after a crash the pages that are still open say so again.
create unlogged table open_events (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null,
  account_id uuid not null references accounts on delete cascade,
  since timestamptz(3) not null default clock_timestamp(),
  seen_at timestamptz(3) not null default clock_timestamp()
);
create index open_events_event on open_events (event_id);

-- What is wrong with chapters, as a sentence; NULL when nothing is. They are like
-- [{"at": "2026-05-01T12:00:00.000Z", "title": "Opening"}, …]: places of the stream, so that they stay with what they
-- name when the ranges change.
create function chapters_problem(chapters jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, public, pg_temp as $$
declare
  form constant text := '{"at": "2026-05-01T12:00:00.000Z", "title": "Opening"}';
  spelling constant text := '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z$';
  one jsonb;
  number int := 0;
begin
  if chapters is null then
    return null;
  elsif jsonb_typeof(chapters) <> 'array' or jsonb_array_length(chapters) not between 1 and 100 then
    return 'video_chapters is not an array of 1 to 100 chapters like ' || form || '; for none it is NULL';
  end if;
  for one in select value from jsonb_array_elements(chapters) loop
    number := number + 1;
    if jsonb_typeof(one) <> 'object'
      or (select array_agg(key order by key) from jsonb_object_keys(one) key) is distinct from array['at', 'title']
      or jsonb_typeof(one -> 'title') <> 'string' or coalesce(one ->> 'at', '') !~ spelling
    then
      return format('chapter %s of video_chapters is not of the form %s', number, form);
    elsif one ->> 'title' <> btrim(one ->> 'title') or one ->> 'title' = '' or one ->> 'title' ~ '[[:cntrl:]]'
      or char_length(one ->> 'title') > 200
    then
      return format('the title of chapter %s is not one line of 1 to 200 characters', number);
    end if;
    begin
      perform (one ->> 'at')::timestamptz;
    exception when datetime_field_overflow or invalid_datetime_format then
      return format('chapter %s is at a time that does not exist: %s', number, one ->> 'at');
    end;
  end loop;
  return null;
end $$;

alter table events
  -- Chapters stand in the description that the location gets; NULL: none.
  add column video_chapters jsonb check (video_chapters is null or chapters_problem(video_chapters) is null),
  -- Only for those who have the link, whatever the location's configuration says of others. Where nobody could find a
  -- video anyway it changes nothing.
  add column video_unlisted boolean not null default false;
select write_history_trigger();

-- The chapters of a video in the order in which they come in it, each with the whole second at which it begins: NULL when
-- no range shows its place. (The page computes the same: db/chapters.ts.)
create function placed_chapters(
  chapters jsonb, ranges jsonb, transitions jsonb, first_start timestamptz, last_end timestamptz
) returns table (second int, title text, number bigint)
language sql immutable set search_path = pg_catalog, public, pg_temp as $$
  with parts as (
    select number, start_at, end_at,
      -- In milliseconds: the ranges before this one, less what transitions show twice.
      sum(extract(epoch from end_at - start_at) * 1000) over earlier - extract(epoch from end_at - start_at) * 1000
        - sum(blend) over earlier as at_ms
    from (
      select number, (value ->> 'start')::timestamptz as start_at, (value ->> 'end')::timestamptz as end_at,
        case when number = 1 then 0
          else coalesce(round((transitions -> (number::int - 2) ->> 'seconds')::numeric * 1000), 0) end as blend
      from jsonb_array_elements(ranges) with ordinality as r (value, number)
      union all
      select 1, first_start, last_end, 0 where ranges is null and first_start is not null and last_end is not null
    ) range
    window earlier as (order by number)
  )
  select
    (select floor((at_ms + extract(epoch from at - start_at) * 1000) / 1000)::int from parts
      where at >= start_at and at < end_at order by parts.number limit 1) as second,
    title, number
  from (
    select (value ->> 'at')::timestamptz as at, value ->> 'title' as title, number
    from jsonb_array_elements(coalesce(chapters, '[]')) with ordinality as c (value, number)
  ) chapter
$$;

-- The description that the location gets: the editor's, and below it a line for each chapter.
create function published_description(
  description text, chapters jsonb, ranges jsonb, transitions jsonb, first_start timestamptz, last_end timestamptz
) returns text language plpgsql immutable set search_path = pg_catalog, public, pg_temp as $$
begin
  if chapters is null then
    return description;
  end if;
  return (
    select concat_ws(E'\n\n', nullif(rtrim(description, E' \t\r\n'), ''), string_agg(
      case when second >= 3600 then format('%s:%s:%s', second / 3600, lpad((second / 60 % 60)::text, 2, '0'), lpad((second % 60)::text, 2, '0'))
        else format('%s:%s', second / 60, lpad((second % 60)::text, 2, '0')) end || ' ' || title,
      E'\n' order by second, number))
    from placed_chapters(chapters, ranges, transitions, first_start, last_end) where second is not null
  );
end $$;

-- As before (0002), of the description with its chapters.
create or replace function text_problem(event events) returns text
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  limits jsonb := (select l.limits from locations l where l.name = event.upload_location);
  title_max int := limits ->> 'title_max_characters';
  description_max int := limits ->> 'description_max_bytes';
  description text;
  forbidden text;
begin
  if limits is null or limits = '{}' then
    return null;
  end if;
  description := published_description(event.video_description, event.video_chapters, event.video_ranges,
    event.video_transitions, event.video_start, event.video_end);
  if char_length(event.video_title) > title_max then
    return format('the title has %s characters, but upload location "%s" takes %s',
      char_length(event.video_title), event.upload_location, title_max);
  end if;
  if octet_length(description) > description_max then
    return format('the description has %s bytes%s, but upload location "%s" takes %s', octet_length(description),
      case when event.video_chapters is not null then ' with its chapters' else '' end, event.upload_location, description_max);
  end if;
  select string_agg(character, ' ') into forbidden
  from string_to_table(limits ->> 'forbidden_characters', null) character
  where position(character in event.video_title || description) > 0;
  if forbidden is not null then
    return format('upload location "%s" takes no %s in a title or description', event.upload_location, forbidden);
  end if;
  return null;
end $$;

-- What guard_event does for the columns of 0001, for those of this file. Runs behind it (triggers run by name).
create function guard_publishing() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  problem text;
  astray text;
begin
  if new.video_chapters is not distinct from old.video_chapters and new.video_unlisted = old.video_unlisted
    and (new.video_chapters is null or new.state <> 'EDITED' or old.state <> 'UNEDITED')
  then
    return new;
  end if;
  problem := chapters_problem(new.video_chapters);
  if old.state in ('EDITED', 'CLAIMED', 'FINALIZING') and (
    new.video_chapters is distinct from old.video_chapters or new.video_unlisted <> old.video_unlisted
  ) then
    raise exception 'event % is %: % cannot change now', old.id, old.state, concat_ws(', ',
        case when new.video_chapters is distinct from old.video_chapters then 'video_chapters' end,
        case when new.video_unlisted <> old.video_unlisted then 'video_unlisted' end)
      using errcode = 'check_violation', hint = format(
        'First: update events set state = ''UNEDITED'' where id = ''%s''; then change it and submit it again.', old.id);
  end if;
  if problem is null and new.state <> 'UNEDITED' and new.uploader is distinct from 'manual' then
    select title into astray
    from placed_chapters(new.video_chapters, new.video_ranges, new.video_transitions, new.video_start, new.video_end)
    where second is null limit 1;
    problem := case when astray is not null then format('no range shows the place of the chapter "%s"', astray)
      else text_problem(new) end;
  end if;
  if problem is not null then
    raise exception 'event %: %', new.id, problem using errcode = 'check_violation';
  end if;
  if new.state <> 'UPLOADED' and new.edit_version = old.edit_version then
    new.edit_version := old.edit_version + 1;
  end if;
  return new;
end $$;
-- Not WHEN: its text is parsed by each UPDATE (30 µs instead of 8), while these columns cost nothing to look up.
create trigger guard_publishing before update of video_chapters, video_unlisted, state on events for each row
execute function guard_publishing();

-- Whether a location was told otherwise of a video than its row says now, or is still at work on it.
create function told_otherwise(
  told jsonb, title text, description text, tags text[], unlisted boolean, thumbnail jsonb
) returns boolean language sql immutable set search_path = pg_catalog, public, pg_temp as $$
  select told ->> 'title' is distinct from title or told ->> 'description' is distinct from description
    or coalesce(told -> 'tags', '[]') <> to_jsonb(tags)
    or coalesce((told ->> 'unlisted')::boolean, false) <> unlisted
    or nullif(told -> 'thumbnail', 'null') is distinct from thumbnail or told ->> 'processing' = 'processing'
$$;

drop index events_told_otherwise;
create index events_told_otherwise on events (id) where state = 'UPLOADED' and published is not null and told_otherwise(
  published, video_title,
  published_description(video_description, video_chapters, video_ranges, video_transitions, video_start, video_end),
  tags, video_unlisted, thumbnail);

-- As before (0009), of all that a location is told now.
create or replace function adopt_published(node text, tellable text[], lease_seconds float8 default 60)
returns table (lease uuid, event events)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('cutsheet.lease_seconds', lease_seconds::text, true);
  for event in
    select * from events e
    where e.state = 'UPLOADED' and e.published is not null and told_otherwise(
        e.published, e.video_title,
        published_description(e.video_description, e.video_chapters, e.video_ranges, e.video_transitions, e.video_start, e.video_end),
        e.tags, e.video_unlisted, e.thumbnail)
      and e.upload_location = any (tellable)
      and (e.next_try_at is null or e.next_try_at <= clock_timestamp())
      and live_lease(e.id) is null
    order by e.id limit 10 for update skip locked
  loop
    continue when live_lease(event.id) is not null;
    perform release_lease(event.id, 'expired');
    lease := open_lease(event.id, node);
    return next;
    return;
  end loop;
end $$;
