-- Events at rest and what is known of the people behind them: hashes and their word on consent.
-- Ids that came with events compare as bytes ("C"): faster, and no upgrade of the system's collations breaks an index.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

-- A record seen again after a crash is only acknowledged.
create table records (
  org_id uuid not null,
  record_id uuid not null,
  source_id uuid not null,
  project_id uuid not null,
  received_at timestamptz not null,
  primary key (org_id, record_id),
  foreign key (org_id, source_id, project_id) references sources (org_id, source_id, project_id)
);
create index records_by_age on records using brin (received_at) with (pages_per_range = 32, autosummarize = on);

-- The dedup window: one row per (source, messageId). No foreign keys here and in sdk_events: the record in the same
-- transaction has them, and a check per event would cost as much as the insert.
create table event_keys (
  org_id uuid not null,
  source_id uuid not null,
  message_id text collate "C" not null,
  event_id uuid not null,
  received_at timestamptz not null,
  primary key (org_id, source_id, message_id)
);
create index event_keys_by_age on event_keys using brin (received_at) with (pages_per_range = 32, autosummarize = on);

create table sdk_events (
  org_id uuid not null,
  received_at timestamptz not null,
  event_id uuid not null,
  project_id uuid not null,
  source_id uuid not null,
  app_id text not null,
  message_id text collate "C" not null,
  type text not null,
  name text,
  user_id text collate "C",
  anonymous_id text collate "C",
  "timestamp" timestamptz not null,
  original_timestamp timestamptz,
  sent_at timestamptz,
  device_os text,
  device_model text,
  country text,
  region text,
  session_id uuid,
  data_layer_version integer not null,
  advertising text not null,
  analytics text not null,
  email_sha256 text collate "C",
  phone_sha256 text collate "C",
  phone_e164_sha256 text collate "C",
  properties jsonb,
  traits jsonb,
  context jsonb,
  extra jsonb,
  primary key (org_id, received_at, event_id)
) partition by range (received_at);
create index sdk_events_by_user on sdk_events (org_id, user_id, received_at) where user_id is not null;
create index sdk_events_by_visitor on sdk_events (org_id, anonymous_id, received_at) where anonymous_id is not null;

-- The latest word of a visitor, by event time. A visitor is known by either of two ids.
create table consents (
  org_id uuid not null,
  project_id uuid not null,
  id_kind text not null check (id_kind in ('user', 'anonymous')),
  visitor_id text collate "C" not null,
  advertising text not null check (advertising in ('unknown', 'granted', 'denied')),
  advertising_at timestamptz,
  analytics text not null check (analytics in ('unknown', 'granted', 'denied')),
  analytics_at timestamptz,
  primary key (org_id, project_id, id_kind, visitor_id),
  foreign key (org_id, project_id) references projects
);

-- The latest hashes of a visitor: those of an identify call serve later conversions.
create table identities (
  org_id uuid not null,
  project_id uuid not null,
  id_kind text not null check (id_kind in ('user', 'anonymous')),
  visitor_id text collate "C" not null,
  email_sha256 text collate "C",
  phone_sha256 text collate "C",
  phone_e164_sha256 text collate "C",
  updated_at timestamptz not null,
  primary key (org_id, project_id, id_kind, visitor_id),
  foreign key (org_id, project_id) references projects
);

-- Counts per source. A writer adds to one of several shards, so that parallel transactions don't wait for a row.
create table source_ledger (
  org_id uuid not null,
  source_id uuid not null,
  shard smallint not null,
  accepted bigint not null default 0,
  stored bigint not null default 0,
  duplicate bigint not null default 0,
  dead bigint not null default 0,
  dropped_consent bigint not null default 0,
  dropped_bot_known bigint not null default 0,
  dropped_bot_empty_user_agent bigint not null default 0,
  dropped_bot_custom_pattern bigint not null default 0,
  dropped_routing_rule bigint not null default 0,
  dropped_custom_js bigint not null default 0,
  primary key (org_id, source_id, shard),
  foreign key (org_id, source_id) references sources,
  check (
    accepted = stored + duplicate + dead + dropped_consent + dropped_bot_known + dropped_bot_empty_user_agent
      + dropped_bot_custom_pattern + dropped_routing_rule + dropped_custom_js
  )
) with (fillfactor = 50);

grant select on records, sdk_events, consents, identities, source_ledger to tidegate_admin;
grant select, insert on records, event_keys, sdk_events to tidegate_pipeline;
grant select, insert, update on consents, identities, source_ledger to tidegate_pipeline;
