-- How far the store has come, for whoever finds that it forgot what it had confirmed.

set local search_path = tidegate, pg_temp;
grant create on schema tidegate to tidegate_lookup;
set local role tidegate_lookup;

create function newest_record_at() returns timestamptz
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select max(r.received_at) from records r $$;

revoke all on function newest_record_at() from public;
grant execute on function newest_record_at() to tidegate_pipeline;

reset role;
revoke create on schema tidegate from tidegate_lookup;
