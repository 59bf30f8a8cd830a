-- The event row: one moment of a stream, from the sheet's row to the published video.

create type event_state as enum ('UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED');

-- What is wrong with a set of ranges, as a sentence; NULL when nothing is.
--
-- ranges: [{"start": "2026-05-01T12:00:00.000Z", "end": "…Z"}, …] in playing order, or NULL for the one range
-- first_start–last_end. transitions: one entry per join, null for a hard cut or {"kind": "fade", "seconds": 1}.
-- Bounds are spelt in UTC only, so the casts below do not depend on the session: hence IMMUTABLE.
-- jsonb and not tstzmultirange, because playing order is kept and node-pg hands ranges back as text.
create function video_ranges_problem(
  ranges jsonb, transitions jsonb, first_start timestamptz, last_end timestamptz
) returns text language plpgsql immutable set search_path = pg_catalog as $$
declare
  spelling constant text := '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z$';
  bounds constant text := '{"start": "2026-05-01T12:00:00.000Z", "end": "2026-05-01T12:01:00.000Z"}';
  -- What ffmpeg's filter xfade has since version 5.1, but for custom.
  kinds constant text := '{fade,fadefast,fadeslow,fadeblack,fadewhite,fadegrays,dissolve,pixelize,
    wipeleft,wiperight,wipeup,wipedown,wipetl,wipetr,wipebl,wipebr,slideleft,slideright,slideup,slidedown,
    smoothleft,smoothright,smoothup,smoothdown,circlecrop,rectcrop,circleopen,circleclose,
    vertopen,vertclose,horzopen,horzclose,diagtl,diagtr,diagbl,diagbr,hlslice,hrslice,vuslice,vdslice,
    distance,radial,hblur,squeezeh,squeezev,zoomin}';
  one jsonb;
  number int := 0;
  range_start timestamptz;
  range_end timestamptz;
  least_start timestamptz;
  greatest_end timestamptz;
  lengths float8[] := '{}';
  joins float8[] := '{}';
