-- A deleted integration is hidden: its receipts, dead letters and books stay, its secrets and what waits for it go.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

alter table integrations add column deleted_at timestamptz,
  add check (deleted_at is null or not enabled and sealed_secrets = '{}');
-- Taken out of the queue unsent: queued = delivered + dead + expired + canceled + waiting.
alter table integration_ledger add column canceled bigint not null default 0;

grant delete on outbox, integration_states to tidegate_admin;

reset role;
