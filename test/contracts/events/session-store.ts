import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultDataLayer } from "../../../domain/data-layer/configuration.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import type { RelayRule } from "../../../ports/event-store.ts";
import type { SessionStore } from "../../../ports/session-store.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { unwrap } from "../results.ts";
import { newIntegration, newTenant } from "../tenants.ts";
import type { OpenedEventStore } from "./event-store.ts";
import { newEvent, newRecord, receivedAtMs } from "./records.ts";

/** A session store under test, with the event store that shares its transactions. */
export interface OpenedSessionStore extends OpenedEventStore {
  readonly sessions: SessionStore;
}

/** What a case works with: two organisations that want everything told, and one that wants nothing told. */
interface Scene extends OpenedSessionStore {
  readonly ours: FirstTenant;
  readonly theirs: FirstTenant;
  readonly quiet: FirstTenant;
}

interface Case {
  readonly promise: string;
  readonly run: (scene: Scene) => Promise<void>;
}

const none: RelayRule = () => false;
const minuteMs = 60_000;
const timeoutMs = defaultDataLayer.session.timeout_minutes * minuteMs;
/** Long after every event of these cases. */
const laterMs = receivedAtMs + 10 * timeoutMs;
const startMs = receivedAtMs - 20 * minuteMs;

/** An event of a visitor some minutes after the first. */
function visit(minutes: number, rest: Parameters<typeof newEvent>[0] = {}) {
  return newEvent({ userId: null, anonymousId: "visitor", timestampMs: startMs + minutes * minuteMs, ...rest });
}

async function stored({ store }: Scene, tenant: FirstTenant): Promise<readonly StoredEvent[]> {
  return unwrap(await store.events(tenant.orgId, { limit: 100 })).items;
}

async function named(scene: Scene, tenant: FirstTenant, name: string): Promise<StoredEvent[]> {
  return (await stored(scene, tenant)).filter((event) => event.name === name);
}

async function endAll({ sessions }: Scene, relays = none, atMs = laterMs): Promise<number> {
  return unwrap(await sessions.endDue({ dueBeforeMs: atMs, nowMs: atMs, sessionsMax: 100 }, relays)).ended;
}

const startCases: readonly Case[] = [
  {
    promise:
      "the event that opens a session brings its start, in its name, time and context, which counts for no source",
    async run(scene) {
      const { store, ours } = scene;
      await store.storeRecords([newRecord(ours, [visit(0), visit(3), visit(1)])], none);
      const [started, ...others] = await named(scene, ours, "Session Started");
      assert.ok(started);
      assert.deepEqual(others, []);
      assert.deepEqual([started.type, started.anonymousId, started.timestampMs], ["track", "visitor", startMs]);
      assert.deepEqual([started.properties, started.traits, started.extra], [{}, {}, {}]);
      assert.deepEqual([started.context, started.deviceOs, started.region], [{ os: { name: "iOS" } }, "iOS", "BE"]);
      assert.equal(started.messageId, `${started.sessionId}-started`);
      assert.deepEqual(new Set((await stored(scene, ours)).map((event) => event.sessionId)).size, 1);
      const [ledger] = unwrap(await store.sourceLedgers(ours.orgId));
      assert.deepEqual([ledger?.accepted, ledger?.stored], [3, 3]);
    },
  },
  {
    promise: "dropped events, duplicates and dead letters leave no trace in a session, nor does a record seen again",
    async run(scene) {
      const { store, ours } = scene;
      const event = visit(0);
      const copy = visit(9, { messageId: event.messageId });
      const record = newRecord(ours, [event, copy, visit(9, { json: "{" })], { dropped: { routing_rule: 2 } });
      await store.storeRecords([record], none);
      await store.storeRecords([record, newRecord(ours, [copy])], none);
      assert.equal(await endAll(scene), 1);
      const [ended] = await named(scene, ours, "Session Ended");
      assert.deepEqual(ended?.properties, { duration_seconds: 0, event_count: 1 });
      assert.equal((await stored(scene, ours)).length, 3);
    },
  },
  {
    promise: "what is only said about a visitor belongs to no session, nor does an event of an unknown version",
    async run(scene) {
      const { store, ours } = scene;
      const said = (["group", "alias", "consent"] as const).map((type) => visit(0, { type, name: null }));
      await store.storeRecords([newRecord(ours, said), newRecord(ours, [visit(0)], { dataLayerVersion: 9 })], none);
      const events = await stored(scene, ours);
      assert.deepEqual(
        events.map((event) => event.sessionId),
        [null, null, null, null],
      );
    },
  },
  {
    promise: "visitors of one name in two organisations have sessions of their own",
    async run(scene) {
      const { store, ours, theirs } = scene;
      const messageId = "same";
      const records = [ours, theirs].map((tenant) => newRecord(tenant, [visit(0, { messageId })]));
      await store.storeRecords(records, none);
      const ids = [...(await stored(scene, ours)), ...(await stored(scene, theirs))].map((event) => event.sessionId);
      assert.deepEqual([ids.length, new Set(ids).size], [4, 2]);
    },
  },
];

