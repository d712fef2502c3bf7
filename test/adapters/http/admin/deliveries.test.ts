import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { DeliveryVerdict, Integration } from "../../../../domain/model/delivery.ts";
import { unwrap } from "../../../contracts/results.ts";
import { storedEvent } from "../../../domain/pipeline/relay/parts.ts";
import { openRig, post, type Rig, send } from "../server/rig.ts";

let rig: Rig;
let owner: Record<string, string>;
let integration: Integration;
before(async () => {
  rig = await openRig();
  owner = { authorization: `Bearer ${rig.keys.admin_token}` };
  const made = await post(
    `${rig.admin.url}/v1/admin/integrations`,
    { vendor: "meta", project_id: rig.keys.project_id, config: { pixel_id: "1", access_token: "x" } },
    owner,
  );
  const all = unwrap(await rig.tenants.integrations(rig.keys.org_id));
  integration = all.find(({ id }) => id === made.json.id) as Integration;
});
after(async () => {
  await rig.close();
});

const get = (path: string) => send(`${rig.admin.url}/v1/admin/${path}`, { headers: owner });
const redrive = (body: object) => post(`${rig.admin.url}/v1/admin/dead-letters/redrive`, body, owner);

let numbers = 0;

/** Queues events, lets them meet one verdict, and gives a receipt for it. */
async function meet(verdict: Extract<DeliveryVerdict, { kind: "delivered" | "dead" }>, events = 1): Promise<string[]> {
  const { org_id: orgId } = rig.keys;
  for (let n = 0; n < events; n += 1) {
    numbers += 1;
    rig.outbox.enqueue(integration, storedEvent(numbers, { orgId, name: `Event ${numbers}` }));
  }
  const nowMs = Date.now();
  const bounds = { except: [], claimsMax: 1, eventsMax: 100, leaseMs: 1_000, nowMs };
  const [claim] = unwrap(await rig.outbox.claim(bounds));
  assert.ok(claim);
  const eventIds = claim.events.map(({ event }) => event.id);
  const code = verdict.kind === "delivered" ? "ok" : verdict.code;
  const failureClass = verdict.kind === "delivered" ? null : "event";
  const receipt = { eventIds, attempt: 1, startedAtMs: nowMs, durationMs: 3.6, failureClass, traceId: "t-1" } as const;
  const verdicts = new Map(eventIds.map((id) => [id, verdict]));
  unwrap(await rig.outbox.settle(claim, verdicts, [{ ...receipt, ok: code === "ok", code }], nowMs));
  return eventIds;
}

test("a dead letter is listed and shown with its event's name, its code and nothing else of the event", async () => {
  const [eventId] = await meet({ kind: "dead", code: "page_url_missing" });
  const { items, next_cursor: cursor } = (await get("dead-letters?code=page_url_missing")).json;
  assert.equal(cursor, null);
  assert.equal(items.length, 1);
  const { id, created_at: createdAt, message_id: messageId, ...rest } = items[0];
  assert.match(createdAt, /^\d{4}-/);
  assert.match(messageId, /^message-/);
  assert.deepEqual(rest, {
    integration_id: integration.id,
    event_id: eventId,
    event_name: `Event ${numbers}`,
    stage: "relay",
    code: "page_url_missing",
    ambiguous_since: null,
  });
  assert.deepEqual((await get(`dead-letters/${id}`)).json, items[0]);
  assert.equal((await get(`dead-letters/${randomUUID()}`)).status, 404);
  assert.equal((await redrive({ ids: [id] })).json.redriven, 1);
  assert.equal((await get(`dead-letters/${id}`)).status, 404);
  await meet({ kind: "delivered" }, 0);
});

test("some dead letters, those of a filter, and all can be sent again", async () => {
  const dead = { kind: "dead", code: "meta_100" } as const;
  await meet(dead, 5);
  const [first] = (await get("dead-letters?limit=1")).json.items;
  assert.deepEqual((await redrive({ ids: [first.id, first.id] })).json, {
    redriven: 1,
    left_ambiguous: 0,
    more: false,
  });
  const name = (await get("dead-letters?limit=1")).json.items[0].event_name;
  const named = await redrive({ filter: { integration_id: integration.id, event_name: name, since: "2020-01-01" } });
  assert.equal(named.json.redriven, 1);
  assert.equal((await redrive({ filter: { until: "2020-01-01" } })).json.redriven, 0);
  assert.equal((await redrive({ all: true })).json.redriven, 3);
  const { dead: left, waiting } = rig.outbox.ledger(integration.id);
  assert.deepEqual([left, waiting], [0, 5]);
  await meet({ kind: "delivered" }, 0);
});

test("a redrive that does not say exactly what it means moves nothing, and repeats nothing", async () => {
  await meet({ kind: "dead", code: "meta_100" });
  const wrong: readonly (readonly [object, string, string])[] = [
    [{}, "body", "ambiguous_choice"],
    [{ all: true, filter: { code: "canary" } }, "body", "ambiguous_choice"],
    [{ filter: {} }, "filter", "empty"],
    [{ filter: { since: "canary" } }, "since", "invalid_time"],
    [{ filter: { integration_id: "canary" } }, "integration_id", "invalid_id"],
    [{ filter: { canary: "x" } }, "body", "unknown_member"],
    [{ all: false }, "all", "invalid_type"],
  ];
  for (const [body, path, code] of wrong) {
    const answer = await redrive(body);
    const [detail] = answer.json.error.details;
    assert.deepEqual([answer.status, detail.path, detail.code], [422, path, code], answer.text);
    assert.equal(answer.text.includes("canary"), false);
  }
  assert.equal((await redrive({ ids: ["canary"] })).status, 404);
  assert.equal(rig.outbox.ledger(integration.id).dead, 1);
  await redrive({ all: true });
  await meet({ kind: "delivered" }, 0);
});

test("receipts say what was sent to whom, what came of it and the vendor's trace id", async () => {
  const eventIds = await meet({ kind: "dead", code: "meta_100_2804019" }, 2);
  const { items } = (await get(`deliveries?event_id=${eventIds[1]}`)).json;
  assert.equal(items.length, 1);
  const { id, started_at: startedAt, ...rest } = items[0];
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.match(startedAt, /^\d{4}-/);
  assert.deepEqual(rest, {
    integration_id: integration.id,
    event_ids: eventIds,
    attempt: 1,
    ok: false,
    code: "meta_100_2804019",
    class: "event",
    trace_id: "t-1",
    warnings: [],
    duration_ms: 4,
  });
  await meet({ kind: "delivered" });
  assert.deepEqual(
    (await get("deliveries?ok=true&limit=1")).json.items.map(({ code }: { code: string }) => code),
    ["ok"],
  );
  const page = (await get("deliveries?limit=1")).json;
  const next = (await get(`deliveries?limit=1&cursor=${page.next_cursor}`)).json;
  assert.notEqual(page.items[0].id, next.items[0].id);
});

test("a filter that can't be read is refused by its name, never by its value", async () => {
  for (const [query, path] of [
    ["deliveries?ok=canary", "ok"],
    ["deliveries?since=canary", "since"],
    ["deliveries?event_id=canary", "event_id"],
    ["deliveries?limit=0", "limit"],
    ["deliveries?canary=1", "query"],
    ["dead-letters?canary=1", "query"],
    ["dead-letters?integration_id=canary", "integration_id"],
    ["dead-letters?limit=501", "limit"],
  ] as const) {
    const answer = await get(query);
    assert.deepEqual([query, answer.status, answer.json.error.details[0].path], [query, 422, path]);
    assert.equal(answer.text.includes("canary"), false);
  }
});
