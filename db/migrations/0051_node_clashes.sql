-- A bad deploy is told where people look: two processes under one node name, and locations that nodes configure differently.

-- doubled_at: when a process last said that it still runs under this name, although another one had taken it since.
-- configured: what the node says of its locations, by name: {"main": {"kind", "limits", "config_hash"}, …}.
alter table nodes
  add column doubled_at timestamptz(3),
  add column configured jsonb not null default '{}';

-- A node that said nonsense here would keep every edit for the location from being submitted.
alter table locations add constraint limits_can_be_read check (
  coalesce(limits ->> 'title_max_characters', '0') ~ '^\d{1,9}$' and coalesce(limits ->> 'description_max_bytes', '0') ~ '^\d{1,9}$'
);

-- Writes into locations what a node says of its own, unless another node that runs says otherwise: then the location stays
-- as it was, and a sentence says who disagrees. Returns those sentences.
create function settle_locations(node text) returns setof text language plpgsql as $$
declare
  wanted record;
  others text;
  problem text;
begin
  for wanted in
    select c.key as name, c.value ->> 'kind' as kind, coalesce(c.value -> 'limits', '{}') as limits,
      c.value ->> 'config_hash' as config_hash
    from nodes n, jsonb_each(n.configured) c where n.name = settle_locations.node order by c.key
  loop
    insert into locations (name, kind, limits, config_hash, registered_by)
    values (wanted.name, wanted.kind, wanted.limits, wanted.config_hash, node)
    on conflict (name) do nothing;
    -- Of two nodes that say hello at once, the second one sees what the first one says.
    perform from locations l where l.name = wanted.name for update;
    select string_agg(n.name, ', ' order by n.name) into others from nodes n
    where n.name <> node and n.last_seen_at > clock_timestamp() - interval '60 seconds'
      and n.configured ? wanted.name
      and (n.configured -> wanted.name ->> 'kind', n.configured -> wanted.name ->> 'config_hash')
        <> (wanted.kind, wanted.config_hash);
    if others is not null then
      problem := format('%s configures upload location "%s" differently from %s; make their configurations alike',
        node, wanted.name, others);
      -- Both sides say so again and again: the sentence of the one who said it first stays.
      update locations l set disagreement = problem
      where l.name = wanted.name and (l.disagreement is null or starts_with(l.disagreement, node || ' configures '));
      return next problem;
    else
      update locations l set kind = wanted.kind, limits = wanted.limits, config_hash = wanted.config_hash,
        registered_by = node, registered_at = clock_timestamp(), disagreement = null
      where l.name = wanted.name
        and (l.kind, l.limits, l.config_hash, l.disagreement)
          is distinct from (wanted.kind, wanted.limits, wanted.config_hash, null);
    end if;
  end loop;
end $$;

-- Says hello: this node runs, with these upload locations [{"name", "kind", "limits", "config_hash"}, …].
-- Returns one sentence per location on which another node that runs disagrees.
create or replace function register_node(node text, node_instance uuid, node_version text, node_locations jsonb)
returns setof text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  named constant jsonb := coalesce(
    (select jsonb_object_agg(value ->> 'name', value - 'name') from jsonb_array_elements(node_locations)), '{}');
begin
  insert into nodes (name, instance, version, locations, configured)
  values (node, node_instance, node_version, array(select jsonb_object_keys(named) order by 1), named)
  on conflict (name) do update set
    instance = excluded.instance, version = excluded.version, locations = excluded.locations,
    configured = excluded.configured, started_at = clock_timestamp(), last_seen_at = clock_timestamp();
  return query select * from settle_locations(node);
end $$;

-- false when the node is not (or no longer) registered as this instance: another process took its name. Where locations are
-- disagreed on, it is looked again whether they still are.
create or replace function heartbeat_node(node text, node_instance uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update nodes set last_seen_at = clock_timestamp() where name = node and instance = node_instance;
  if not found then
    -- Not after a database was put back: nobody has been seen in it for a while.
    update nodes set doubled_at = clock_timestamp()
    where name = node and last_seen_at > clock_timestamp() - interval '60 seconds';
    return false;
  end if;
  if exists (
    select from nodes n join locations l on n.configured ? l.name
    where n.name = node and l.disagreement is not null
  ) then
    perform settle_locations(node);
  end if;
  return true;
end $$;
