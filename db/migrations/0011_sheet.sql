-- The sheet's own tables: what the sync remembers, and the cells of the local sheet.

-- What sheet-sync remembers of an event's row. Without a row here an event never came from a sheet.
create table sheet_rows (
  event_id uuid primary key references events,
  spreadsheet text not null,
  -- The API's number of the worksheet, which a rename does not change.
  worksheet int not null,
  -- {"column": value}: the inputs on which the sheet and the event last agreed.
  agreed jsonb not null default '{}',
  -- The inputs set elsewhere that are being written into the sheet; stored before the write, so that the sync never
  -- takes its own value for a person's, whenever it dies.
  written jsonb not null default '{}',
  -- What was last seen of the row's box that submits an edit, and why it was refused; NULL without such a column.
  -- {"seen": true, "refused": "…", "about": "…", "unticking": true}
  submit jsonb
);
create index sheet_rows_spreadsheet on sheet_rows (spreadsheet);

-- What the sync is about to write into a sheet, and what it read there before: stored before the first byte leaves, so
-- that a write that went astray is put right also by the next process. Text, as nobody but the sync reads it.
create table sheet_journal (
  spreadsheet text primary key,
  -- The rows of all worksheets, as of some cycle; new only when many of them differ.
  base text not null,
  -- The rows that differ from it now, and the cells being written; '' when nothing is.
  rest text not null
);

create table local_spreadsheets (
  id text primary key,
  title text not null,
  time_zone text not null default 'UTC',
  -- Raised by every change: a server that holds another version in memory reads the cells again.
  version bigint not null default 1,
  -- Developer metadata of the API: [{"id", "key", "value", "visibility", "sheetId", "dimension", "index"}]
  metadata jsonb not null default '[]'
);

create table local_worksheets (
  spreadsheet text not null references local_spreadsheets on delete cascade,
  sheet_id int not null,
  title text not null,
  position int not null,
  column_count int not null check (column_count > 0),
  frozen_rows int not null default 0,
  -- The rows from top to bottom, empty ones too, by the keys of local_rows. Rows that are inserted, moved or sorted
  -- change this one array, whatever their number, and none of the cells.
  row_keys int[] not null,
  primary key (spreadsheet, sheet_id)
);

-- A row without cells has no record.
create table local_rows (
  spreadsheet text not null,
  sheet_id int not null,
  key int not null,
  -- From the first column on: null, or {"v": string, number or boolean, "f": how a number is shown}.
  cells jsonb not null,
  primary key (spreadsheet, sheet_id, key),
  foreign key (spreadsheet, sheet_id) references local_worksheets on delete cascade
);
