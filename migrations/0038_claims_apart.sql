-- Where a page of the database is damaged, the relay claims each integration apart, so that others go on.

grant create on schema tidegate to tidegate_lookup;
set local role tidegate_lookup;
set local search_path = tidegate, pg_temp;

-- A scan of the whole table would meet the damaged pages of others.
alter function lease_outbox(uuid, uuid, uuid, timestamptz, timestamptz, integer) set enable_seqscan = off;

-- Enabled integrations in the order of their turns, without a look at what waits for them.
create function integrations_by_turn(except_ids uuid[]) returns table (org_id uuid, integration_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$
  select i.org_id, i.integration_id
  from integrations i
  left join outbox_turns t on t.org_id = i.org_id and t.integration_id = i.integration_id
  where i.enabled and i.paused_at is null and i.integration_id <> all (except_ids)
  order by row_number() over (partition by i.org_id order by coalesce(t.turn, 0)), coalesce(t.turn, 0)
$$;

-- Leases due events of one integration, like claim_outbox.
create function claim_outbox_apart(
  org uuid, integration uuid, now_at timestamptz, lease_until timestamptz, events_max integer
) returns table (claim_id uuid, org_id uuid, integration_id uuid)
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  claim constant uuid := gen_random_uuid();
begin
  if not pg_try_advisory_xact_lock(hashtextextended('tidegate turn ' || integration, 0))
    or lease_outbox(org, integration, claim, now_at, lease_until, events_max) = 0
  then
    return;
  end if;
  insert into outbox_turns as t values (org, integration, nextval('outbox_turn'))
    on conflict on constraint outbox_turns_pkey do update set turn = excluded.turn;
  return query select claim, org, integration;
end
$$;

revoke execute on function integrations_by_turn(uuid[]),
  claim_outbox_apart(uuid, uuid, timestamptz, timestamptz, integer) from public;
grant execute on function integrations_by_turn(uuid[]),
  claim_outbox_apart(uuid, uuid, timestamptz, timestamptz, integer) to tidegate_pipeline;

reset role;
revoke create on schema tidegate from tidegate_lookup;
