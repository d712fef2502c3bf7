-- Work on the vault's keys goes from organisation to organisation; what it reads and changes of each, it reads and
-- changes as that organisation.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create function organizations_after(org uuid, rows_max integer) returns table (org_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$
  select o.org_id from organizations o where org is null or o.org_id > org order by o.org_id limit least(rows_max, 1000)
$$;

revoke all on function organizations_after(uuid, integer) from public;
grant execute on function organizations_after(uuid, integer) to tidegate_admin;

reset role;
grant create on schema tidegate to tidegate_lookup;
alter function organizations_after(uuid, integer) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
