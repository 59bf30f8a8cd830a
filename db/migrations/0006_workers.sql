-- What services and people do to events, one function each. Workers name their lease: with a lost lease nothing
-- changes and the function says so (false). Always the event row is locked first, then its lease.

-- What this transaction does to events from now on is done under a lease: guard_event, which runs when the event is locked,
-- changes nothing when the lease is lost by then, and names its holder as the actor. Returns the lease's event, or NULL.
-- In braces, which a UUID may have: the function that calls this says itself when nothing changed.
create function work_under(lease uuid, note text default '') returns uuid language plpgsql as $$
declare
  said constant text := concat(set_config('cutsheet.lease', '{' || lease || '}', true), set_config('cutsheet.actor', '', true),
    set_config('cutsheet.note', note, true));
begin
  -- Looked at afterwards, not in WHERE: the planner would go through all items that anybody holds, and held.
  return (select case when released_at is null then item::uuid end from lease_items where lease_id = lease and kind = 'event');
end $$;

-- Nothing changed under the lease: what else the transaction does is not done under it. Returns false.
create function lease_lost() returns boolean language plpgsql as $$
begin
  return set_config('cutsheet.lease', '', true) is null;
end $$;

-- ---------------------------------------------------------------------------------------------- nodes, locations

-- Says hello: this node runs, with these upload locations [{"name", "kind", "limits", "config_hash"}, …].
-- Returns one sentence per location on which another node that runs disagrees; such a location stays as it was.
create function register_node(node text, node_instance uuid, node_version text, node_locations jsonb)
returns setof text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  wanted record;
  known locations;
  problem text;
begin
  insert into nodes (name, instance, version, locations)
  values (node, node_instance, node_version,
    array(select value ->> 'name' from jsonb_array_elements(node_locations)))
  on conflict (name) do update set
    instance = excluded.instance, version = excluded.version, locations = excluded.locations,
    started_at = clock_timestamp(), last_seen_at = clock_timestamp();
  for wanted in
    select name, kind, coalesce(limits, '{}') as limits, config_hash
    from jsonb_to_recordset(node_locations) as x (name text, kind text, limits jsonb, config_hash text)
    order by name
  loop
    insert into locations (name, kind, limits, config_hash, registered_by)
    values (wanted.name, wanted.kind, wanted.limits, wanted.config_hash, node)
    on conflict (name) do nothing;
    select * into known from locations l where l.name = wanted.name for update;
    if known.config_hash = wanted.config_hash and known.kind = wanted.kind then
      update locations set limits = wanted.limits, disagreement = case when starts_with(disagreement, node || ' ') then null else disagreement end
      where name = wanted.name;
    elsif exists (
      select from nodes n where n.name <> node and wanted.name = any (n.locations)
        and n.last_seen_at > clock_timestamp() - interval '60 seconds'
    ) then
      problem := format('%s configures upload location "%s" differently from %s; make their configurations alike',
        node, wanted.name, known.registered_by);
      update locations set disagreement = problem where name = wanted.name;
      return next problem;
    else
      update locations set kind = wanted.kind, limits = wanted.limits, config_hash = wanted.config_hash,
        registered_by = node, registered_at = clock_timestamp(), disagreement = null
      where name = wanted.name;
    end if;
  end loop;
end $$;

-- false when the node is not (or no longer) registered as this instance: another process took its name.
create function heartbeat_node(node text, node_instance uuid) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with seen as (
    update nodes set last_seen_at = clock_timestamp() where name = node and instance = node_instance returning 1
  )
  select exists (select from seen)
$$;

-- ------------------------------------------------------------------------------------------------ edit and cancel

