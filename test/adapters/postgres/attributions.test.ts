import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, afterEach, describe, it } from "node:test";
import type { AttributionStep } from "../../../domain/model/attribution.ts";
import type { EventToStore } from "../../../domain/model/event/stored-event.ts";
import type { SealedSecret } from "../../../domain/model/tenant.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { type AttributionSubject, attributionStoreSuite } from "../../contracts/attribution-store.ts";
import { newEvent, newRecord, receivedAtMs } from "../../contracts/events/records.ts";
import { unwrap } from "../../contracts/results.ts";
import { newTenant } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

const database = await openTestDatabase();
const { attributionStore: store, eventStore } = database.store;
const sealed = "v1.01234567.sealed-token" as SealedSecret;
const nowMs = receivedAtMs + 1_000;
const bounds = { tokensMax: 32, leaseMs: 30_000, nowMs };
const exchanged: AttributionStep = {
  state: "exchanged",
  code: null,
  attempts: 1,
  notFound: 0,
  dueAtMs: null,
  campaign: { orgId: "1" },
  development: true,
};

afterEach(() => database.clear());
after(() => database.close());

async function addTenant(name = "Acme"): Promise<FirstTenant> {
  const tenant = newTenant(name);
  await database.addTenant(tenant);
  return tenant;
}

const tokenOf = (text: string) => ({ sha256: createHash("sha256").update(text).digest("hex"), sealed });

/** An event of an install that brings a token. */
function tokenEvent(token: string, rest: Partial<EventToStore> = {}): EventToStore {
  return newEvent({ anonymousId: "install-1", userId: null, attributionToken: tokenOf(token), ...rest });
}

async function put(tenant: FirstTenant, events: EventToStore[], atMs = receivedAtMs): Promise<void> {
  unwrap(await eventStore.storeRecords([newRecord(tenant, events, { receivedAtMs: atMs })], () => false));
}

async function rows(): Promise<Record<string, unknown>[]> {
  return database.query<Record<string, unknown>>("select * from attributions order by received_at, attribution_id");
}

async function settleAll(step = exchanged): Promise<number> {
  const claim = unwrap(await store.claim(bounds));
  unwrap(await store.settle(claim, new Map(claim.tokens.map(({ id }) => [id, step])), nowMs));
  return claim.tokens.length;
}

describe("attributions in Postgres", () => {
  attributionStoreSuite(async (): Promise<AttributionSubject> => {
    const tenants = [await addTenant("Ours"), await addTenant("Theirs")] as const;
    return {
      store,
      orgIds: [tenants[0].orgId, tenants[1].orgId],
      async add(orgId, { anonymousId = "install-1", receivedAtMs: atMs = receivedAtMs } = {}) {
        const tenant = tenants.find((one) => one.orgId === orgId) as FirstTenant;
        const before = new Set((await rows()).map((row) => row["attribution_id"]));
        await put(tenant, [tokenEvent(randomUUID(), { anonymousId, timestampMs: atMs - 1_000 })], atMs);
        return (await rows()).map((row) => row["attribution_id"] as string).find((id) => !before.has(id)) as string;
      },
    };
  });
});

