-- A database that was put back to an earlier state, or a stand-by that took over with less than all, has forgotten the
-- last uploads. The nodes have not: each keeps a journal of its commits. Until all of them have told what they published,
-- nothing is published anew.

-- The server that the nodes work with: one row. Another identity means that somebody put another server in its place.
create table server_seen (
  only_row boolean primary key default true check (only_row),
  identity text not null,
  since timestamptz(3) not null default clock_timestamp(),
  -- When a node last knew another server, or a later state of this one: uploads may be missing here that it has to tell of.
  forgot_at timestamptz(3),
  -- When the server that was last seen to have this identity was started. One that has another identity, a promoted
  -- stand-by too, was started at another time: while this is the same, the control file need not be read.
  started timestamptz not null default pg_postmaster_start_time()
);

-- Since when a node is waited for, to tell what it published before the server changed.
alter table nodes add awaited_since timestamptz(3);
-- How often a node has met the server: one that counts fewer visits than the node does was put back in time, however much
-- was written to its log since.
alter table nodes add visits bigint not null default 0;
create index nodes_awaited on nodes (name) where awaited_since is not null;

-- Which server this is (system identifier and timeline: a copy that was promoted has another timeline), and how far its
-- write-ahead log has come: a server that was put back in time without a promotion is only behind (and see nodes.visits).
create function server_mark() returns table (identity text, lsn pg_lsn)
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  select system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8), pg_current_wal_insert_lsn()
  from pg_control_system()
$$;

insert into server_seen (identity) select identity from server_mark();

-- A node says which server it knew last (NULL for a new node) and hears whether it must tell what it has published, and
-- why nothing may be published now (NULL when it may). The first one that notices a change has all nodes waited for that
-- ran in the week before.
create function meet_server(node text, known_identity text, known_lsn pg_lsn, known_visits bigint default null)
returns table (identity text, lsn pg_lsn, visits bigint, must_tell boolean, problem text)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  mark record;
  is_behind boolean;
begin
  select * into mark from server_mark();
  is_behind := known_identity = mark.identity and (
    known_lsn > mark.lsn or coalesce(known_visits > (select n.visits from nodes n where n.name = meet_server.node), false)
  );
  update nodes n set visits = greatest(n.visits, known_visits) + 1 where n.name = meet_server.node returning n.visits into visits;
  if mark.identity <> (select s.identity from server_seen s) or is_behind then
    update server_seen set identity = mark.identity, since = clock_timestamp();
    update nodes set awaited_since = clock_timestamp()
    where last_seen_at > (select max(last_seen_at) from nodes) - interval '7 days';
  end if;
  update server_seen set started = pg_postmaster_start_time() where started <> pg_postmaster_start_time();
  if known_identity <> mark.identity or is_behind
    or exists (select from nodes where name = meet_server.node and awaited_since is not null)
  then
    update server_seen set forgot_at = clock_timestamp();
  end if;
  return query select mark.identity, mark.lsn, visits, known_identity <> mark.identity
    or exists (select from nodes where name = meet_server.node and awaited_since is not null), awaiting_problem();
end $$;