begin
  if ranges is null then
    if transitions is not null then
      return 'video_transitions is set but video_ranges is not: transitions stand between ranges';
    end if;
    if first_start >= last_end then
      return format('video_end (%s) is not after video_start (%s)',
        to_char(last_end at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        to_char(first_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
    end if;
    return null;
  end if;

  if jsonb_typeof(ranges) <> 'array' or jsonb_array_length(ranges) = 0 then
    return 'video_ranges is not an array of at least one range like ' || bounds;
  end if;
  for one in select value from jsonb_array_elements(ranges) loop
    number := number + 1;
    if jsonb_typeof(one) <> 'object'
      or (select array_agg(key order by key) from jsonb_object_keys(one) key) is distinct from array['end', 'start']
      or one ->> 'start' is null or one ->> 'start' !~ spelling
      or one ->> 'end' is null or one ->> 'end' !~ spelling
    then
      return format('range %s of video_ranges is not of the form %s', number, bounds);
    end if;
    begin
      range_start := (one ->> 'start')::timestamptz;
      range_end := (one ->> 'end')::timestamptz;
    exception when datetime_field_overflow or invalid_datetime_format then
      return format('range %s of video_ranges names a time that does not exist: %s', number, one);
    end;
    if range_start >= range_end then
      return format('range %s of video_ranges does not end after its start: %s', number, one);
    end if;
    least_start := least(least_start, range_start);
    greatest_end := greatest(greatest_end, range_end);
    lengths := lengths || extract(epoch from range_end - range_start)::float8;
  end loop;
  if least_start is distinct from first_start or greatest_end is distinct from last_end then
    return format('video_start and video_end must be the least start (%s) and the greatest end (%s) of video_ranges',
      to_char(least_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      to_char(greatest_end at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  end if;

  if transitions is null then
    return null;
  end if;
  if jsonb_typeof(transitions) <> 'array' or jsonb_array_length(transitions) <> number - 1 then
    return format('video_transitions must be an array of %s: one for each join between two ranges', number - 1);
  end if;
  for one in select value from jsonb_array_elements(transitions) loop
    if one = 'null' then
      joins := joins || 0::float8;
    elsif jsonb_typeof(one) = 'object' and jsonb_typeof(one -> 'seconds') = 'number'
      and (one ->> 'seconds')::numeric > 0 and (one ->> 'seconds')::numeric < 1000000
      and jsonb_typeof(one -> 'kind') = 'string'
    then
      if one ->> 'kind' <> all (kinds::text[]) then
        return format('there is no transition of the kind %s; there are: %s', one -> 'kind',
          array_to_string(kinds::text[], ', '));
      end if;
      joins := joins || (one ->> 'seconds')::float8;
    else
      return format('a transition is null (a hard cut) or like {"kind": "fade", "seconds": 1}, not %s', one);
    end if;
  end loop;
  for number in 1 .. cardinality(lengths) loop
    if coalesce(joins[number - 1], 0) + coalesce(joins[number], 0) > lengths[number] then
      return format('range %s lasts %s s, less than the transitions at its two ends need', number, lengths[number]);
    end if;
  end loop;
  return null;
end $$;

-- What is wrong with the wish for a thumbnail, as a sentence; NULL when nothing is. {"kind": "none"},
-- {"kind": "frame", "at": time}, {"kind": "template", "at": time, "template": name, "crop": area, "position": area}, where
-- an area is {"x", "y", "width", "height"} in pixels and may be left out, or {"kind": "image", "image": id in images}.
create function thumbnail_problem(thumbnail jsonb) returns text
language plpgsql immutable set search_path = pg_catalog as $$
declare
  spelling constant text := '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z$';
  kind text := thumbnail ->> 'kind';
  area text;
begin
  if thumbnail is null then
    return null;
  elsif kind is null or kind <> all ('{none,frame,template,image}') then
    return 'the thumbnail is of no kind: none, frame, template or image';
  elsif kind in ('frame', 'template') and coalesce(thumbnail ->> 'at', '') !~ spelling then
    return 'the thumbnail needs "at", a time such as 2026-05-01T12:00:00.000Z';
  elsif kind = 'template' and coalesce(thumbnail ->> 'template', '') = '' then
    return 'the thumbnail needs "template", the name of one';
  elsif kind = 'image' and coalesce(thumbnail ->> 'image', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return 'the thumbnail needs "image", the id of an uploaded one';
  end if;
  if kind in ('frame', 'template') then
    begin
      perform (thumbnail ->> 'at')::timestamptz;
    exception when datetime_field_overflow or invalid_datetime_format then
      return format('the thumbnail is at a time that does not exist: %s', thumbnail ->> 'at');
    end;
  end if;
  foreach area in array '{crop,position}'::text[] loop
    if thumbnail ? area and exists (
      select from unnest('{x,y,width,height}'::text[]) side where coalesce(thumbnail -> area ->> side, '') !~ '^\d{1,5}$'
    ) then
      return format('"%s" of the thumbnail needs x, y, width and height in pixels', area);
    end if;
  end loop;
  return null;
end $$;

-- Columns stand in the order in which a person reads a row: what it is, how far it is, what is wrong, then the rest.
-- What a row may hold is the constraint row_is_sound, in 0002.
create table events (
  id uuid primary key default gen_random_uuid(),
  sheet_name text not null default '',
  state event_state not null default 'UNEDITED',
  error text,
  video_link text,
  uploader text,

  -- sheet inputs
  "start" timestamptz(3),
  "end" timestamptz(3),
  category text not null default '',
  description text not null default '',
  notes text not null default '',
  tags text[] not null default '{}',
  priority int not null default 0,
  allow_holes boolean not null default false,
  -- NULL = any node.
  uploader_whitelist text[],
  upload_location text not null default '',

  -- edit inputs
  video_start timestamptz(3),
  video_end timestamptz(3),
  video_ranges jsonb,
  video_transitions jsonb,
  video_title text,
  video_description text,
  thumbnail jsonb,
  editor text,
  edit_version int not null default 0,

  -- what became of it
  attempts int not null default 0,
  next_try_at timestamptz(3),
  upload_session jsonb,
  video_id text,
  published jsonb,

  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  edited_at timestamptz(3),
  uploaded_at timestamptz(3),
  removed_from_sheet_at timestamptz(3)
);

-- The queue, in the order in which it is claimed. Partial: it stays small however many videos were uploaded.
create index events_queue on events (priority desc, edited_at, id) where state = 'EDITED';
-- What some node is working on: the search for abandoned work reads only this.
create index events_owned on events (id) where state in ('CLAIMED', 'FINALIZING');
-- What somebody must act upon: status shows it among any number of others.
create index events_failed on events (priority desc, edited_at, id) where state = 'UNEDITED' and error is not null;
-- What published videos were told is out of date: mostly nothing, so this is tiny.
create index events_told_otherwise on events (id) where state = 'UPLOADED' and published is not null and (
  published ->> 'title' is distinct from video_title or published ->> 'description' is distinct from video_description
  or published -> 'thumbnail' is distinct from thumbnail or published ->> 'processing' = 'processing'
);

-- Images that editors uploaded as thumbnails.
create table images (
  id uuid primary key default gen_random_uuid(),
  bytes bytea not null check (octet_length(bytes) <= 20000000),
  uploaded_by text,
  created_at timestamptz(3) not null default now()
);