describe("a token that events bring", () => {
  it("is kept once, however often it comes, in one record or several", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a"), tokenEvent("a"), tokenEvent("b")]);
    await put(tenant, [tokenEvent("a", { anonymousId: "install-2" })]);
    const kept = await rows();
    assert.deepEqual(
      kept.map((row) => row["anonymous_id"]),
      ["install-1", "install-1"],
    );
    await settleAll();
    await put(tenant, [tokenEvent("a")]);
    assert.equal(await settleAll(), 0, "what was exchanged is not asked about again");
  });

  it("is deleted as soon as its state is final", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a")]);
    assert.equal((await rows())[0]?.["sealed_token"], sealed);
    await settleAll();
    const [row] = await rows();
    assert.deepEqual([row?.["sealed_token"], row?.["state"], row?.["development"]], [null, "exchanged", true]);
  });

  it("is its event's: an event that is a duplicate brings none, a tenant's own one is another's too", async () => {
    const [ours, theirs] = [await addTenant("Ours"), await addTenant("Theirs")];
    await put(ours, [tokenEvent("a", { messageId: "m" })]);
    await put(ours, [tokenEvent("b", { messageId: "m" })]);
    await put(theirs, [tokenEvent("a")]);
    assert.deepEqual((await rows()).map((row) => row["org_id"]).sort(), [ours.orgId, theirs.orgId].sort());
  });

  it("of who denies advertising is not kept, and the row says why", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a", { advertising: "denied" })]);
    const [row] = await rows();
    assert.deepEqual([row?.["state"], row?.["code"], row?.["sealed_token"]], ["failed", "consent_denied", null]);
    assert.deepEqual(unwrap(await store.claim(bounds)).tokens, []);
  });

  it("is claimed with the visitor's latest word: denied later is denied", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a")]);
    await put(tenant, [newEvent({ type: "consent", anonymousId: "install-1", userId: null, advertising: "denied" })]);
    assert.deepEqual(
      unwrap(await store.claim(bounds)).tokens.map(({ isDenied }) => isDenied),
      [true],
    );
  });

  it("wakes who waits for work", async () => {
    const tenant = await addTenant();
    await store.awaitWork(10);
    const woken = store.awaitWork(10_000);
    const startedMs = performance.now();
    await put(tenant, [tokenEvent("a")]);
    await woken;
    assert.ok(performance.now() - startedMs < 30_000);
  });

  it("two relays that claim at once share the tokens and never the same", async () => {
    const tenant = await addTenant();
    await put(
      tenant,
      Array.from({ length: 12 }, (_, n) => tokenEvent(`token ${n}`)),
    );
    const claims = await Promise.all([1, 2, 3].map(() => store.claim(bounds)));
    const ids = claims.flatMap((claim) => unwrap(claim).tokens.map(({ id }) => id));
    assert.equal(ids.length, new Set(ids).size);
    assert.ok(ids.length >= 8);
  });

  it("of an organisation with few is not behind those of one with many", async () => {
    const [many, few] = [await addTenant("Many"), await addTenant("Few")];
    await put(
      many,
      Array.from({ length: 100 }, (_, n) => tokenEvent(`token ${n}`)),
      receivedAtMs - 1_000,
    );
    await put(few, [tokenEvent("one")]);
    const { tokens } = unwrap(await store.claim({ ...bounds, tokensMax: 2 }));
    assert.deepEqual(new Set(tokens.map(({ orgId }) => orgId)), new Set([many.orgId, few.orgId]));
    assert.equal(unwrap(await store.claim(bounds)).tokens.length, bounds.tokensMax, "one alone has the whole claim");
  });
});

describe("events of an install", () => {
  async function attributionOf(tenant: FirstTenant, name: string) {
    const page = unwrap(await eventStore.events(tenant.orgId, { limit: 10, eventNames: [name] }));
    return page.items[0]?.attribution;
  }

  it("later ones carry what Apple said, earlier ones and those of others don't", async () => {
    const tenant = await addTenant();
    const install = { anonymousId: "install-1", userId: null };
    await put(tenant, [newEvent({ ...install, name: "Before" })], receivedAtMs - 2_000);
    await put(tenant, [tokenEvent("a", { name: "With it" })], receivedAtMs - 1_000);
    await put(tenant, [newEvent({ ...install, userId: "user-1", name: "After" })]);
    await put(tenant, [newEvent({ anonymousId: "install-2", name: "Another's" })]);
    assert.equal(await attributionOf(tenant, "After"), undefined, "nothing is known yet");
    await settleAll();
    const [row] = await rows();
    const expected = { id: row?.["attribution_id"], state: "exchanged", development: true, campaign: { orgId: "1" } };
    assert.deepEqual(await attributionOf(tenant, "With it"), expected);
    assert.deepEqual(await attributionOf(tenant, "After"), expected);
    for (const name of ["Before", "Another's"]) assert.equal(await attributionOf(tenant, name), undefined);
  });

  it("carry the latest answer, and none where a token failed", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a")], receivedAtMs - 2_000);
    await settleAll();
    await put(tenant, [tokenEvent("b")], receivedAtMs - 1_000);
    await settleAll({ ...exchanged, state: "organic", campaign: null, development: false });
    await put(tenant, [tokenEvent("c")], receivedAtMs - 1_000);
    await settleAll({ ...exchanged, state: "failed", code: "apple_400", campaign: null, development: false });
    await put(tenant, [newEvent({ anonymousId: "install-1", name: "After" })]);
    assert.equal((await attributionOf(tenant, "After"))?.state, "organic");
  });
});

describe("old attributions", () => {
  it("go with the retention, newer ones stay, and never before 30 days", async () => {
    const tenant = await addTenant();
    await put(tenant, [tokenEvent("a"), tokenEvent("b")]);
    await database.query(
      `update attributions set received_at = now() - interval '401 days' where attribution_id =
        (select attribution_id from attributions limit 1)`,
    );
    unwrap(await database.store.maintain());
    assert.equal((await rows()).length, 1);
    await assert.rejects(database.query("select prune_attributions(now() - interval '1 day', 10)"));
  });

  it("are listed page by page, newest first", async () => {
    const tenant = await addTenant();
    for (let n = 0; n < 5; n += 1) await put(tenant, [tokenEvent(`t${n}`, { anonymousId: `i${n}` })], receivedAtMs + n);
    const seen: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const after: object = cursor === null ? {} : { cursor };
      const page = unwrap(await store.list(tenant.orgId, { limit: 2, ...after }));
      seen.push(...page.items.map(({ anonymousId }) => anonymousId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ["i4", "i3", "i2", "i1", "i0"]);
  });
});
