-- Events that an organisation would rather lose than pass without its script: a reason of its own in the ledger.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

alter table source_ledger add column dropped_custom_js_failed bigint not null default 0;

-- The sum was checked without a name of ours.
do $$
declare
  unnamed name;
begin
  select conname into strict unnamed from pg_constraint
  where conrelid = 'source_ledger'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%dropped_custom_js%';
  execute format('alter table source_ledger drop constraint %I', unnamed);
end $$;

alter table source_ledger add constraint source_ledger_balanced check (
  accepted = stored + duplicate + dead + dropped_consent + dropped_bot_known + dropped_bot_empty_user_agent
    + dropped_bot_custom_pattern + dropped_routing_rule + dropped_custom_js + dropped_custom_js_failed
);
