-- People who use the pages and the API: accounts with a role, the sessions of browsers, and tokens for scripts.
-- Of passwords, cookies and tokens the database holds hashes only.

create type account_role as enum ('viewer', 'editor', 'operator', 'admin');

create table accounts (
  id uuid primary key default gen_random_uuid(),
  -- What one signs in with, and what the history shows.
  name text not null check (name = btrim(name) and char_length(name) between 1 and 100 and name !~ '[[:cntrl:]]'),
  role account_role not null,
  -- By which a provider's sign-in finds an account that was made beforehand.
  email text check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
  -- Argon2id as a PHC string; NULL: no sign-in by password.
  password_hash text check (password_hash ~ '^\$argon2id\$'),
  -- Who the person is at an OpenID Connect provider, since the first sign-in there.
  issuer text,
  subject text,
  disabled_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  last_sign_in_at timestamptz(3),
  check ((issuer is null) = (subject is null))
);
-- One person, one name: Ada and ada would be taken for each other.
create unique index accounts_name on accounts (lower(name));
create unique index accounts_email on accounts (email);
create unique index accounts_subject on accounts (issuer, subject);

-- The constraints above, said to people.
create function check_account() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.name <> btrim(new.name) or char_length(new.name) not between 1 and 100 or new.name ~ '[[:cntrl:]]' then
    raise check_violation using message = 'the name of an account has 1 to 100 characters, and no space at either end';
  end if;
  if new.email !~ '^[^@\s]+@[^@\s]+$' or new.email <> lower(new.email) then
    raise check_violation using message = format('"%s" is no e-mail address in lower case', new.email);
  end if;
  if exists (select from accounts a where lower(a.name) = lower(new.name) and a.id <> new.id) then
    raise unique_violation using message = format('there already is an account "%s"', new.name);
  end if;
  if exists (select from accounts a where a.email = new.email and a.id <> new.id) then
    raise unique_violation using message = format('another account has the e-mail address %s', new.email);
  end if;
  return new;
end $$;
create trigger check_account before insert or update of name, email on accounts for each row
execute function check_account();

create table sessions (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts on delete cascade,
  -- SHA-256 of the 256 random bits in the cookie.
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  created_at timestamptz(3) not null default clock_timestamp(),
  last_used_at timestamptz(3) not null default clock_timestamp(),
  -- Over when it was not used for so long, and at that time in any case.
  idle interval not null check (idle > '0'),
  expires_at timestamptz(3) not null,
  address inet,
  -- The browser, in its own words.
  agent text not null default '' check (char_length(agent) <= 300)
);
create index sessions_account on sessions (account_id);

create table api_tokens (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null references accounts on delete cascade,
  -- What it is for, for people.
  name text not null check (name = btrim(name) and char_length(name) between 1 and 100),
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  scopes text[] not null check (scopes <@ '{read,write,admin}' and cardinality(scopes) > 0),
  created_at timestamptz(3) not null default clock_timestamp(),
  -- NULL: it does not expire.
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  unique (account_id, name)
);

create function check_token() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.name <> btrim(new.name) or char_length(new.name) not between 1 and 100 then
    raise check_violation using message = 'the name of a token has 1 to 100 characters, and no space at either end';
  end if;
  if exists (select from api_tokens t where t.account_id = new.account_id and t.name = new.name and t.id <> new.id) then
    raise unique_violation using message = format('the account already has a token "%s"', new.name),
      hint = 'Revoke that one first, or choose another name.';
  end if;
  return new;
end $$;
create trigger check_token before insert or update of name on api_tokens for each row execute function check_token();

-- Whoever was let in by what an account was is out when it changes: by an old password, as an account that is now
-- disabled. A change of role counts from the next request on and ends nothing.
create function end_sessions() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from sessions where account_id = new.id;
  return null;
end $$;
create trigger end_sessions after update of password_hash, disabled_at on accounts for each row
when (old.password_hash is distinct from new.password_hash or new.disabled_at is not null)
execute function end_sessions();

-- Somebody must be left who can let others in.
create function keep_an_admin() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  -- Two admins who disable each other at the same moment: the second one sees what the first one did. An advisory lock
  -- could be held by any role.
  perform from cutsheet_schema for no key update;
  if not exists (select from accounts where role = 'admin' and disabled_at is null) then
    raise integrity_constraint_violation
      using message = format('"%s" is the only admin who is left', old.name), hint = 'Make another account an admin first.';
  end if;
  return null;
