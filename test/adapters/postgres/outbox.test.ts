import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, it } from "node:test";
import pg from "pg";
import { peopleText } from "../../../adapters/postgres/outbox/claimed-people.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { newEvent, newRecord } from "../../contracts/events/records.ts";
import { type OpenedOutbox, outboxSuite } from "../../contracts/outbox/outbox.ts";
import { unwrap } from "../../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../../contracts/tenants.ts";
import { openTestDatabase, type TestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

/** An outbox over an empty database; it is filled as in life, by storing records. */
async function openOutbox(): Promise<OpenedOutbox & { readonly database: TestDatabase }> {
  const { eventStore, outbox, tenantStore } = database.store;
  const tenants = new Map<number, FirstTenant>();
  const byOrg = new Map<string, FirstTenant>();
  return {
    database,
    outbox,
    async addIntegration(org) {
      const tenant = tenants.get(org) ?? newTenant();
      if (!tenants.has(org)) await database.addTenant(tenant);
      tenants.set(org, tenant);
      byOrg.set(tenant.orgId, tenant);
      return unwrap(await tenantStore.createIntegration(ownerOf(tenant), newIntegration(tenant)));
    },
    async queue(integration, events) {
      const tenant = byOrg.get(integration.orgId) as FirstTenant;
      const record = newRecord(
        tenant,
        Array.from({ length: events }, () => newEvent()),
      );
      unwrap(await eventStore.storeRecords([record], (one) => one.id === integration.id));
    },
    async pause(integration, paused) {
      const by = ownerOf(byOrg.get(integration.orgId) as FirstTenant);
      unwrap(await tenantStore.changeIntegration(by, integration.id, { paused }, null));
    },
    async delete(integration) {
      const by = ownerOf(byOrg.get(integration.orgId) as FirstTenant);
      unwrap(await tenantStore.deleteIntegration(by, integration.id, null));
    },
    async ledger(integration) {
      const ledgers = unwrap(await eventStore.integrationLedgers(integration.orgId));
      const own = ledgers.find((ledger) => ledger.integrationId === integration.id);
      assert.ok(own);
      return own;
    },
    remove: database.clear,
  };
}

outboxSuite("postgres", openOutbox);

describe("outbox: what only a database can lose", () => {
  it("an event that is no longer stored expires, whether the claim holds others or none", async () => {
    const { outbox, addIntegration, queue, ledger, database, remove } = await openOutbox();
    const integration = await addIntegration(1);
    const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 1_000, nowMs: Date.now() };
    await queue(integration, 3);
    await database.query("delete from sdk_events where event_id = (select event_id from sdk_events limit 1)");
    const [claim] = unwrap(await outbox.claim(bounds));
    assert.equal(claim?.events.length, 2);
    unwrap(await outbox.settle(claim, new Map(), [], bounds.nowMs));
    assert.deepEqual([(await ledger(integration)).expired, (await ledger(integration)).waiting], [1, 2]);
    await database.query("delete from sdk_events");
    assert.deepEqual(unwrap(await outbox.claim(bounds)), []);
    assert.deepEqual([(await ledger(integration)).expired, (await ledger(integration)).waiting], [3, 0]);
    await remove();
  });

  it("a damaged page keeps back the integrations whose rows or events are on it; others are claimed", async () => {
    const { outbox, addIntegration, queue, database, remove } = await openOutbox();
    const [onRow, onEvent, sound] = [await addIntegration(1), await addIntegration(2), await addIntegration(3)];
    for (const integration of [onRow, onEvent, sound]) await queue(integration, 2);
    await database.query(`
      create function tidegate.invalid_page() returns trigger language plpgsql as $$
      begin raise exception 'invalid page' using errcode = 'XX001'; end $$`);
    await database.query(`
      create trigger invalid_page before update on outbox for each row
      when (old.integration_id = '${onRow.id}') execute function tidegate.invalid_page()`);
    await database.query(`
      create function tidegate.invalid_event() returns boolean language plpgsql as $$
      begin raise exception 'invalid page' using errcode = 'XX001'; end $$`);
    await database.query(`
      create policy invalid_event on sdk_events as restrictive for select to tidegate_pipeline
      using (case when org_id = '${onEvent.orgId}' then tidegate.invalid_event() else true end)`);
    const bounds = { except: [], claimsMax: 9, eventsMax: 9, leaseMs: 1_000, nowMs: Date.now() };
    const [claim, ...rest] = unwrap(await outbox.claim(bounds));
    assert.deepEqual([claim?.integration.id, claim?.events.length, rest.length], [sound.id, 2, 0]);
    const again = await outbox.claim(bounds);
    assert.deepEqual(again.ok ? null : again.failure.code, "store_damaged_XX001", "nothing else: it is said");
    await database.query("drop policy invalid_event on sdk_events");
    await database.query("drop trigger invalid_page on outbox");
    const retried = unwrap(await outbox.claim(bounds));
    assert.deepEqual(new Set(retried.map((one) => one.integration.id)), new Set([onRow.id, onEvent.id]));
    await database.query("drop function tidegate.invalid_page");
    await database.query("drop function tidegate.invalid_event");
    await remove();
  });

  it("a disabled integration's events wait, and are claimed once it is enabled again", async () => {
    const { outbox, addIntegration, queue, database, remove } = await openOutbox();
    const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 1_000, nowMs: Date.now() };
    await queue(await addIntegration(1), 2);
    await database.query("update integrations set enabled = false");
    assert.deepEqual(unwrap(await outbox.claim(bounds)), []);
    await database.query("update integrations set enabled = true");
    assert.equal(unwrap(await outbox.claim(bounds))[0]?.events.length, 2);
    await remove();
  });

  it("a redrive is in the audit log with how many it moved, and what is no longer stored then expires", async () => {
    const { outbox, addIntegration, queue, ledger, database, remove } = await openOutbox();
    const integration = await addIntegration(1);
    const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 1_000, nowMs: Date.now() };
    await queue(integration, 2);
    const [claim] = unwrap(await outbox.claim(bounds));
    assert.ok(claim);
    const dead = new Map(claim.events.map(({ event }) => [event.id, { kind: "dead", code: "meta_100" } as const]));
    unwrap(await outbox.settle(claim, dead, [], bounds.nowMs));
    await database.query("delete from sdk_events where event_id = (select event_id from sdk_events limit 1)");
    const by = { orgId: integration.orgId, memberId: randomUUID(), role: "editor" } as const;
    unwrap(await outbox.redrive(by, {}, { nowMs: bounds.nowMs, ambiguousBeforeMs: 0, lettersMax: 9 }));
    const [entry] = unwrap(await database.store.accountStore.auditLog(integration.orgId, { limit: 1, beforeId: null }));
    assert.deepEqual(
      [entry?.action, entry?.subject, entry?.memberId],
      ["dead_letters_redriven", integration.id, by.memberId],
    );
    assert.deepEqual(entry?.after, { redriven: 2 });
    const [again] = unwrap(await outbox.claim(bounds));
    assert.ok(again);
    assert.equal(again.events.length, 1);
    unwrap(await outbox.settle(again, new Map([[again.events[0]?.event.id ?? "", { kind: "delivered" }]]), [], 1));
    const { queued, delivered, dead: left, expired, waiting } = await ledger(integration);
    assert.deepEqual([queued, delivered, left, expired, waiting], [2, 1, 0, 1, 0]);
    await remove();
  });

  it("a claim finds its events' visitors by their ids, however many others there are", async () => {
    const { addIntegration, database, remove } = await openOutbox();
    const integration = await addIntegration(1);
    for (const table of ["identities (updated_at,", "consents (advertising, analytics,"]) {
      await database.query(
        `insert into ${table} org_id, project_id, id_kind, visitor_id)
        select ${table.startsWith("identities") ? "now()" : "'granted', 'granted'"}, $1, $2, 'user', 'user-' || n
        from generate_series(1, 20000) n`,
        [integration.orgId, integration.projectId],
      );
    }
    await database.query(
      `insert into identity_links (org_id, project_id, id_kind, visitor_id, user_id, kind, seen_at)
      select $1, $2, 'anonymous', 'device-' || n, 'user-' || n, 'seen', now() from generate_series(1, 20000) n`,
      [integration.orgId, integration.projectId],
    );
    const client = new pg.Client({ ...database.pipeline, options: "-c search_path=tidegate" });
    await client.connect();
    await client.query("select set_config('app.org_ids', $1, false)", [`{${integration.orgId}}`]);
    const people = Array.from({ length: 50 }, (_, n) => n);
    const plan = await client.query(`explain ${peopleText}`, [
      people,
      people.map(() => integration.orgId),
      people.map(() => integration.projectId),
      people.map((n) => `user-${n}`),
      people.map((n) => `device-${n}`),
    ]);
    await client.end();
    const lines = plan.rows.map((row) => String(row["QUERY PLAN"]));
    const looked = lines.flatMap((line, n) => (/ on (identities|consents|identity_links) /.test(line) ? [n] : []));
    assert.ok(looked.length >= 6);
    for (const at of looked) {
      assert.match(lines[at] ?? "", /Index (Only )?Scan using/, lines.join("\n"));
      assert.match(lines[at + 1] ?? "", /Index Cond: .*(visitor_id|user_id) = /, lines.join("\n"));
    }
    await remove();
  });

  it("an integration deleted while events are stored and settled leaves none waiting, whoever is first", async () => {
    const { outbox, addIntegration, queue, ledger, delete: remove, database } = await openOutbox();
    for (let round = 0; round < 12; round += 1) {
      const integration = await addIntegration(1);
      await queue(integration, 2);
      const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 60_000, nowMs: Date.now() };
      const [claim] = unwrap(await outbox.claim(bounds));
      assert.ok(claim);
      await Promise.all([
        queue(integration, 1),
        outbox.settle(claim, new Map(), [], bounds.nowMs),
        remove(integration),
        queue(integration, 1),
      ]);
      const { queued, canceled, waiting } = await ledger(integration);
      assert.deepEqual([queued - canceled, waiting], [0, 0], `round ${round}`);
      assert.ok(queued >= 2);
    }
    await database.clear();
  });

  it("a receipt is kept once, though its settlement was tried twice", async () => {
    const { outbox, addIntegration, queue, database, remove } = await openOutbox();
    const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 1_000, nowMs: Date.now() };
    await queue(await addIntegration(1), 2);
    const [claim] = unwrap(await outbox.claim(bounds));
    assert.ok(claim);
    const eventIds = claim.events.map(({ event }) => event.id);
    const receipt = { attempt: 1, startedAtMs: bounds.nowMs, durationMs: 3, ok: false, code: "http_500" };
    const said = { failureClass: "transient", traceId: null } as const;
    for (let tries = 0; tries < 2; tries += 1) {
      unwrap(await outbox.settle(claim, new Map(), [{ ...receipt, ...said, eventIds }], bounds.nowMs));
    }
    const rows = await database.query<{ event_ids: string[] }>("select event_ids from delivery_batches");
    assert.deepEqual(
      rows.map((row) => row.event_ids),
      [eventIds],
    );
    await remove();
  });
});
