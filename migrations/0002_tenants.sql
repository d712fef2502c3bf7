-- Organisations and what they configure. A tenant's id leads every key.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

create table organizations (
  org_id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table members (
  org_id uuid not null references organizations on delete cascade,
  member_id uuid not null,
  name text not null,
  role text not null check (role in ('viewer', 'editor', 'admin', 'owner')),
  created_at timestamptz not null default now(),
  primary key (org_id, member_id)
);
create unique index members_one_owner on members (org_id) where role = 'owner';

create table api_tokens (
  org_id uuid not null,
  token_id uuid not null,
  member_id uuid not null,
  sha256 text collate "C" not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (org_id, token_id),
  foreign key (org_id, member_id) references members on delete cascade
);

create table projects (
  org_id uuid not null references organizations on delete cascade,
  project_id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (org_id, project_id)
);

create table project_layers (
  org_id uuid not null,
  project_id uuid not null,
  layer_id uuid not null,
  name text not null,
  kind text not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (org_id, project_id, layer_id),
  foreign key (org_id, project_id) references projects on delete cascade
);

create table sources (
  org_id uuid not null,
  source_id uuid not null,
  project_id uuid not null,
  name text not null,
  kind text not null check (kind in ('browser', 'mobile', 'server')),
  write_key text collate "C" not null unique,
  app_id text collate "C" not null unique,
  default_calling_code text check (default_calling_code ~ '^[1-9][0-9]{0,2}$'),
  sealed_signing_secret text,
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (org_id, source_id),
  unique (org_id, source_id, project_id),
  foreign key (org_id, project_id) references projects
);

create table integrations (
  org_id uuid not null,
  integration_id uuid not null,
  project_id uuid not null,
  vendor text not null check (vendor in ('meta', 'tiktok', 'apple', 'webhook')),
  name text not null,
  enabled boolean not null,
  config jsonb not null,
  sealed_secrets jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, integration_id),
  foreign key (org_id, project_id) references projects
);
create index integrations_by_project on integrations (org_id, project_id);

create table data_layer_versions (
  org_id uuid not null references organizations on delete cascade,
  version integer not null check (version > 0),
  config jsonb not null,
  updated_at timestamptz not null default now(),
  updated_by uuid not null,
  primary key (org_id, version)
);

create table audit_log (
  org_id uuid not null references organizations on delete cascade,
  audit_id bigint generated always as identity,
  at timestamptz not null default now(),
  member_id uuid not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  primary key (org_id, audit_id)
);
create index audit_log_by_time on audit_log (at);

-- Projects, sources and integrations are disabled, never deleted: events and counts point at them.
grant select, insert, update on organizations, projects, sources, integrations to tidegate_admin;
grant select, insert, update, delete on members, api_tokens, project_layers to tidegate_admin;
grant select, insert on data_layer_versions, audit_log to tidegate_admin;
grant select on integrations to tidegate_pipeline;
