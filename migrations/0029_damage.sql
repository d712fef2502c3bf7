-- Events of records that the disk did not keep as they were written count among the dead, and by themselves.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

alter table source_ledger
  add column damaged bigint not null default 0,
  add constraint source_ledger_damaged_are_dead check (damaged between 0 and dead);

-- Of a record that can't be read, the store finds out whose it was by the source it was appended for.
grant select (org_id, source_id, project_id) on sources to tidegate_pipeline;
