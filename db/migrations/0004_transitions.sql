-- The rules of an event's life, for everybody: our services and a hand-typed UPDATE alike.

-- Why a node may not claim an event, as a sentence, or NULL. (Whether its disk has the segments is the node's to say.)
create function claim_problem(event events, node text) returns text language plpgsql stable as $$
declare
  node_locations text[] := (select n.locations from nodes n where n.name = node);
begin
  if node is null then
    return 'a claim names its node: set uploader';
  elsif node_locations is null then
    return format('there is no node "%s"', node);
  elsif event.upload_location <> all (node_locations) then
    return format('node "%s" does not have upload location "%s"', node, event.upload_location);
  elsif node <> all (event.uploader_whitelist) then
    return format('only %s may cut it', array_to_string(event.uploader_whitelist, ', '));
  elsif event.next_try_at > clock_timestamp() then
    return format('it is not to be tried again before %s', event.next_try_at);
  elsif event.removed_from_sheet_at is not null then
    return 'its row was removed from the sheet';
  end if;
  return null;
end $$;

-- Which columns an event's state does not let change, and how to go on instead.
create function frozen_columns(state event_state) returns text[] language sql immutable as $$
  select case state
    when 'EDITED' then
      '{video_start,video_end,video_ranges,video_transitions,video_title,video_description,thumbnail}'::text[]
    when 'UPLOADED' then
      '{video_start,video_end,video_ranges,video_transitions,allow_holes,uploader_whitelist,upload_location}'
    when 'UNEDITED' then '{}'
    else '{video_start,video_end,video_ranges,video_transitions,video_title,video_description,thumbnail,
      allow_holes,uploader_whitelist,upload_location}'
  end
$$;

-- While a live lease is held on a FINALIZING event its video is being published at this moment: whoever moved the row now
-- could have it published a second time. Only the lease's holder may (see guard_event), or somebody who has revoked it.
create function require_no_lease(event uuid) returns void language plpgsql as $$
declare
  held leases;
begin
  select l.* into held from lease_items i join leases l on l.id = i.lease_id
  where i.kind = 'event' and i.item = event::text and i.released_at is null
    and l.released_at is null and (l.expires_at is null or l.expires_at > clock_timestamp());
  if found then
    raise exception 'event % is FINALIZING: % is publishing its video right now', event, held.holder
      using errcode = 'check_violation', hint = format(
        'Wait until it is UPLOADED. If %s is gone for good: select revoke_lease(''%s''); then another node asks the location what became of it.',
        held.holder, event);
  end if;
end $$;

-- Two triggers for what is not an UPDATE.
create function guard_new_event() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.state <> 'UNEDITED' then
    raise exception 'a new event is UNEDITED, not %', new.state using errcode = 'check_violation',
      hint = 'Insert it without a state, then update it: each step is checked on its own.';
  end if;
  new.created_at := now();
  new.updated_at := clock_timestamp();
  new.edit_version := 0;
  return new;
end $$;

create function keep_event() returns trigger language plpgsql as $$
begin
  raise exception 'event % cannot be deleted: its id and history are never lost', old.id using
    errcode = 'restrict_violation',
    hint = 'Take its row out of the sheet, or: update events set removed_from_sheet_at = now() where id = …';
end $$;

-- Which states an event can go to.
create function legal_states(state event_state) returns event_state[] language sql immutable as $$
  select case state
    when 'UNEDITED' then '{EDITED,UPLOADED}'::event_state[]
    when 'EDITED' then '{CLAIMED,UNEDITED}'
    when 'CLAIMED' then '{FINALIZING,EDITED,UNEDITED}'
    when 'FINALIZING' then '{UPLOADED,EDITED,UNEDITED}'
    when 'UPLOADED' then '{UNEDITED}'
  end
$$;

-- Who does what is done now, for people.
create function acting() returns text language sql stable as $$
  select coalesce(nullif(current_setting('cutsheet.actor', true), ''), session_user)
$$;

-- Notifies whoever listens to a channel of an event. A session that listens and stays in a transaction keeps all notifications
-- since, of the whole server, until there is no room for more: from then on each transaction that sends one fails. Polls
-- find what a notification says, so rather none is sent than an edit refused.
create function send_hint(channel text, event uuid) returns void language plpgsql as $$
begin
  if pg_notification_queue_usage() < 0.9 then
    perform pg_notify(channel, event::text);
  end if;
end $$;

-- The one transition trigger: refuses what the design's tables do not allow, and does what each transition brings.
-- It runs four times per job, and each expression of PL/pgSQL costs 2 µs in each transaction: hence few of them on the way
-- of a job, and what is mostly alike is compared at once.
create function guard_event() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  problem text;
  changed text[];
  cut_changed boolean;
  -- The lease that the transaction works under: whether it holds this event (NULL: not what it is about), and for whom.
  held boolean;
  holder text;
