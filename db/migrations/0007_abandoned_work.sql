-- Work that its owner left: claims whose lease ran out, uploads that stopped in the commit, rows that nobody can take.

-- Sends CLAIMED rows without a live lease back to EDITED: at once the first time, as a node that dies takes nothing with it;
-- from then on with the pauses of other failures, as the row itself may be what kills them. Returns how many. Any service
-- may call it at any time.
create function expire_leases(max_attempts int default 5) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  abandoned events;
  expired int := 0;
begin
  for abandoned in
    select * from events where state = 'CLAIMED' and live_lease(id) is null order by id for update skip locked
  loop
    -- The lease may have been extended, or taken anew, between the search and the lock.
    perform 1 from leases l join lease_items i on i.lease_id = l.id
    where i.kind = 'event' and i.item = abandoned.id::text and i.released_at is null for update of l;
    continue when live_lease(abandoned.id) is not null;
    perform set_config('cutsheet.actor', '', true),
      set_config('cutsheet.note', format('the lease of %s expired', abandoned.uploader), true);
    update events set
      attempts = attempts + 1,
      state = case when attempts + 1 < max_attempts then 'EDITED'::event_state else 'UNEDITED' end,
      next_try_at = case when attempts > 0 and attempts + 1 < max_attempts then clock_timestamp() + retry_pause(attempts) end,
      error = case when attempts + 1 < max_attempts then error
        else format('Gave up after %s attempts: %s stopped answering while it worked on this.', attempts + 1, uploader) end
    where id = abandoned.id and state = 'CLAIMED';
    expired := expired + 1;
  end loop;
  perform set_config('cutsheet.note', '', true);
  return expired;
end $$;

-- For operators: takes the lease of an event away from a node that is gone for good, and tells whose it was.
--   select revoke_lease('EVENT', 'Ada');
-- A CLAIMED event then goes back to EDITED by itself. Of a FINALIZING one the next node that has its location asks what
-- became of the upload, and makes the old commit impossible before it starts anew. The risk: a node that is not gone but
-- only cut off may finish its commit at this very moment. Whoever then sets the state by hand, instead of leaving it to a
-- node, must have looked at the location first, or the video may be published twice.
create function revoke_lease(event uuid, who text default null) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  revoked leases;
begin
  perform 1 from events where id = event for no key update;
  select l.* into revoked from leases l join lease_items i on i.lease_id = l.id
  where i.kind = 'event' and i.item = event::text and i.released_at is null for no key update of l;
  if not found then
    raise exception 'nobody holds a lease on event %', event using errcode = 'no_data_found';
  end if;
  perform log_job(revoked.id, 'warn', format('The lease of %s was revoked by %s', revoked.holder, coalesce(who, session_user)));
  perform release_lease(event, 'revoked by ' || coalesce(who, session_user));
  return revoked.holder;
end $$;

-- Takes over a FINALIZING event whose lease is gone and whose location this node has, to ask the location what became
-- of the upload. Returns the new lease and the event, or no row.
create function adopt_finalizing(node text, lease_seconds float8 default 60)
returns table (lease uuid, event events)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('cutsheet.lease_seconds', lease_seconds::text, true);
  for event in
    select * from events e
    where e.state = 'FINALIZING' and live_lease(e.id) is null
      and (e.next_try_at is null or e.next_try_at <= clock_timestamp())
      and e.upload_location = any (select unnest(n.locations) from nodes n where n.name = node)
    order by e.id for update skip locked
  loop
    perform 1 from leases l join lease_items i on i.lease_id = l.id
    where i.kind = 'event' and i.item = event.id::text and i.released_at is null for update of l;
    continue when live_lease(event.id) is not null;
    perform release_lease(event.id, 'expired while FINALIZING');
    lease := open_lease(event.id, node);
    return next;
    return;
  end loop;
end $$;

-- The location could not say what became of the upload: the row stays FINALIZING, says why, and is asked again.
create function leave_unresolved(lease uuid, problem text, retry_seconds float8 default 60) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
begin
  update events set error = problem, next_try_at = clock_timestamp() + retry_seconds * interval '1 second'
  where id = event and state = 'FINALIZING';
  if not found then
    return lease_lost();
  end if;
  perform release_lease(event, problem);
  return true;
end $$;

-- What EDITED rows of these kinds wait for, other than their turn and their segments, as a sentence that begins with
-- "Waits: "; NULL when a running node may and can take them.
create function waiting_reason(location text, whitelist text[], removed boolean) returns text
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  running text[] := array(
    select name from nodes where last_seen_at > clock_timestamp() - interval '60 seconds' and location = any (locations)
  );
begin
  return case
    when awaiting_problem() is not null then format('Waits: %s.', awaiting_problem())
    when removed then 'Waits: its row was removed from the sheet. Put it back, with its ID, to have it cut.'
    when running && coalesce(whitelist, running) then null
    when running <> '{}' then format('Waits: only %s may cut it, and no such node is running with upload location "%s".',
      array_to_string(whitelist, ', '), location)
    when location = '' then 'Waits: its upload location is empty, and no running cutter has a default one.'
    else format('Waits: no running cutter has upload location "%s". Known are: %s.', location,
      coalesce((select string_agg(format('"%s"', l.name), ', ' order by l.name) from locations l where l.name <> ''), 'none'))
  end;
end $$;

-- Says on rows that wait in vain what they wait for, and takes that back where it is no longer so. Rows that somebody
-- holds are left for the next time, and so is what exceeds a thousand. Returns how many were told what they wait for.
create function explain_waiting() returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  explained int;
  interrupted int;
begin
  perform set_config('cutsheet.actor', '', true), set_config('cutsheet.note', '', true);
  with waiting as materialized (
    select id, error, upload_location, uploader_whitelist, removed_from_sheet_at is not null as removed from events
    where state = 'EDITED' and (error is null or error like 'Waits: %') and edited_at < clock_timestamp() - interval '15 seconds'
  ), kinds as materialized (
    -- Rows are many, kinds of them few.
    select *, waiting_reason(upload_location, uploader_whitelist, removed) as reason
    from (select distinct upload_location, uploader_whitelist, removed from waiting) kinds
  ), wrong as materialized (
    select id, w.error, reason from waiting w join kinds k on k.upload_location = w.upload_location and k.removed = w.removed
      and k.uploader_whitelist is not distinct from w.uploader_whitelist
    where reason is distinct from w.error
    limit 1000
  ), held as materialized (
    select e.id, reason from events e join wrong on wrong.id = e.id
    where state = 'EDITED' and e.error is not distinct from wrong.error
    for update of e skip locked
  ), told as (
    update events e set error = reason from held where e.id = held.id returning e.error
  )
  select count(error) into explained from told;
  with held as (
    select id from events e
    where state = 'FINALIZING' and error is null and updated_at < clock_timestamp() - interval '15 seconds'
      and live_lease(id) is null
      and not exists (
        select from nodes n where n.last_seen_at > clock_timestamp() - interval '60 seconds' and e.upload_location = any (n.locations)
      )
    limit 1000 for update skip locked
  )
  update events e set error = format('Its upload was interrupted just as it was published. Waits for a cutter with upload location "%s" to find out what became of it.', e.upload_location)
  from held where e.id = held.id;
  get diagnostics interrupted = row_count;
  return explained + interrupted;
end $$;