end $$;
create trigger keep_an_admin after update of role, disabled_at on accounts for each row
when (old.role = 'admin' and old.disabled_at is null and (new.role <> 'admin' or new.disabled_at is not null))
execute function keep_an_admin();
create trigger keep_an_admin_on_delete after delete on accounts for each row
when (old.role = 'admin' and old.disabled_at is null)
execute function keep_an_admin();

-- What was done to accounts and tokens, when and by whom. Never a hash.
create table account_history (
  id bigint generated always as identity primary key,
  at timestamptz(3) not null default clock_timestamp(),
  db_user name not null default session_user,
  actor text,
  account_id uuid not null,
  account text not null,
  what text not null
);

create function record_account_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  what text;
begin
  if tg_op = 'INSERT' then
    what := format('created with the role %s', new.role);
  elsif tg_op = 'DELETE' then
    what := 'removed';
  else
    what := nullif(concat_ws(', ',
      case when old.name <> new.name then format('renamed from "%s"', old.name) end,
      case when old.role <> new.role then format('role %s → %s', old.role, new.role) end,
      case when old.email is distinct from new.email then 'e-mail address changed' end,
      case when old.password_hash is distinct from new.password_hash then 'password changed' end,
      case when old.subject is distinct from new.subject then 'linked to a sign-in provider' end,
      case when old.disabled_at is null and new.disabled_at is not null then 'disabled' end,
      case when old.disabled_at is not null and new.disabled_at is null then 'enabled again' end
    ), '');
  end if;
  if what is not null then
    insert into account_history (actor, account_id, account, what) values (
      nullif(current_setting('cutsheet.actor', true), ''), coalesce(new.id, old.id), coalesce(new.name, old.name), what);
  end if;
  return null;
end $$;
create trigger history after insert or update or delete on accounts for each row
execute function record_account_history();

create function record_token_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  token api_tokens := case when tg_op = 'INSERT' then new else old end;
begin
  insert into account_history (actor, account_id, account, what)
  select nullif(current_setting('cutsheet.actor', true), ''), id, name,
    case when tg_op = 'INSERT'
      then format('token "%s" made for %s', token.name, array_to_string(token.scopes, ', '))
      else format('token "%s" revoked', token.name)
    end
  from accounts where id = token.account_id;
  return null;
end $$;
create trigger history after insert or delete on api_tokens for each row execute function record_token_history();

-- Who a session's cookie belongs to; no row for one that is over, unknown, or of a disabled account. Its use is noted
-- once a minute: a page asks several times a second.
create function use_session(hash bytea) returns table (account_id uuid, name text, role account_role, session_id uuid)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  now timestamptz := clock_timestamp();
  found_session sessions;
begin
  select s.* into found_session from sessions s
  where s.secret_hash = hash and s.expires_at > now and s.last_used_at + s.idle > now;
  if found_session.id is null then return; end if;
  if found_session.last_used_at < now - interval '1 minute' then
    update sessions s set last_used_at = now where s.id = found_session.id;
  end if;
  return query select a.id, a.name, a.role, found_session.id
    from accounts a where a.id = found_session.account_id and a.disabled_at is null;
end $$;

-- Who a token belongs to and what it may be used for; no row for one that is over, unknown, or of a disabled account.
create function use_token(hash bytea)
returns table (account_id uuid, name text, role account_role, token_id uuid, scopes text[])
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  now timestamptz := clock_timestamp();
  token api_tokens;
begin
  select t.* into token from api_tokens t where t.secret_hash = hash and (t.expires_at is null or t.expires_at > now);
  if token.id is null then return; end if;
  if token.last_used_at is null or token.last_used_at < now - interval '1 minute' then
    update api_tokens t set last_used_at = now where t.id = token.id;
  end if;
  return query select a.id, a.name, a.role, token.id, token.scopes
    from accounts a where a.id = token.account_id and a.disabled_at is null;
end $$;

-- Failed sign-ins of the last hour. Not worth the write-ahead log: after a crash everybody has all attempts again.
create unlogged table sign_in_failures (
  at timestamptz(3) not null default clock_timestamp(),
  name text not null,
  address inet not null
);
create index sign_in_failures_name on sign_in_failures (name, at);
