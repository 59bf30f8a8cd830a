-- What is wrong with a service although it runs: told by itself, shown to operators. A log is looked at only once somebody
-- misses something.

-- Told again every few seconds while it lasts, taken back when it is over; what has not been told for a minute is over too.
-- Also by a node that cannot register yet, so that it names no row of nodes.
create table node_troubles (
  node text primary key check (node <> ''),
  -- Sentences that name the node and the folder, and say what to do.
  troubles text[] not null check (cardinality(troubles) between 1 and 20),
  -- The upload locations for which it claims nothing meanwhile.
  stopped text[] not null default '{}',
  told_at timestamptz(3) not null default clock_timestamp()
);

-- A node says what is wrong with it; '{}': nothing any more. false when another process that runs has the node's name.
create function tell_troubles(
  node_name text, node_instance uuid, sentences text[], stopped_locations text[] default '{}'
) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (
    select from nodes where name = node_name and instance <> node_instance
    and last_seen_at > clock_timestamp() - interval '60 seconds'
  ) then
    return false;
  end if;
  delete from node_troubles where node = node_name and sentences = '{}';
  insert into node_troubles (node, troubles, stopped)
  select node_name, sentences, stopped_locations where sentences <> '{}'
  on conflict (node) do update set troubles = excluded.troubles, stopped = excluded.stopped, told_at = clock_timestamp();
  return true;
end $$;
revoke execute on function tell_troubles from public;

create view current_troubles as
select node, troubles, stopped from node_troubles where told_at > clock_timestamp() - interval '60 seconds';

-- The syncs between a spreadsheet and this database: told every few seconds by the process that leads.
create table sheet_syncs (
  service text not null check (service in ('sheet-sync', 'publish-sheet')),
  spreadsheet text not null,
  seen_at timestamptz(3) not null default clock_timestamp(),
  -- When all of one was in the other last.
  in_step_at timestamptz(3),
  -- What the last cycle failed with.
  trouble text,
  primary key (service, spreadsheet)
);

-- As in 0007; besides, nodes that claim nothing for the location say why.
create or replace function waiting_reason(location text, whitelist text[], removed boolean) returns text
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  running text[] := array(
    select name from nodes where last_seen_at > clock_timestamp() - interval '60 seconds' and location = any (locations)
  );
  able text[] := array(select name from unnest(running) name where name = any (coalesce(whitelist, running)));
  -- Of these, those that claim nothing for the location.
  idle text[] := array(select t.node from current_troubles t where t.node = any (able) and location = any (t.stopped));
begin
  return case
    when awaiting_problem() is not null then format('Waits: %s.', awaiting_problem())
    when removed then 'Waits: its row was removed from the sheet. Put it back, with its ID, to have it cut.'
    when idle <> '{}' and idle @> able then (
      select 'Waits: ' || string_agg(t.troubles[1], ' ' order by t.node) from current_troubles t where t.node = any (idle))
    when able <> '{}' then null
    when running <> '{}' then format('Waits: only %s may cut it, and no such node is running with upload location "%s".',
      array_to_string(whitelist, ', '), location)
    when location = '' then 'Waits: its upload location is empty, and no running cutter has a default one.'
    else format('Waits: no running cutter has upload location "%s". Known are: %s.', location,
      coalesce((select string_agg(format('"%s"', l.name), ', ' order by l.name) from locations l where l.name <> ''), 'none'))
  end;
end $$;
