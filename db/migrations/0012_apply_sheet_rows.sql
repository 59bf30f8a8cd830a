-- What one sync cycle changes, in one statement and so in one transaction, whatever the number of rows.

-- rows: [{"id", "fresh", "changes": {"column": value, …, "removed": true|false}, "remember": {"sheetId", "agreed",
-- "written", "submit"} or absent, "submit": an order for submit_from_sheet or absent}, …], each event at most once.
-- `fresh` rows become events, unless there is one with their id by now: the next cycle compares it with its row. Only
-- columns that are named change, so that what somebody else changes meanwhile stays. What one row breaks, a constraint
-- or a rule of the transition trigger, refuses all of them; an order that is refused refuses nothing else.
--
-- A row that another transaction holds is passed over, so that one open session in psql holds up no other row. No row is
-- waited for, so there is no deadlock either.
--
-- journal: {"base": text or absent, "rest": text} for sheet_journal, or NULL to leave it as it is.
--
-- Returns {"busy": [id, …], "submits": {id: what is remembered of its box, …}}: the rows passed over, and the boxes whose
-- order was not carried out.
create function apply_sheet_rows(spreadsheet text, rows jsonb, journal jsonb default null) returns jsonb
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  busy uuid[];
  submits jsonb := '{}';
  box jsonb;
  one record;
begin
  -- What is not a row of its own (a lease, a table being altered) is not waited for long either: the cycle is tried again.
  perform set_config('cutsheet.actor', 'sheet-sync', true), set_config('lock_timeout', '2s', true);

  if journal is not null then
    insert into sheet_journal values (apply_sheet_rows.spreadsheet, coalesce(journal ->> 'base', ''), journal ->> 'rest')
    on conflict on constraint sheet_journal_pkey do update set
      base = coalesce(journal ->> 'base', sheet_journal.base), rest = excluded.rest;
  end if;
  if rows = '[]' then
    return '{"busy": [], "submits": {}}';
  end if;

  -- The kind of lock that an UPDATE takes: a lease that refers to the event is no reason to wait.
  with wanted as materialized (select id from jsonb_to_recordset(rows) as r (id uuid)),
  free as materialized (
    select e.id from events e where e.id in (select id from wanted) for no key update skip locked
  ),
  free_memory as materialized (
    select event_id from sheet_rows where event_id in (select id from wanted) for no key update skip locked
  )
  select array_agg(id) into busy from (
    select e.id from events e join wanted using (id) where e.id not in (select id from free)
    union
    select event_id from sheet_rows join wanted on event_id = id where event_id not in (select event_id from free_memory)
  ) held;
  if busy is not null then
    rows := coalesce(
      (select jsonb_agg(value) from jsonb_array_elements(rows) where (value ->> 'id')::uuid <> all (busy)), '[]');
  end if;

  insert into events (
    id, sheet_name, "start", "end", category, description, notes,
    allow_holes, uploader_whitelist, upload_location, tags, priority
  )
  select
    id, changes ->> 'sheet_name', (changes ->> 'start')::timestamptz, (changes ->> 'end')::timestamptz,
    coalesce(changes ->> 'category', ''), coalesce(changes ->> 'description', ''), coalesce(changes ->> 'notes', ''),
    coalesce((changes ->> 'allow_holes')::boolean, false),
    case when jsonb_typeof(changes -> 'uploader_whitelist') = 'array'
      then array(select jsonb_array_elements_text(changes -> 'uploader_whitelist')) end,
    coalesce(changes ->> 'upload_location', ''),
    case when changes ? 'tags' then array(select jsonb_array_elements_text(changes -> 'tags')) else '{}' end,
    coalesce((changes ->> 'priority')::int, 0)
  from jsonb_to_recordset(rows) as row (id uuid, fresh boolean, changes jsonb)
  where fresh
  on conflict (id) do nothing;

  update events set
    sheet_name = coalesce(changes ->> 'sheet_name', sheet_name),
    "start" = case when changes ? 'start' then (changes ->> 'start')::timestamptz else "start" end,
    "end" = case when changes ? 'end' then (changes ->> 'end')::timestamptz else "end" end,
    category = coalesce(changes ->> 'category', category),
    description = coalesce(changes ->> 'description', description),
    notes = coalesce(changes ->> 'notes', notes),
    allow_holes = coalesce((changes ->> 'allow_holes')::boolean, allow_holes),
    uploader_whitelist = case
      when not changes ? 'uploader_whitelist' then uploader_whitelist
      when jsonb_typeof(changes -> 'uploader_whitelist') = 'array'
        then array(select jsonb_array_elements_text(changes -> 'uploader_whitelist'))
    end,
    upload_location = coalesce(changes ->> 'upload_location', upload_location),
    tags = case when changes ? 'tags'
      then array(select jsonb_array_elements_text(changes -> 'tags')) else tags end,
    priority = coalesce((changes ->> 'priority')::int, priority),
    removed_from_sheet_at = case (changes ->> 'removed')::boolean
      when true then clock_timestamp() when false then null else removed_from_sheet_at end
  from jsonb_to_recordset(rows) as row (id uuid, fresh boolean, changes jsonb)
  where events.id = row.id and not fresh and changes <> '{}';

  for one in
    select id, submit from jsonb_to_recordset(rows) as row (id uuid, submit jsonb) where submit is not null order by id
  loop
    box := submit_from_sheet(one.id, one.submit);
    if box is not null then
      submits := submits || jsonb_build_object(one.id, box);
    end if;
  end loop;

  insert into sheet_rows (event_id, spreadsheet, worksheet, agreed, written, submit)
  select
    id, apply_sheet_rows.spreadsheet, (remember ->> 'sheetId')::int, remember -> 'agreed', remember -> 'written',
    coalesce(submits -> id::text, remember -> 'submit')
  from jsonb_to_recordset(rows) as row (id uuid, remember jsonb)
  where remember is not null
  on conflict (event_id) do update set
    spreadsheet = excluded.spreadsheet, worksheet = excluded.worksheet,
    agreed = excluded.agreed, written = excluded.written, submit = excluded.submit;

  return jsonb_build_object('busy', to_jsonb(coalesce(busy, '{}')), 'submits', submits);
