-- Who works on what: nodes, the upload locations that they have, and leases.

create table nodes (
  name text primary key check (name not in ('', 'manual')),
  locations text[] not null default '{}',
  version text not null default '',
  instance uuid,
  started_at timestamptz(3) not null default now(),
  last_seen_at timestamptz(3) not null default now()
);

-- limits: {"title_max_characters": 100, "description_max_bytes": 5000, "forbidden_characters": "<>"}, each optional.
-- config_hash: of everything that must be alike on all nodes that have the location.
create table locations (
  name text primary key,
  kind text not null,
  limits jsonb not null default '{}',
  config_hash text not null,
  registered_by text not null,
  registered_at timestamptz(3) not null default now(),
  disagreement text
);

-- A lease is judged by the database's clock_timestamp() only, never by a node's clock. moved_at: when its work last got
-- further; a lease is also extended while a disk, a program or a server that the work waits for hangs.
create table leases (
  id uuid primary key default gen_random_uuid(),
  holder text not null,
  opened_at timestamptz(3) not null default clock_timestamp(),
  expires_at timestamptz(3),
  released_at timestamptz(3),
  outcome text,
  progress jsonb,
  moved_at timestamptz(3) not null default clock_timestamp()
);

-- An item is an event today; later an output to be made of a video, or a ticket (hence text).
create table lease_items (
  lease_id uuid not null references leases on delete cascade,
  kind text not null,
  item text not null,
  released_at timestamptz(3),
  primary key (lease_id, kind, item)
);
create unique index lease_items_held on lease_items (kind, item) where released_at is null;

-- The functions below are called by functions that have a fixed search_path and the rights of the owner. PL/pgSQL and not
-- SQL, because it keeps the plans of its statements: 15 µs a call instead of 75 (PostgreSQL 18; 15 plans anew each time).

-- The live lease of an event, or NULL: not released, not expired.
create function live_lease(event uuid) returns uuid language plpgsql as $$
begin
  return (
    select l.id from lease_items i join leases l on l.id = i.lease_id
    where i.kind = 'event' and i.item = event::text and i.released_at is null
      and l.released_at is null and (l.expires_at is null or l.expires_at > clock_timestamp())
  );
end $$;

-- Opens a lease on an event for `holder`. Its length comes from cutsheet.lease_seconds (60 when unset), so that a
-- claim typed by hand gets a lease too. What else its transaction does to the event is done under this lease
-- (cutsheet.lease). Fails with a unique violation while another lease is held.
create function open_lease(event uuid, holder text) returns uuid language plpgsql as $$
declare
  -- Random behind the time in milliseconds (as UUIDs of version 7, which PostgreSQL has since 18): new leases lie beside
  -- each other in the indices, so that a claim among a million old ones writes no more pages than among none.
  opened constant uuid := lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::int8), 12, '0')
    || '-' || right(gen_random_uuid()::text, 22);
  seconds constant float8 := coalesce(nullif(current_setting('cutsheet.lease_seconds', true), '')::float8, 60);
begin
  with lease as (
    insert into leases (id, holder, expires_at)
    values (opened, holder, clock_timestamp() + seconds * interval '1 second')
  )
  insert into lease_items (lease_id, kind, item) values (opened, 'event', event::text);
  return set_config('cutsheet.lease', opened::text, true);
end $$;

-- Releases whatever lease is held on an event, live or expired. What else the transaction does is done under none.
create function release_lease(event uuid, outcome text) returns void language plpgsql as $$
declare
  said constant text := set_config('cutsheet.lease', '', true);
begin
  with released as (
    update lease_items set released_at = clock_timestamp()
    where kind = 'event' and item = event::text and released_at is null
    returning lease_id
  )
  update leases l set released_at = clock_timestamp(), outcome = release_lease.outcome
  from released where l.id = released.lease_id and l.released_at is null;
end $$;
