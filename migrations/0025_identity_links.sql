-- Which ids are one person's: what is known under one of them serves events that name the other.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

-- The id that is joined, and the user into whom. 'alias': a sender said so; such an id may be a user's or a visitor's,
-- and stands here as both. 'seen': an event named both.
create table identity_links (
  org_id uuid not null,
  project_id uuid not null,
  id_kind text not null check (id_kind in ('user', 'anonymous')),
  visitor_id text collate "C" not null,
  user_id text collate "C" not null,
  kind text not null check (kind in ('alias', 'seen')),
  seen_at timestamptz not null,
  primary key (org_id, project_id, id_kind, visitor_id, user_id, kind),
  foreign key (org_id, project_id) references projects
);
-- Led by the user, so that the planner never takes it for a look-up by visitor before it has counted the table.
create index identity_links_by_user on identity_links (user_id, org_id, project_id, kind, seen_at);

-- Whom else a visitor was seen with is known from here on only: what was kept of one before brings no hash to a user.
alter table identities add column linked boolean not null default false;
alter table identities alter column linked set default true;

grant select on identity_links to tidegate_admin;
grant select, insert on identity_links to tidegate_pipeline;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
begin
  alter table identity_links enable row level security;
  alter table identity_links force row level security;
  execute format('create policy one_tenant on identity_links to tidegate_admin using (%s) with check (%s)',
    one_tenant, one_tenant);
  execute format('create policy batch_tenants on identity_links to tidegate_pipeline using (%s) with check (%s)',
    batch_tenants, batch_tenants);
end
$$;