-- Submits the edit inputs of an UNEDITED event: it becomes EDITED. Arguments that are NULL keep what the row has,
-- except ranges and transitions, which belong together with the bounds. expected_version: refuse when the cut was
-- changed since the editor loaded it.
create function submit_edit(
  event uuid, start_at timestamptz, end_at timestamptz, title text, video_text text,
  ranges jsonb default null, transitions jsonb default null, editor_name text default null,
  location text default null, holes boolean default null, whitelist text[] default null,
  expected_version int default null
) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  found_event events;
begin
  select * into found_event from events where id = event for update;
  if not found then
    raise exception 'there is no event %', event using errcode = 'no_data_found';
  elsif found_event.state <> 'UNEDITED' then
    raise exception 'event % is %, so its edit cannot be submitted', event, found_event.state using
      errcode = 'check_violation', hint = 'Take it back to UNEDITED first (cutsheet cancel, or re-edit).';
  elsif expected_version <> found_event.edit_version then
    raise exception 'event % was changed by % since you loaded it', event, coalesce(found_event.editor, 'somebody')
      using errcode = 'serialization_failure', hint = 'Load it again, compare, and submit anew.';
  end if;
  perform set_config('cutsheet.actor', coalesce(editor_name, ''), true), set_config('cutsheet.note', '', true);
  update events set
    state = 'EDITED', video_start = start_at, video_end = end_at, video_ranges = ranges, video_transitions = transitions,
    video_title = coalesce(title, video_title), video_description = coalesce(video_text, video_description),
    editor = coalesce(editor_name, editor), upload_location = coalesce(location, upload_location),
    allow_holes = coalesce(holes, allow_holes), uploader_whitelist = coalesce(whitelist, uploader_whitelist)
  where id = event returning * into found_event;
  return found_event.edit_version;
end $$;

-- Takes an EDITED, CLAIMED or UPLOADED event back to UNEDITED. Cancelling stops its cutter; an uploaded video stays
-- where it is, only its link leaves the row. Returns the state it had.
create function cancel_event(event uuid, who text default null, reason text default null) returns event_state
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  was events;
begin
  select * into was from events where id = event for update;
  if not found then
    raise exception 'there is no event %', event using errcode = 'no_data_found';
  elsif was.state = 'UNEDITED' then
    raise exception 'event % is UNEDITED: there is nothing to cancel', event using errcode = 'check_violation';
  elsif was.state = 'FINALIZING' then
    raise exception 'event % is FINALIZING: its upload is being committed and cannot be cancelled now', event
      using errcode = 'check_violation', hint = 'Wait until it is UPLOADED; then take it back.';
  end if;
  perform set_config('cutsheet.actor', coalesce(who, ''), true), set_config('cutsheet.note', coalesce(reason, ''), true);
  update events set state = 'UNEDITED',
    error = case when state = 'UPLOADED' then null
      else format('Cancelled by %s%s', coalesce(who, session_user), coalesce(': ' || reason, '')) end
  where id = event;
  return was.state;
end $$;

-- ------------------------------------------------------------------------------------------------------- the claim

