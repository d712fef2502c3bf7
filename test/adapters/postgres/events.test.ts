import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { FirstTenant, NewIntegration } from "../../../ports/tenant-store.ts";
import { eventStoreSuite } from "../../contracts/events/event-store.ts";
import { newEvent, newRecord } from "../../contracts/events/records.ts";
import { sessionStoreSuite } from "../../contracts/events/session-store.ts";
import { unwrap } from "../../contracts/results.ts";
import { newTenant, ownerOf } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

async function open() {
  const { store, addTenant, clear } = database;
  return {
    store: store.eventStore,
    outbox: store.outbox,
    sessions: store.sessionStore,
    addTenant,
    addIntegration: async (tenant: FirstTenant, integration: NewIntegration) => {
      unwrap(await store.tenantStore.createIntegration(ownerOf(tenant), integration));
    },
    remove: clear,
  };
}

eventStoreSuite("postgres", open);
sessionStoreSuite("postgres", open);

test("a damaged page withholds the records that would go there, whole; those of others are stored", async () => {
  const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
  await database.addTenant(ours);
  await database.addTenant(theirs);
  await database.query(`
    create function tidegate.invalid_page() returns trigger language plpgsql as $$
    begin
      if new.message_id = 'on-the-page' then raise exception 'invalid page' using errcode = 'XX001'; end if;
      return new;
    end $$`);
  await database.query(
    "create trigger invalid_page before insert on event_keys for each row execute function tidegate.invalid_page()",
  );
  const { eventStore } = database.store;
  const struck = newRecord(ours, [newEvent(), newEvent({ messageId: "on-the-page" })]);
  const records = [newRecord(theirs, [newEvent()]), struck, newRecord(ours, [newEvent()]), newRecord(theirs, [])];
  const kinds = async () => unwrap(await eventStore.storeRecords(records, () => false)).map((one) => one.kind);
  assert.deepEqual(await kinds(), ["stored", "withheld", "stored", "stored"]);
  const [outcome] = unwrap(await eventStore.storeRecords([struck], () => false));
  assert.deepEqual(outcome, { kind: "withheld", code: "store_damaged_XX001" });
  const [ledger] = unwrap(await eventStore.sourceLedgers(ours.orgId));
  assert.deepEqual([ledger?.accepted, ledger?.stored, ledger?.dead], [1, 1, 0]);
  await database.query("drop trigger invalid_page on event_keys");
  assert.deepEqual(await kinds(), ["known", "stored", "known", "known"]);
  await database.query("drop function tidegate.invalid_page");
  await database.clear();
});