-- A node has told all that it had published. false when another process has taken its name since, which may have published
-- something else.
create function told_all(node_name text, node_instance uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update nodes set awaited_since = null where name = node_name and instance = node_instance;
  return found;
end $$;

-- For operators: nothing is to be expected from a node any more, select stop_awaiting('node-3'). It may let a video be
-- published twice if that node comes back after all.
create function stop_awaiting(node text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update nodes set awaited_since = null where name = node and awaited_since is not null;
  return found;
end $$;

-- Why nothing may be published now, as a sentence, or NULL. is_behind: the server has forgotten visits of the one who asks.
create function awaiting_problem(
  known_identity text default null, known_lsn pg_lsn default null, is_behind boolean default false
) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  mark record;
  seen server_seen;
  awaited text;
begin
  -- As always but after a change: 20 µs instead of 90.
  if is_behind is not true and (known_lsn is null or known_lsn <= pg_current_wal_insert_lsn()) and exists (
    select from server_seen s where s.started = pg_postmaster_start_time() and coalesce(s.identity = known_identity, true)
  ) and not exists (select from nodes where awaited_since is not null) then
    return null;
  end if;
  awaited := (select string_agg(name, ', ' order by name) from nodes where awaited_since is not null);
  select * into mark from server_mark();
  select * into seen from server_seen;
  return case
    when awaited is not null then format(
      'the database was put back to an earlier state or replaced at %s, and %s must first say what was published before. If a node is gone for good: select stop_awaiting(''NODE'')',
      to_char(seen.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), awaited)
    when is_behind or mark.identity <> seen.identity or known_identity <> mark.identity or known_lsn > mark.lsn
      then 'the database was put back to an earlier state or replaced, and no node has said yet what was published before'
  end;
end $$;

-- A node tells of an upload from before the server changed. link: NULL when it is not known whether its commit happened.
-- Returns 'known' (the database knows it, or what became of it), 'restored' (the row has it again, or asks the location for
-- it), 'doubled' (the row has another video meanwhile), 'doubtful' (nobody can ask the location; in both the row says so),
-- 'missing' (nothing that could be cut a second time: there is no such event, or it is not submitted; that may change), or
-- 'later' (another upload of it has to be resolved first).
-- A server of which no node has known more in the month for which they keep their journals knows all: it restores nothing, so
-- that this is no way around the lease.
create function restore_upload(node text, event uuid, session jsonb, link text, video text, told jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  found_event events;
  same boolean;
begin
  select * into found_event from events where id = event for update;
  if not found then
    return 'missing';
  end if;
  if not exists (select from server_seen where forgot_at > clock_timestamp() - interval '30 days') then
    return 'known';
  end if;
  if exists (
    select from event_history h where h.event_id = event
    and case when link is not null then h.to_state = 'UPLOADED' and h.changes -> 'video_link' ->> 1 = link
      else h.from_state = 'FINALIZING' and h.to_state <> 'FINALIZING' and h.seq > (
        select max(seq) from event_history began
        where began.event_id = event and began.changes -> 'upload_session' -> 1 = session -> 'attempt'
      ) end
  ) then
    return 'known';
  end if;
  same := coalesce(found_event.upload_session -> 'attempt' = session -> 'attempt', false);
  if found_event.state = 'FINALIZING' then
    return case when same then 'known' else 'later' end;
  end if;
  perform set_config('cutsheet.actor', node, true),
    set_config('cutsheet.note', 'uploaded before the database was put back to an earlier state or replaced', true);
  if found_event.state = 'UPLOADED' then
    update events set error = format('%s also published %s before the database was put back. One of the two should be taken away.', node, link)
    where id = event and link is not null;
    return 'doubled';
  elsif found_event.state = 'UNEDITED' and link is null then
    return 'missing';
  end if;

  if found_event.state = 'CLAIMED' then
    update events set state = 'EDITED' where id = event;
  end if;
  if found_event.state <> 'UNEDITED' then
    begin
      update events set next_try_at = null where id = event;
      update events set state = 'CLAIMED', uploader = node where id = event;
      update events set upload_session = session where id = event;
      update events set state = 'FINALIZING' where id = event;
      perform release_lease(event, 'restored');
      if link is not null then
        update events set state = 'UPLOADED', video_link = link, video_id = video, published = told where id = event;
      end if;
      return 'restored';
    exception when check_violation then
      -- This node may not claim it (any more). Then the link is entered as a person would.
      update events set state = 'UNEDITED', error = format(
        'It is not known whether %s uploaded this before the database was put back. Look for the video at upload location "%s"; if it is not there, submit this again.',
        node, found_event.upload_location)
      where id = event;
      if link is null then
        return 'doubtful';
      end if;
    end;
  end if;
  update events set state = 'UPLOADED', video_link = link, video_id = video, published = told where id = event;
  return 'restored';
end $$;