-- Ten rows that a node may claim now, best first: highest priority, then oldest edit. Of each what the node has to know to
-- look whether its disk has the segments. Reads only, locks nothing.
-- skip: 'id:edit_version' of rows that this node cannot cut as they are. scattered: ten of the first three hundred, for a
-- node that was too slow for all of the first ten: so many others are claiming right now that each must look elsewhere.
-- PL/pgSQL and fixed numbers, so that one plan serves all calls: 70 µs instead of 400. It has to be said, too: with a short
-- queue the planner prefers to plan each call anew (another 200 µs).
create function claimable_events(node text, skip text[] default '{}', scattered boolean default false) returns table (
  id uuid, edit_version int, upload_location text, allow_holes boolean,
  video_start timestamptz, video_end timestamptz, video_ranges jsonb
)
language plpgsql stable rows 10 security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
  if scattered then
    return query
      select first.* from (
        select e.id, e.edit_version, e.upload_location, e.allow_holes, e.video_start, e.video_end, e.video_ranges
        from events e
        where e.state = 'EDITED'
          and e.removed_from_sheet_at is null
          and (e.next_try_at is null or e.next_try_at <= clock_timestamp())
          and (e.uploader_whitelist is null or node = any (e.uploader_whitelist))
          and e.upload_location = any (array(select unnest(n.locations) from nodes n where n.name = node))
          and (skip = '{}' or e.id || ':' || e.edit_version not in (select unnest(skip)))
        order by e.priority desc, e.edited_at, e.id limit 300
      ) first order by random() limit 10;
    return;
  end if;
  return query
    select e.id, e.edit_version, e.upload_location, e.allow_holes, e.video_start, e.video_end, e.video_ranges from events e
    where e.state = 'EDITED'
      and e.removed_from_sheet_at is null
      and (e.next_try_at is null or e.next_try_at <= clock_timestamp())
      and (e.uploader_whitelist is null or node = any (e.uploader_whitelist))
      and e.upload_location = any (array(select unnest(n.locations) from nodes n where n.name = node))
      -- Not `<> all (skip)`: PostgreSQL hashes only a subquery. With 10,000 rows that a node lacks: 50 ms instead of 11 s.
      and (skip = '{}' or e.id || ':' || e.edit_version not in (select unnest(skip)))
    order by e.priority desc, e.edited_at, e.id
    limit 10;
end $$;

-- Claims the first of some events that is still as the node read it: `versions` are their edit_versions. Returns the lease
-- and the claimed row, or no row when others were faster with all of them. Rows that somebody holds right now are passed
-- over: a node must not wait for a transaction that an operator left open while other rows could be cut, and of many nodes
-- that saw the same head of the queue each gets another row, with one call. One plan for all calls, as above: the planner would
-- make one for each number of candidates (another 250 µs).
create function claim_first(candidates uuid[], versions int[], node text, lease_seconds float8 default 60)
returns table (lease uuid, event events)
language plpgsql rows 1 security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan as $$
declare
  chosen uuid;
  said text;
begin
  select e.id into chosen
  from unnest(candidates, versions) with ordinality as candidate (id, version, place)
  join events e on e.id = candidate.id and e.edit_version = candidate.version
  where e.state = 'EDITED' and e.removed_from_sheet_at is null
    and (e.next_try_at is null or e.next_try_at <= clock_timestamp())
    and (e.uploader_whitelist is null or node = any (e.uploader_whitelist))
    and e.upload_location = any (array(select unnest(n.locations) from nodes n where n.name = node))
  order by place limit 1 for no key update of e skip locked;
  if not found then
    return;
  end if;
  said := concat(set_config('cutsheet.lease_seconds', lease_seconds::text, true),
    set_config('cutsheet.actor', node, true), set_config('cutsheet.note', '', true));
  update events set state = 'CLAIMED', uploader = node where id = chosen returning * into event;
  lease := current_setting('cutsheet.lease');
  return next;
end $$;

