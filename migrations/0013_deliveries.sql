-- Dead letters that can be sent again, receipts that can be looked up, integrations that pause, change and say how
-- they fare.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

-- What the vendor may know of the event already: it is sent again under the same name, id and time.
alter table dead_letters
  add column ambiguous_since timestamptz,
  -- [vendor event name, vendor event id, vendor time in seconds]
  add column frozen jsonb;
create index dead_letters_by_integration on dead_letters (org_id, integration_id, created_at, dead_letter_id)
  where integration_id is not null;

alter table delivery_batches add column failure_class text
  check (failure_class in ('event', 'auth', 'config', 'throttle', 'transient', 'unknown'));
create index delivery_batches_by_org on delivery_batches (org_id, started_at, batch_id);

alter table integrations
  add column paused_at timestamptz,
  add column version integer not null default 1 check (version > 0);

-- Taken out of the queue because they are nothing for this vendor: these are not among the queued.
alter table integration_ledger add column not_applicable bigint not null default 0;

-- What a relay last learned of a vendor: it is the relay's memory for others to read, never its own.
create table integration_states (
  org_id uuid not null,
  integration_id uuid not null,
  circuit_class text,
  circuit_code text,
  circuit_since timestamptz,
  circuit_until timestamptz,
  quota_used_percent integer,
  quota_seen_at timestamptz,
  quota_until timestamptz,
  primary key (org_id, integration_id),
  foreign key (org_id, integration_id) references integrations on delete cascade
) with (fillfactor = 50);

grant select, insert, update on integration_states to tidegate_pipeline;
grant select on integration_states to tidegate_admin;
-- Who sends dead letters again moves them back into the queue, and the counts with them.
grant delete on dead_letters to tidegate_admin;
grant insert on outbox to tidegate_admin;
grant insert, update on integration_ledger to tidegate_admin;
grant select (paused_at) on integrations to tidegate_lookup;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
begin
  alter table integration_states enable row level security;
  alter table integration_states force row level security;
  execute format('create policy one_tenant on integration_states to tidegate_admin using (%s) with check (%s)',
    one_tenant, one_tenant);
  execute format('create policy batch_tenants on integration_states to tidegate_pipeline using (%s) with check (%s)',
    batch_tenants, batch_tenants);
end
$$;

-- As before, but what is paused gets no turn: its events wait.
reset role;
grant create on schema tidegate to tidegate_lookup;
set local role tidegate_lookup;

create or replace function due_integrations(now_at timestamptz, except_ids uuid[])
returns table (org_id uuid, integration_id uuid)
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  with recursive waiting as (
    (select o.org_id, o.integration_id from outbox o order by o.org_id, o.integration_id limit 1)
    union all
    select after.org_id, after.integration_id
    from waiting w
    cross join lateral (
      select o.org_id, o.integration_id from outbox o
      where (o.org_id, o.integration_id) > (w.org_id, w.integration_id)
      order by o.org_id, o.integration_id limit 1
    ) after
  )
  select w.org_id, w.integration_id
  from waiting w
  join integrations i on i.org_id = w.org_id and i.integration_id = w.integration_id
    and i.enabled and i.paused_at is null
  left join outbox_turns t on t.org_id = w.org_id and t.integration_id = w.integration_id
  where w.integration_id <> all (except_ids)
    and exists (
      select from outbox o
      where o.org_id = w.org_id and o.integration_id = w.integration_id and o.due_at <= now_at
    )
  order by row_number() over (partition by w.org_id order by coalesce(t.turn, 0)),
    max(coalesce(t.turn, 0)) over (partition by w.org_id), coalesce(t.turn, 0)
$$;

reset role;
revoke create on schema tidegate from tidegate_lookup;
