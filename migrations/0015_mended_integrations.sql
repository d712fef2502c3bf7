-- Who mends an integration lets go of what waits for it: the moment from which it may be claimed, nothing else.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

grant update (due_at) on outbox to tidegate_admin;

reset role;
