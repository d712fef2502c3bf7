-- The relay's queue, its receipts and what could not be delivered.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

-- Events waiting for one integration, all received at one time and with one history of attempts.
-- A lease moves due_at to its end: what is due may be claimed, and a due row with a claim_id is a lease that ran out.
create table outbox (
  org_id uuid not null,
  outbox_id uuid not null default gen_random_uuid(),
  integration_id uuid not null,
  received_at timestamptz not null,
  event_ids uuid[] not null check (cardinality(event_ids) > 0),
  due_at timestamptz not null,
  attempts integer not null default 0,
  ambiguous_since timestamptz,
  -- { event id: [vendor event name, vendor event id, vendor time in seconds] }
  frozen jsonb,
  claim_id uuid,
  claimed_at timestamptz,
  primary key (org_id, outbox_id),
  foreign key (org_id, integration_id) references integrations
);
create index outbox_by_due on outbox (org_id, integration_id, due_at, outbox_id);

-- Whose turn it is: integrations that waited longest for a claim come first.
create sequence outbox_turn;
create table outbox_turns (
  org_id uuid not null,
  integration_id uuid not null,
  turn bigint not null,
  primary key (org_id, integration_id),
  foreign key (org_id, integration_id) references integrations on delete cascade
) with (fillfactor = 50);

create table delivery_batches (
  org_id uuid not null,
  batch_id uuid not null default gen_random_uuid(),
  integration_id uuid not null,
  event_ids uuid[] not null,
  attempt integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  ok boolean not null,
  code text not null,
  trace_id text,
  primary key (org_id, batch_id),
  foreign key (org_id, integration_id) references integrations
);
create index delivery_batches_by_time on delivery_batches (org_id, integration_id, started_at);
create index delivery_batches_by_age on delivery_batches using brin (started_at) with (autosummarize = on);

create table dead_letters (
  org_id uuid not null,
  dead_letter_id uuid not null default gen_random_uuid(),
  source_id uuid not null,
  integration_id uuid,
  event_id uuid,
  message_id text collate "C",
  received_at timestamptz not null,
  stage text not null check (stage in ('store', 'relay')),
  code text not null,
  created_at timestamptz not null,
  primary key (org_id, dead_letter_id),
  foreign key (org_id, integration_id) references integrations,
  check ((stage = 'relay') = (integration_id is not null))
);
create index dead_letters_by_time on dead_letters (org_id, created_at, dead_letter_id);
create index dead_letters_by_age on dead_letters using brin (created_at) with (autosummarize = on);

-- queued = delivered + dead + expired + waiting, where waiting is counted from the outbox.
create table integration_ledger (
  org_id uuid not null,
  integration_id uuid not null,
  shard smallint not null,
  queued bigint not null default 0,
  delivered bigint not null default 0,
  dead bigint not null default 0,
  expired bigint not null default 0,
  primary key (org_id, integration_id, shard),
  foreign key (org_id, integration_id) references integrations
) with (fillfactor = 50);

grant select on outbox, delivery_batches, dead_letters, integration_ledger to tidegate_admin;
grant select, insert, update, delete on outbox to tidegate_pipeline;
grant select, insert on delivery_batches, dead_letters to tidegate_pipeline;
grant select, insert, update on integration_ledger to tidegate_pipeline;