begin
  if current_setting('cutsheet.lease', true) <> '' then
    select l.released_at is null and (l.expires_at is null or l.expires_at > clock_timestamp()), l.holder into held, holder
    from lease_items i join leases l on l.id = i.lease_id
    where i.lease_id = current_setting('cutsheet.lease')::uuid and i.kind = 'event' and i.item = old.id::text;
    if not held then
      if current_setting('cutsheet.lease') not like '{%' then
        -- Not a worker's function, but a claim typed by hand in this transaction: a person who reads UPDATE 0 wonders.
        raise exception 'event % did not change: the lease of %, under which this transaction works, is over', old.id, holder
          using errcode = 'check_violation',
          hint = 'Roll back, and begin with a longer one: set cutsheet.lease_seconds = 3600; then claim it again.';
      end if;
      return null;
    elsif held and current_setting('cutsheet.actor', true) = '' then
      holder := set_config('cutsheet.actor', holder, true);
    end if;
  end if;

  if (new.id, new.created_at, new.edited_at, new.uploaded_at, new.edit_version)
    is distinct from (old.id, old.created_at, old.edited_at, old.uploaded_at, old.edit_version)
  then
    if new.id <> old.id then
      raise exception 'the id of event % cannot change', old.id using errcode = 'check_violation';
    end if;
    new.created_at := old.created_at;
    new.edited_at := old.edited_at;
    new.uploaded_at := old.uploaded_at;
    new.edit_version := old.edit_version;
  end if;

  cut_changed := new.video_start is distinct from old.video_start or new.video_end is distinct from old.video_end
    or new.video_ranges is distinct from old.video_ranges or new.video_transitions is distinct from old.video_transitions
    or new.video_title is distinct from old.video_title or new.video_description is distinct from old.video_description
    or new.thumbnail is distinct from old.thumbnail
    or new.allow_holes <> old.allow_holes or new.upload_location <> old.upload_location
    or new.uploader_whitelist is distinct from old.uploader_whitelist;
  if cut_changed then
    changed := array_remove(array[
      case when new.video_start is distinct from old.video_start then 'video_start' end,
      case when new.video_end is distinct from old.video_end then 'video_end' end,
      case when new.video_ranges is distinct from old.video_ranges then 'video_ranges' end,
      case when new.video_transitions is distinct from old.video_transitions then 'video_transitions' end,
      case when new.video_title is distinct from old.video_title then 'video_title' end,
      case when new.video_description is distinct from old.video_description then 'video_description' end,
      case when new.thumbnail is distinct from old.thumbnail then 'thumbnail' end,
      case when new.allow_holes <> old.allow_holes then 'allow_holes' end,
      case when new.uploader_whitelist is distinct from old.uploader_whitelist then 'uploader_whitelist' end,
      case when new.upload_location <> old.upload_location then 'upload_location' end
    ], null);
    if changed && frozen_columns(old.state) then
      raise exception 'event % is %: % cannot change now', old.id, old.state,
        array_to_string(array(select unnest(changed) intersect select unnest(frozen_columns(old.state))), ', ')
      using errcode = 'check_violation', hint = format(
        'First: update events set state = ''UNEDITED'' where id = ''%s''; then change it and submit it again.', old.id);
    end if;
  end if;

  if new.state = old.state then
    if new.uploader is distinct from old.uploader then
      raise exception 'event % is %: uploader changes only together with state', old.id, old.state using
        errcode = 'check_violation',
        hint = 'To say who may cut it, set uploader_whitelist while it is UNEDITED or EDITED.';
    end if;
    if new.upload_session is distinct from old.upload_session and old.state <> 'CLAIMED' then
      raise exception 'event % is %: upload_session is the only trace of an upload and changes only while CLAIMED',
        old.id, old.state using errcode = 'check_violation';
    end if;
    if cut_changed and new.state = 'UPLOADED' and new.uploader <> 'manual' then
      problem := case
        when btrim(coalesce(new.video_title, '')) = '' then 'video_title cannot be empty'
        when new.video_description is null then 'video_description cannot be NULL: set it to '''' for none'
        else text_problem(new)
      end;
      if problem is not null then
        raise exception 'event %: %', new.id, problem using errcode = 'check_violation';
      end if;
    end if;
    -- A waiting row that is told other ways to be cut: what it waited for may no longer hold.
    if new.state = 'EDITED' and (
      new.allow_holes <> old.allow_holes or new.upload_location <> old.upload_location
      or new.uploader_whitelist is distinct from old.uploader_whitelist
    ) then
      problem := text_problem(new);
      if problem is not null then
        raise exception 'event %: %', new.id, problem using errcode = 'check_violation';
      end if;
      if new.error is not distinct from old.error then
        new.error := null;
      end if;
    end if;
  else
    if new.state <> all (legal_states(old.state)) then
      raise exception 'event % cannot go from % to %: from % it can go to %',
        old.id, old.state, new.state, old.state, array_to_string(legal_states(old.state), ' or ')
      using errcode = 'check_violation', hint = case
        when new.state = 'CLAIMED' then 'Only a row that is EDITED can be claimed: submit the edit first.'
        when new.state = 'FINALIZING' then 'Only the cutter that has claimed a row commits its upload.'
        when new.state = 'UPLOADED' then 'For a video that was uploaded elsewhere, take the row back to UNEDITED, then set state and video_link together.'
        when new.state = 'EDITED' then 'Take the row back to UNEDITED first, then submit the edit again.'
      end;
    end if;

    if old.state = 'FINALIZING' and held is null then
      perform require_no_lease(old.id);
    end if;

    case new.state
      when 'EDITED' then
        -- A waiting row's inputs were looked at when it was submitted, and could not change since.
        problem := case when cut_changed or old.state = 'UNEDITED' then edit_problem(new) end;
        if problem is not null then
          raise exception 'event % cannot become EDITED: %', new.id, problem using errcode = 'check_violation';
        end if;
        new.uploader := null;
        if old.state = 'FINALIZING' then
          new.upload_session := null;
        end if;
        if old.state = 'UNEDITED' then
          new.error := null;
          new.attempts := 0;
          new.next_try_at := null;
          new.edited_at := clock_timestamp();
          new.edit_version := old.edit_version + 1;
        else
          -- When the location was to be asked again says nothing about when to try again.
          if old.state = 'FINALIZING' and new.next_try_at is not distinct from old.next_try_at then
            new.next_try_at := null;
          end if;
          perform release_lease(old.id, coalesce(nullif(current_setting('cutsheet.note', true), ''), 'handed back by ' || acting()));
        end if;
        perform send_hint('event_edited', new.id);

      when 'CLAIMED' then
        problem := claim_problem(new, new.uploader);
        if problem is not null then
          raise exception 'event % cannot be claimed: %', new.id, problem using errcode = 'check_violation';
        end if;
        new.error := null;
        new.next_try_at := null;
        -- upload_session stays: this claim's cutter clears away what that attempt left, then stores its own. A cutter that
        -- dies in between leaves it to the next one.
        perform open_lease(new.id, new.uploader);

      when 'FINALIZING' then
        new.uploader := old.uploader;
        if held is null and live_lease(old.id) is null then
          raise exception 'event % cannot become FINALIZING: no live lease is held on it', old.id
            using errcode = 'check_violation', hint = 'Its cutter was gone for too long; the row goes back to EDITED by itself.';
        end if;
        if new.upload_session is null then
          raise exception 'event % cannot become FINALIZING: upload_session is empty', old.id
            using errcode = 'check_violation', hint = 'Without it nobody could find out what became of the upload.';
        end if;

      when 'UPLOADED' then
        if coalesce(new.video_link, '') = '' then
          raise exception 'event % cannot become UPLOADED: video_link is empty', old.id
            using errcode = 'check_violation', hint = 'Set state and video_link in the same UPDATE.';
        end if;
        new.uploaded_at := clock_timestamp();
        new.error := null;
        new.next_try_at := null;
        if old.state = 'UNEDITED' then
          new.uploader := 'manual';
        else
          new.uploader := old.uploader;
          perform release_lease(old.id, 'uploaded');
        end if;

      when 'UNEDITED' then
        new.next_try_at := null;
        if old.state <> 'CLAIMED' then
          new.upload_session := null;
        end if;
        if old.state = 'UPLOADED' then
          new.uploader := null;
          new.video_link := null;
          new.video_id := null;
          new.published := null;
          new.uploaded_at := null;
          if new.error is not distinct from old.error then
            new.error := null;
          end if;
        else
          new.uploader := old.uploader;
          -- An error that was there before says why the row waited, not why it came back.
          if new.error is null or new.error is not distinct from old.error then
            if old.state = 'FINALIZING' then
              raise exception 'event % cannot go from FINALIZING to UNEDITED without an error that says what became of its upload', old.id
                using errcode = 'check_violation', hint = 'Look whether the video was uploaded. If it was: set state = ''UPLOADED'' and video_link.';
            end if;
            new.error := 'Cancelled by ' || acting();
          end if;
          -- The cutter need not be told what it did itself.
          if old.state = 'CLAIMED' and held is null then
            perform send_hint('event_cancelled', new.id);
          end if;
        end if;
        perform release_lease(old.id, coalesce(new.error, 'to be edited again'));
    end case;
  end if;

  if cut_changed and new.state <> 'UPLOADED' and new.edit_version = old.edit_version then
    new.edit_version := old.edit_version + 1;
    -- Nodes that could not cut the row as it was look at it anew.
    if new.state = 'EDITED' then
      perform send_hint('event_edited', new.id);
    end if;
  end if;
  new.updated_at := case when new is distinct from old then clock_timestamp() else old.updated_at end;
  return new;
end $$;

create trigger guard before update on events for each row execute function guard_event();
create trigger guard_new before insert on events for each row execute function guard_new_event();
create trigger keep_rows before delete on events for each row execute function keep_event();

create function refuse_truncate() returns trigger language plpgsql as $$
begin
  raise exception 'events cannot be truncated: ids and history are never lost' using errcode = 'restrict_violation';
end $$;
create trigger keep before truncate on events for each statement execute function refuse_truncate();