const endCases: readonly Case[] = [
  {
    promise: "an end is told once, one timeout after the latest activity, with duration and events",
    async run(scene) {
      const { store, ours } = scene;
      await store.storeRecords([newRecord(ours, [visit(0), visit(10.5), visit(4)])], none);
      assert.deepEqual([await endAll(scene), await endAll(scene)], [1, 0]);
      const [ended, ...others] = await named(scene, ours, "Session Ended");
      assert.ok(ended);
      assert.deepEqual(others, []);
      assert.deepEqual(ended.properties, { duration_seconds: 630, event_count: 3 });
      assert.deepEqual([ended.timestampMs, ended.receivedAtMs], [startMs + 10.5 * minuteMs + timeoutMs, laterMs]);
      assert.deepEqual([ended.type, ended.anonymousId, ended.region], ["track", "visitor", "BE"]);
      assert.equal(ended.messageId, `${ended.sessionId}-ended`);
      const [started] = await named(scene, ours, "Session Started");
      assert.equal(started?.sessionId, ended.sessionId);
      assert.equal(unwrap(await store.sourceLedgers(ours.orgId))[0]?.stored, 3);
    },
  },
  {
    promise: "a session is not ended before it is due, and one that was heard of meanwhile is put off",
    async run(scene) {
      const { store, ours } = scene;
      await store.storeRecords([newRecord(ours, [visit(0)])], none);
      assert.equal(await endAll(scene, none, receivedAtMs + timeoutMs - 1), 0);
      const again = newRecord(ours, [visit(19)], { receivedAtMs: receivedAtMs + minuteMs });
      await store.storeRecords([again], none);
      assert.equal(await endAll(scene, none, receivedAtMs + timeoutMs), 0);
      assert.equal(await endAll(scene, none, receivedAtMs + timeoutMs + minuteMs - 1), 0);
      assert.equal(await endAll(scene, none, receivedAtMs + timeoutMs + minuteMs), 1);
    },
  },
  {
    promise:
      "what was told is final: a late event joins the session and changes nothing, one past its end opens another",
    async run(scene) {
      const { store, ours } = scene;
      await store.storeRecords([newRecord(ours, [visit(0)])], none);
      await endAll(scene);
      const late = [visit(15, { name: "Late" }), visit(-5, { name: "Late" }), visit(30, { name: "Next" })];
      await store.storeRecords([newRecord(ours, late, { receivedAtMs: laterMs })], none);
      assert.equal(await endAll(scene, none, laterMs + timeoutMs), 1);
      const ends = await named(scene, ours, "Session Ended");
      const [first, second] = ends.sort((a, b) => a.timestampMs - b.timestampMs);
      assert.deepEqual([first?.properties["event_count"], second?.properties["event_count"]], [1, 1]);
      const sessionIds = (await named(scene, ours, "Late")).map((event) => event.sessionId);
      assert.deepEqual(sessionIds, [first?.sessionId, first?.sessionId]);
      assert.equal((await named(scene, ours, "Next"))[0]?.sessionId, second?.sessionId);
    },
  },
  {
    promise: "an organisation that wants neither start nor end told gets neither, and its events their sessions",
    async run(scene) {
      const { store, quiet } = scene;
      await store.storeRecords([newRecord(quiet, [visit(0), visit(40)])], none);
      assert.equal(await endAll(scene), 2);
      const events = await stored(scene, quiet);
      assert.equal(events.length, 2);
      assert.equal(new Set(events.map((event) => event.sessionId)).size, 2);
    },
  },
  {
    promise: "starts and ends are queued where an integration names them, unless the visitor denies advertising",
    async run(scene) {
      const { store, outbox, ours, addIntegration } = scene;
      await addIntegration(ours, newIntegration(ours));
      const relays: RelayRule = (_, event) => event.name?.startsWith("Session ") ?? false;
      const denying = visit(0, { anonymousId: "denies", advertising: "denied" });
      await store.storeRecords([newRecord(ours, [visit(0), denying])], relays);
      assert.equal(await endAll(scene, relays), 2);
      const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 9_000, nowMs: laterMs };
      const [claim] = unwrap(await outbox.claim(bounds));
      const names = claim?.events.map(({ event }) => [event.name, event.anonymousId]);
      assert.deepEqual(names, [
        ["Session Started", "visitor"],
        ["Session Ended", "visitor"],
      ]);
      const [ledger] = unwrap(await store.integrationLedgers(ours.orgId));
      assert.deepEqual([ledger?.queued, ledger?.waiting], [2, 2]);
    },
  },
];

/** The promises of ports/session-store.ts, run against one adapter. `open` gives a new, empty store each time. */
export function sessionStoreSuite(name: string, open: () => Promise<OpenedSessionStore>): void {
  describe(`session store: ${name}`, () => {
    for (const { promise, run } of [...startCases, ...endCases]) {
      it(promise, async () => {
        const opened = await open();
        const [ours, theirs] = [newTenant("Ours", defaultDataLayer), newTenant("Theirs", defaultDataLayer)];
        const quiet = newTenant("Quiet");
        try {
          for (const tenant of [ours, theirs, quiet]) await opened.addTenant(tenant);
          await run({ ...opened, ours, theirs, quiet });
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
