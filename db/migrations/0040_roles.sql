-- What the roles of db/roles.sql need: nothing is anybody's by default, and rows that may be shown to everybody.

-- Functions are everybody's unless somebody says otherwise, tables and schemas partly: nobody's, then, until a role is
-- given what it needs.
do $$
declare
  ours text := (
    select string_agg(p.oid::regprocedure::text, ', ') from pg_proc p
    where pronamespace = 'public'::regnamespace and prokind = 'f'
      and proowner = (select oid from pg_roles where rolname = current_user)
      -- What an extension brings stays as it is.
      and not exists (select from pg_depend where objid = p.oid and classid = 'pg_proc'::regclass and deptype = 'e'));
begin
  execute 'revoke execute on function ' || ours || ' from public';
end $$;
alter default privileges revoke execute on functions from public;
revoke create on schema public from public;

-- The sync changes events by this function only.
alter function apply_sheet_rows(text, jsonb, jsonb) security definer;
alter function submit_from_sheet(uuid, jsonb) security definer;

-- Events without what is not for everybody: notes, names of people and their addresses, and what may let its holder write
-- to an upload location.
create view event_overview as
select
  id, sheet_name, state,
  regexp_replace(regexp_replace(error, '^Cancelled by .*', 'Cancelled'), '[^\s@<>"'']+@[^\s@<>"'']+', '…@…', 'g') as error,
  video_link, uploader, "start", "end", category, description, tags, priority, allow_holes, uploader_whitelist,
  upload_location, video_start, video_end, video_title, edit_version, attempts, next_try_at, video_id,
  created_at, updated_at, edited_at, uploaded_at, removed_from_sheet_at
from events;
