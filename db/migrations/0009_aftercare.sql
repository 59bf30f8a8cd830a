-- After the upload: what a location is still to be told, and work that waits for a location's quota.

-- The location takes nothing more for now: back to EDITED with the reason, to be tried again after `seconds`. No attempt is
-- used up by it.
create function postpone_event(lease uuid, reason text, seconds float8) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease, reason);
begin
  update events set state = 'EDITED', error = reason, next_try_at = clock_timestamp() + seconds * interval '1 second'
  where id = event and state in ('CLAIMED', 'FINALIZING');
  return found or lease_lost();
end $$;

-- Takes a lease on an UPLOADED event whose location is to be told something, or to be asked how its processing goes; the
-- event stays UPLOADED. `tellable`: the locations of this node that can be told. Returns no row when there is nothing to do.
create function adopt_published(node text, tellable text[], lease_seconds float8 default 60)
returns table (lease uuid, event events)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('cutsheet.lease_seconds', lease_seconds::text, true);
  for event in
    select * from events e
    where e.state = 'UPLOADED' and e.published is not null and (
        e.published ->> 'title' is distinct from e.video_title or e.published ->> 'description' is distinct from e.video_description
        or e.published -> 'thumbnail' is distinct from e.thumbnail or e.published ->> 'processing' = 'processing'
      )
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

-- Notes what the location of an UPLOADED event has been told, and releases the lease. `problem`: a sentence for people, or
-- NULL; `retry_seconds`: when to go on, or NULL when all is said.
create function note_published(lease uuid, told jsonb, problem text, retry_seconds float8 default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  event uuid := work_under(lease);
begin
  update events set published = told, error = problem,
    next_try_at = clock_timestamp() + retry_seconds * interval '1 second'
  where id = event and state = 'UPLOADED';
  if not found then
    return lease_lost();
  end if;
  perform release_lease(event, coalesce(problem, 'told'));
  return true;
end $$;
