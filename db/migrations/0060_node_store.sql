-- What the segment stores of nodes hold, and how much room there is on their disks: told by each node once a minute, shown
-- to operators. No rule depends on it: whether a node can cut a row it still finds out on its disk.

create table node_stores (
  node text not null references nodes on delete cascade,
  channel text not null,
  quality text not null,
  -- Stretches without a hole. A store in pieces has its smallest holes left out, so that this stays small.
  held tstzmultirange not null,
  disk_bytes bigint not null check (disk_bytes >= 0),
  -- For the user of the node: what a disk keeps for its administrator does not count.
  free_bytes bigint not null check (free_bytes >= 0),
  told_at timestamptz(3) not null default clock_timestamp(),
  primary key (node, channel, quality)
);

-- A node says what its store holds. It has one: what it told of another is dropped. false when another process has taken
-- the node's name since.
create function tell_store(
  node_name text, node_instance uuid, store_channel text, store_quality text,
  store_held tstzmultirange, disk bigint, free bigint
) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from nodes where name = node_name and instance = node_instance) then
    return false;
  end if;
  delete from node_stores where node = node_name and (channel, quality) <> (store_channel, store_quality);
  insert into node_stores (node, channel, quality, held, disk_bytes, free_bytes)
  values (node_name, store_channel, store_quality, store_held, disk, free)
  on conflict (node, channel, quality) do update set
    held = excluded.held, disk_bytes = excluded.disk_bytes, free_bytes = excluded.free_bytes, told_at = clock_timestamp();
  return true;
end $$;
revoke execute on function tell_store from public;

-- How many minutes of video an event's ranges make, transitions aside; 0 for one that was cut elsewhere.
create function video_minutes(ranges jsonb, first_start timestamptz, last_end timestamptz) returns float8
language sql immutable set search_path = pg_catalog, public, pg_temp as $$
  select coalesce((
    select sum(extract(epoch from (value ->> 'end')::timestamptz - (value ->> 'start')::timestamptz))
    from jsonb_array_elements(ranges)
  ), extract(epoch from last_end - first_start), 0)::float8 / 60
$$;
revoke execute on function video_minutes from public;