end $$;

-- Carries out what the box of an event's row asks for: {"kind": "submit", "header", "about", "form": {"video_start",
-- "video_end", "video_title", "video_description"}} or {"kind": "cancel", "header"}. The rules are those of everybody.
-- A tick on an edit that was submitted with the same form already, by whomever, is content with that; a published video
-- is cut anew when the form says something else. Returns NULL, or what to remember of a box whose order was refused.
create function submit_from_sheet(event uuid, box jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  form jsonb := box -> 'form';
  found_event events;
  why text;
begin
  select * into found_event from events where id = event for no key update;
  if box ->> 'kind' = 'cancel' then
    begin
      perform cancel_event(event, 'the sheet', format('%s was unticked', box ->> 'header'));
      perform set_config('cutsheet.actor', 'sheet-sync', true), set_config('cutsheet.note', '', true);
      return null;
    exception when check_violation or lock_not_available then
      -- It went on in the meantime: the next cycle knows more.
      return '{"seen": true}';
    end;
  end if;

  if found_event.state <> 'UNEDITED' and found_event.video_ranges is null
    and found_event.video_start = (form ->> 'video_start')::timestamptz
    and found_event.video_end = (form ->> 'video_end')::timestamptz
    and found_event.video_title = form ->> 'video_title' and found_event.video_description = form ->> 'video_description'
  then
    return null;
  end if;
  if found_event.state in ('EDITED', 'CLAIMED', 'FINALIZING') then
    why := format('another edit was submitted already%s, and the event is %s; have that one cancelled first',
      coalesce(' by ' || found_event.editor, ''), found_event.state);
  elsif found_event.uploader = 'manual' and found_event.state = 'UPLOADED' then
    why := 'the row has a link to a video that was uploaded elsewhere; have the event taken back to UNEDITED first';
  else
    begin
      if found_event.state = 'UPLOADED' then
        perform cancel_event(event, 'the sheet', format('%s was ticked with another edit', box ->> 'header'));
      end if;
      perform submit_edit(
        event, (form ->> 'video_start')::timestamptz, (form ->> 'video_end')::timestamptz,
        form ->> 'video_title', form ->> 'video_description', editor_name => 'the sheet'
      );
    exception
      when lock_not_available then
        -- Nothing was seen: the next cycle tries again.
        why := null;
        perform set_config('cutsheet.actor', 'sheet-sync', true), set_config('cutsheet.note', '', true);
        return '{"seen": false}';
      when check_violation or data_exception or integrity_constraint_violation or raise_exception then
        why := regexp_replace(sqlerrm, '^event [0-9a-f-]{36}( cannot become EDITED)?:? ', '');
    end;
  end if;
  perform set_config('cutsheet.actor', 'sheet-sync', true), set_config('cutsheet.note', '', true);
  if why is null then
    return null;
  end if;
  return jsonb_build_object('seen', true, 'about', box ->> 'about', 'refused',
    format('%s: the edit was not taken: %s. Mend that and tick it again.', box ->> 'header', why));
end $$;
