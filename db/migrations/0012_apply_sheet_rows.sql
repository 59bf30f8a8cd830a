-- What one sync cycle changes, in one statement and so in one transaction, whatever the number of rows.

-- changes: [{"id", "fresh", "changes": {"column": value, …, "removed": true|false}, "remember": {"sheetId", "agreed",
-- "written"} or absent}, …], each event at most once. `fresh` rows become events, unless there is one with their id by
-- now: the next cycle compares it with its row. Only columns that are named change, so that what somebody else changes
-- meanwhile stays. What one row breaks, a constraint or a rule of the transition trigger, refuses all of them.
create function apply_sheet_rows(spreadsheet text, rows jsonb) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('cutsheet.actor', 'sheet-sync', true);

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

  insert into sheet_rows (event_id, spreadsheet, worksheet, agreed, written)
  select id, apply_sheet_rows.spreadsheet, (remember ->> 'sheetId')::int, remember -> 'agreed', remember -> 'written'
  from jsonb_to_recordset(rows) as row (id uuid, remember jsonb)
  where remember is not null
  on conflict (event_id) do update set
    spreadsheet = excluded.spreadsheet, worksheet = excluded.worksheet,
    agreed = excluded.agreed, written = excluded.written;
end $$;
