-- What integrations change about events before they are sent. The relay reads them with each claim.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create table transformations (
  org_id uuid not null,
  transformation_id uuid not null,
  integration_id uuid not null,
  name text not null,
  position integer not null,
  enabled boolean not null,
  rules jsonb not null,
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null,
  primary key (org_id, transformation_id),
  foreign key (org_id, integration_id) references integrations on delete cascade
);
create index transformations_by_integration on transformations (org_id, integration_id, position);

grant select, insert, update, delete on transformations to tidegate_admin;
grant select on transformations to tidegate_pipeline;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
begin
  alter table transformations enable row level security;
  alter table transformations force row level security;
  execute format('create policy one_tenant on transformations to tidegate_admin using (%s) with check (%s)',
    one_tenant, one_tenant);
  execute format('create policy batch_tenants on transformations to tidegate_pipeline using (%s) with check (%s)',
    batch_tenants, batch_tenants);
end
$$;
