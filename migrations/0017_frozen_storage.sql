-- What is frozen is written once and deleted soon after, as a rule: compressing it costs more than it saves.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

alter table outbox alter column frozen set storage external;
