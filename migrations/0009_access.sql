-- Members who log in, tokens with a role and an end, invitations; sources with a rate, a dialect and a second key.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

-- A login name is kept as a hash, a password as argon2id's text: neither can be read back.
alter table members
  add column login_sha256 text collate "C",
  add column password_hash text collate "C",
  add unique (org_id, login_sha256);
create index members_by_login on members (login_sha256, created_at) where login_sha256 is not null;

-- What a token may is the lesser of its own role and its member's.
alter table api_tokens
  add column name text not null default '',
  add column role text not null default 'owner' check (role in ('viewer', 'editor', 'admin', 'owner')),
  add column expires_at timestamptz;
create index api_tokens_by_member on api_tokens (org_id, member_id);

-- Rows of one family come from one login, each refreshed into the next. One that is used twice was stolen.
create table login_tokens (
  org_id uuid not null,
  login_token_id uuid not null,
  family_id uuid not null,
  member_id uuid not null,
  access_sha256 text collate "C" not null unique,
  refresh_sha256 text collate "C" not null unique,
  created_at timestamptz not null,
  access_expires_at timestamptz not null,
  refresh_expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  primary key (org_id, login_token_id),
  foreign key (org_id, member_id) references members on delete cascade
);
create index login_tokens_by_member on login_tokens (org_id, member_id, created_at);
create index login_tokens_by_family on login_tokens (org_id, family_id);

create table invitations (
  org_id uuid not null references organizations on delete cascade,
  invitation_id uuid not null,
  name text not null,
  role text not null check (role in ('viewer', 'editor', 'admin')),
  sha256 text collate "C" not null unique,
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (org_id, invitation_id)
);

-- Events and counts point at projects and sources: what is deleted stays, hidden and without effect.
alter table projects add column deleted_at timestamptz;
alter table sources
  add column deleted_at timestamptz,
  add column dialect text not null default 'any' check (dialect in ('any', 'segment', 'layers', 'signed')),
  add column events_per_second_max integer check (events_per_second_max > 0),
  add column previous_write_key text collate "C" unique,
  add column previous_write_key_until timestamptz;

grant select, insert, update, delete on login_tokens to tidegate_admin;
grant select, insert, update on invitations to tidegate_admin;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
  tenant_table name;
begin
  foreach tenant_table in array array['login_tokens', 'invitations']::name[] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy one_tenant on %I to tidegate_admin using (%s) with check (%s)',
      tenant_table, one_tenant, one_tenant);
    execute format('create policy batch_tenants on %I to tidegate_pipeline using (%s) with check (%s)',
      tenant_table, batch_tenants, batch_tenants);
  end loop;
  foreach tenant_table in array array['members', 'login_tokens', 'invitations']::name[] loop
    execute format('create policy look_up on %I to tidegate_lookup using (true) with check (true)', tenant_table);
  end loop;
end
$$;

grant select (org_id, member_id, login_sha256, created_at) on members to tidegate_lookup;
grant select (org_id, access_sha256, refresh_sha256) on login_tokens to tidegate_lookup;
grant select (org_id, sha256) on invitations to tidegate_lookup;
grant select (previous_write_key, previous_write_key_until) on sources to tidegate_lookup;

-- Whose a secret or a login name is; whether it still counts is read as that organisation.
reset role;
grant create on schema tidegate to tidegate_lookup;
set local role tidegate_lookup;

create or replace function tenant_of_write_key(key text) returns table (org_id uuid, source_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$
  select s.org_id, s.source_id from sources s where s.write_key = key
  union all
  select s.org_id, s.source_id from sources s
  where s.previous_write_key = key and s.previous_write_key_until > now()
$$;

create function tenant_of_access_token(token_sha256 text) returns table (org_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select t.org_id from login_tokens t where t.access_sha256 = token_sha256 $$;

create function tenant_of_refresh_token(token_sha256 text) returns table (org_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select t.org_id from login_tokens t where t.refresh_sha256 = token_sha256 $$;

create function tenant_of_invitation(token_sha256 text) returns table (org_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select i.org_id from invitations i where i.sha256 = token_sha256 $$;

-- Without an organisation the oldest account of that name is meant, so that a newer one shadows nobody.
create function tenant_of_login(name_sha256 text, org uuid) returns table (org_id uuid, member_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$
  select m.org_id, m.member_id from members m
  where m.login_sha256 = name_sha256 and (org is null or m.org_id = org)
  order by m.created_at, m.member_id limit 1
$$;

revoke all on function tenant_of_access_token(text), tenant_of_refresh_token(text), tenant_of_invitation(text),
  tenant_of_login(text, uuid) from public;
grant execute on function tenant_of_access_token(text), tenant_of_refresh_token(text), tenant_of_invitation(text),
  tenant_of_login(text, uuid) to tidegate_admin;

reset role;
revoke create on schema tidegate from tidegate_lookup;
