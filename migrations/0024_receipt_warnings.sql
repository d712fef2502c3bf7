-- What events said and the vendor was not told, because it can be read in two ways or not at all: codes only.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

alter table delivery_batches add column warnings text[];

reset role;
