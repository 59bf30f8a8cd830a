-- Who changed which cell of the local sheet, and when; also what undo takes back.

-- Columns get keys as rows have them, so that a cell keeps its history, and its undo, wherever others move it.
alter table local_worksheets
  add column column_keys int[],
  -- The next key for a row or a column; no key is ever given twice.
  add column next_key int;
update local_worksheets set
  column_keys = array(select generate_series(0, column_count - 1)),
  next_key = greatest(column_count, 1 + coalesce((select max(key) from unnest(row_keys) as key), 0));
alter table local_worksheets
  alter column column_keys set not null,
  alter column next_key set not null,
  drop column column_count;

-- What colours rows: [{"column": key, "text", "whole", "color": "#rrggbb", "startRow"}]
alter table local_worksheets add column row_rules jsonb not null default '[]';

create table local_changes (
  id bigint generated always as identity primary key,
  spreadsheet text not null references local_spreadsheets on delete cascade,
  at timestamptz(3) not null default clock_timestamp(),
  who text not null,
  -- The open page that it came from, whose undo it is; '' for clients of the API.
  session text not null default '',
  -- A redo takes back an undo.
  kind text not null default 'change' check (kind in ('change', 'undo', 'redo')),
  -- Taken back by a later undo or redo.
  reverted boolean not null default false,
  -- What changed beside cells: titles, and rows, columns and worksheets that came, went or moved.
  structure jsonb not null default '{}'
);
create index local_changes_session on local_changes (spreadsheet, session, id);
create index local_changes_at on local_changes (at);

create table local_row_changes (
  change bigint not null references local_changes on delete cascade,
  sheet_id int not null,
  row_key int not null,
  -- {"column key": [the cell before, the cell after]}; null is an empty one.
  cells jsonb not null,
  primary key (change, sheet_id, row_key)
);
create index local_row_changes_row on local_row_changes (sheet_id, row_key);

-- For people: one line per cell that somebody changed. Where it stands now; NULL when it is gone. Dates and times
-- are numbers of days, as in every spreadsheet.
create view local_cell_history as
select
  c.at, c.who, c.spreadsheet, w.title as worksheet,
  array_position(w.row_keys, r.row_key) as row,
  array_position(w.column_keys, cell.key::int) as "column",
  header.cells -> (array_position(w.column_keys, cell.key::int) - 1) ->> 'v' as header,
  cell.value -> 0 ->> 'v' as before,
  cell.value -> 1 ->> 'v' as after
from local_changes c
join local_row_changes r on r.change = c.id
cross join jsonb_each(r.cells) as cell
left join local_worksheets w on w.spreadsheet = c.spreadsheet and w.sheet_id = r.sheet_id
left join local_rows header
  on header.spreadsheet = c.spreadsheet and header.sheet_id = r.sheet_id and header.key = w.row_keys[1];

-- An older local sheet would look for column_count.
update cutsheet_schema set needs_program = greatest(needs_program, 15);
