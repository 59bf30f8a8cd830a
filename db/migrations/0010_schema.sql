-- What this schema asks of programs. Migrations are additive, so older programs go on working beside newer ones;
-- one that must not raises needs_program to the number of the migration that it has to know.
create table cutsheet_schema (
  only_row boolean primary key default true check (only_row),
  needs_program int not null
);
insert into cutsheet_schema (needs_program) values (1);