-- Says for people why a row waits, while it has no error but what explain_waiting says: "node-1 lacks …". State and claim
-- are not touched.
create function note_waiting(event uuid, version int, node text, sentence text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('cutsheet.actor', node, true), set_config('cutsheet.note', '', true);
  update events set error = sentence
  where id = (select id from events where id = event for update skip locked)
    and state = 'EDITED' and edit_version = version and (error is null or error like 'Waits: %');
  return found;
end $$;

-- ------------------------------------------------------------------------------------------- under a lease

-- Extends leases to `seconds` from now. Returns those that are still held; the others are lost.
create function extend_leases(held uuid[], seconds float8) returns setof uuid
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  update leases set expires_at = clock_timestamp() + seconds * interval '1 second'
  where id = any (held) and released_at is null and (expires_at is null or expires_at > clock_timestamp())
  returning id
$$;

-- How far the work is, read from leases.progress. {"stage": "cutting", "percent": 42.1, "speed": 12.5, "seconds_left": 30};
-- speed: seconds of video per second. Then "checking" and "packing" likewise, {"stage": "uploading", "percent": 42.1,
-- "bytes_per_second": 1250000, "seconds_left": 30}, and {"stage": "publishing"}. All of it is about the stage alone. The work
-- has got further when another stage or percentage is told: a program that hangs may go on telling the same.
create function report_progress(lease uuid, state_of_work jsonb) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  with written as (
    update leases set progress = state_of_work, moved_at = case
      when (progress -> 'stage', progress -> 'percent') is distinct from (state_of_work -> 'stage', state_of_work -> 'percent')
      then clock_timestamp() else moved_at end
    where id = lease and released_at is null and (expires_at is null or expires_at > clock_timestamp()) returning 1
  )
  select exists (select from written)
$$;

-- Before the first byte leaves: what is needed to find out later what became of the upload.
create function store_upload_session(lease uuid, session jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
begin
  update events set upload_session = session where id = event and state = 'CLAIMED';
  return found or lease_lost();
end $$;

-- All bytes are sent, only the commit is missing. known_identity, known_lsn, known_visits: the server as the node works with
-- it (NULL: not told). Fails while it may have forgotten uploads (0050).
create function finalize_event(
  lease uuid, known_identity text default null, known_lsn pg_lsn default null, known_visits bigint default null
) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
  problem text := awaiting_problem(known_identity, known_lsn,
    known_visits > (select n.visits from leases l join nodes n on n.name = l.holder where l.id = lease));
begin
  if problem is not null then
    raise exception 'event % cannot be published now: %', event, problem using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- Whatever somebody has set for the sake of speed: a server that crashed must not have forgotten that a commit began.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  update events set state = 'FINALIZING' where id = event and state = 'CLAIMED';
  return found or lease_lost();
end $$;

-- The video is published. published: what the location was told, to see later what has changed since.
create function complete_event(lease uuid, link text, video text default null, told jsonb default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
begin
  update events set state = 'UPLOADED', video_link = link, video_id = video, published = told
  where id = event and state = 'FINALIZING';
  return found or lease_lost();
end $$;

-- How long an event rests after its nth failed attempt: twice as long each time, 5 s to 10 min, with jitter.
create function retry_pause(attempts int) returns interval language sql volatile as $$
  select least(5 * 2 ^ least(attempts, 10), 600) * (0.5 + random() / 2) * interval '1 second'
$$;

-- Back to EDITED after a retryable error, to be tried again after a pause that doubles with each attempt (5 s … 10 min,
-- with jitter); after max_attempts to UNEDITED, where a person sees it. From FINALIZING only when it is certain that
-- nothing was uploaded. Returns the state that it went to, or NULL when the lease is lost.
create function retry_event(lease uuid, reason text, max_attempts int default 5) returns event_state
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
  reached event_state;
begin
  perform set_config('cutsheet.note', reason, true);
  update events set
    attempts = attempts + 1,
    state = case when attempts + 1 < max_attempts then 'EDITED'::event_state else 'UNEDITED' end,
    next_try_at = case when attempts + 1 < max_attempts then clock_timestamp() + retry_pause(attempts) end,
    error = case when attempts + 1 < max_attempts then error
      else format('Gave up after %s attempts. The last one failed: %s', attempts + 1, reason) end
  where id = event and state in ('CLAIMED', 'FINALIZING')
  returning state into reached;
  if not found then
    perform lease_lost();
  end if;
  return reached;
end $$;

-- Back to EDITED at once and without counting an attempt: the node stops, the work is fine.
create function hand_back_event(lease uuid, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease, reason);
begin
  update events set state = 'EDITED' where id = event and state = 'CLAIMED';
  return found or lease_lost();
end $$;

-- To UNEDITED with an error that a person must deal with.
create function fail_event(lease uuid, problem text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
begin
  update events set state = 'UNEDITED', error = problem where id = event and state in ('CLAIMED', 'FINALIZING');
  return found or lease_lost();
end $$;
