import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { Sha256Hex } from "../../../domain/model/identity/identity.ts";
import type { EventStore, RelayRule, StoredRecord } from "../../../ports/event-store.ts";
import type { Outbox } from "../../../ports/outbox.ts";
import type { FirstTenant, NewIntegration } from "../../../ports/tenant-store.ts";
import { joinCases, peopleCases, placeholderCases } from "../people-cases.ts";
import { codeOf, unwrap } from "../results.ts";
import { newIntegration, newTenant } from "../tenants.ts";
import { damageCases } from "./event-store-damage.ts";
import { pageCases } from "./event-store-pages.ts";
import { newEvent, newRecord, receivedAtMs } from "./records.ts";

/** An event store under test, and the outbox that shares its transactions. */
export interface OpenedEventStore {
  readonly store: EventStore;
  readonly outbox: Outbox;
  addTenant(tenant: FirstTenant): Promise<void>;
  addIntegration(tenant: FirstTenant, integration: NewIntegration): Promise<void>;
  remove(): Promise<void>;
}

/** What a case works with: two organisations. */
export interface Scene extends OpenedEventStore {
  readonly ours: FirstTenant;
  readonly theirs: FirstTenant;
}

export interface Case {
  readonly promise: string;
  readonly run: (scene: Scene) => Promise<void>;
}

const all: RelayRule = () => true;
const none: RelayRule = () => false;
const dayMs = 86_400_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const known: StoredRecord = { kind: "known" };

function stored(count: number, duplicate = 0, dead = 0): StoredRecord {
  return { kind: "stored", stored: count, duplicate, dead };
}

const onceCases: readonly Case[] = [
  {
    promise: "an event is read back as it was stored, members taken out of its JSON",
    async run({ store, ours }) {
      const hash = "ab".repeat(32) as Sha256Hex;
      const event = newEvent({ emailSha256: hash, originalTimestampMs: receivedAtMs - 99_001 });
      const record = newRecord(ours, [event], { sentAtMs: receivedAtMs - 7 });
      assert.deepEqual(unwrap(await store.storeRecords([record], none)), [stored(1)]);
      const { items, nextCursor } = unwrap(await store.events(ours.orgId, { limit: 10 }));
      const { json, advertising, analytics, ...columns } = event;
      assert.equal(nextCursor, null);
      assert.match(items[0]?.sessionId ?? "", uuid);
      assert.deepEqual(items, [
        {
          ...columns,
          orgId: ours.orgId,
          projectId: ours.projectId,
          sourceId: ours.sourceId,
          appId: ours.appId,
          sentAtMs: receivedAtMs - 7,
          receivedAtMs,
          sessionId: items[0]?.sessionId,
          dataLayerVersion: 1,
          properties: { revenue: 12.5, 'say "hi"': "a\\b 😀" },
          traits: {},
          context: { os: { name: "iOS" } },
          extra: { integrations: { All: true } },
        },
      ]);
    },
  },
  {
    promise: "properties that are no object stay readable among what else was sent",
    async run({ store, ours }) {
      const json = '{"type":"track","event":"x","properties":[1],"traits":"t","context":null,"name":"own"}';
      await store.storeRecords([newRecord(ours, [newEvent({ json })])], none);
      const [event] = unwrap(await store.events(ours.orgId, { limit: 1 })).items;
      assert.deepEqual([event?.properties, event?.traits, event?.context], [{}, {}, {}]);
      assert.deepEqual(event?.extra, { properties: [1], traits: "t", name: "own" });
    },
  },
  {
    promise: "integers that no double holds are read back with their digits",
    async run({ store, ours }) {
      const json = '{"type":"track","event":"x","groupId":1729384756102938475,"properties":{"id":-9007199254740993}}';
      await store.storeRecords([newRecord(ours, [newEvent({ json })])], none);
      const [event] = unwrap(await store.events(ours.orgId, { limit: 1 })).items;
      assert.deepEqual(event?.properties, { id: -9007199254740993n });
      assert.deepEqual(event?.extra, { groupId: 1729384756102938475n });
    },
  },
  {
    promise: "a record seen again changes nothing",
    async run({ store, ours }) {
      const record = newRecord(ours, [newEvent()], { dropped: { bot_known: 3 } });
      assert.deepEqual(unwrap(await store.storeRecords([record, record], none)), [stored(1), known]);
      assert.deepEqual(unwrap(await store.storeRecords([record], none)), [known]);
      const [ledger] = unwrap(await store.sourceLedgers(ours.orgId));
      assert.deepEqual([ledger?.accepted, ledger?.stored, ledger?.dropped], [4, 1, { bot_known: 3 }]);
    },
  },
  {
    promise: "a messageId is stored once per source, within a record, across records of a call, and later",
    async run({ store, ours, theirs }) {
      const messageId = "one";
      const first = newEvent({ messageId, name: "First" });
      const records = [
        newRecord(ours, [first, newEvent({ messageId }), newEvent()]),
        newRecord(ours, [newEvent({ messageId })]),
        newRecord(theirs, [newEvent({ messageId })]),
      ];
      assert.deepEqual(unwrap(await store.storeRecords(records, none)), [stored(2, 1), stored(0, 1), stored(1)]);
      const later = newRecord(ours, [newEvent({ messageId })]);
      assert.deepEqual(unwrap(await store.storeRecords([later], none)), [stored(0, 1)]);
      const { items } = unwrap(await store.events(ours.orgId, { limit: 10, eventNames: ["First"] }));
      assert.deepEqual(
        items.map((event) => event.id),
        [first.id],
      );
    },
  },
  {
    promise: "the same events sent five times at once, in records of their own, are stored once each",
    async run({ store, ours, theirs }) {
      const ids = Array.from({ length: 200 }, (_, n) => `m${n}`);
      const sendings = Array.from({ length: 5 }, (_, turn) => {
        const order = turn % 2 === 0 ? ids : [...ids].reverse();
        return [ours, theirs].map((tenant) =>
          newRecord(
            tenant,
            order.map((messageId) => newEvent({ messageId })),
          ),
        );
      });
      const results = await Promise.all(sendings.map((records) => store.storeRecords(records, none)));
      assert.deepEqual(results.map(codeOf), ["ok", "ok", "ok", "ok", "ok"]);
      for (const { orgId } of [ours, theirs]) {
        const [ledger] = unwrap(await store.sourceLedgers(orgId));
        assert.deepEqual([ledger?.accepted, ledger?.stored, ledger?.duplicate], [1_000, 200, 800]);
        assert.equal(unwrap(await store.events(orgId, { limit: 500 })).items.length, 200);
      }
    },
  },
  {
    promise: "one record stored five times at once is stored once and known four times",
    async run({ store, ours }) {
      const record = newRecord(
        ours,
        Array.from({ length: 50 }, () => newEvent()),
      );
      const results = await Promise.all([1, 2, 3, 4, 5].map(() => store.storeRecords([record], none)));
      const kinds = results.flatMap(unwrap).map((result) => result.kind);
      assert.deepEqual(kinds.sort(), ["known", "known", "known", "known", "stored"]);
      assert.equal(unwrap(await store.sourceLedgers(ours.orgId))[0]?.stored, 50);
    },
  },
];

const refusalCases: readonly Case[] = [
  {
    promise: "an event the store refuses becomes a dead letter with its code; the others are stored",
    async run({ store, outbox, ours, theirs }) {
      const bad = newEvent({ json: '{"secret@example.com"' });
      const records = [
        newRecord(theirs, [newEvent()]),
        newRecord(ours, [newEvent(), newEvent(), bad, newEvent()]),
        newRecord(ours, [newEvent()]),
      ];
      assert.deepEqual(unwrap(await store.storeRecords(records, none)), [stored(1), stored(3, 0, 1), stored(1)]);
      const { items } = unwrap(await outbox.deadLetters(ours.orgId, { limit: 10 }));
      assert.deepEqual(
        items.map(({ stage, code, eventId, messageId }) => [stage, code, eventId, messageId]),
        [["store", "store_refused_22P02", bad.id, bad.messageId]],
      );
      assert.equal(JSON.stringify(items).includes("example.com"), false);
      assert.deepEqual(unwrap(await outbox.deadLetters(theirs.orgId, { limit: 10 })).items, []);
    },
  },
  {
    promise: "values of the wrong kind are found out before they reach the database",
    async run({ store, outbox, ours }) {
      const odd = [
        newEvent({ timestampMs: Number.NaN }),
        newEvent({ timestampMs: 9e15 }),
        newEvent({ emailSha256: "someone@example.com" as Sha256Hex }),
        newEvent({ name: "a\0b" }),
        newEvent({ userId: "x".repeat(3_000) }),
        newEvent({ messageId: "\0".repeat(10) }),
      ];
      const record = newRecord(ours, [...odd, newEvent()]);
      assert.deepEqual(unwrap(await store.storeRecords([record], none)), [stored(1, 0, odd.length)]);
      const { items } = unwrap(await outbox.deadLetters(ours.orgId, { limit: 10 }));
      assert.deepEqual(items.map((letter) => letter.code).sort(), [
        "store_id_too_long",
        "store_invalid_hash",
        "store_invalid_text",
        "store_invalid_text",
        "store_invalid_timestamp",
        "store_invalid_timestamp",
      ]);
    },
  },
  {
    promise: "a dead letter does not spend its messageId: the event sent again, sound, is stored",
    async run({ store, ours }) {
      const bad = newEvent({ json: "{" });
      await store.storeRecords([newRecord(ours, [bad])], none);
      const again = newRecord(ours, [newEvent({ messageId: bad.messageId })]);
      assert.deepEqual(unwrap(await store.storeRecords([again], none)), [stored(1)]);
    },
  },
  {
    promise: "a record of a source the store does not know is dead, and no one else's suffers",
    async run({ store, outbox, ours }) {
      const foreign = newRecord(ours, [newEvent(), newEvent()], { sourceId: randomUUID() });
      const results = unwrap(await store.storeRecords([foreign, newRecord(ours, [newEvent()])], none));
      assert.deepEqual(results, [stored(0, 0, 2), stored(1)]);
      assert.equal(unwrap(await outbox.deadLetters(ours.orgId, { limit: 10 })).items.length, 2);
    },
  },
];

const readCases: readonly Case[] = [
  {
    promise: "events come newest first, page by page, each once, and another organisation's never",
    async run({ store, ours, theirs }) {
      const times = [0, 0, 0, 1, 2, 2, 3].map((n) => receivedAtMs - n);
      const records = times.map((at) => newRecord(ours, [newEvent()], { receivedAtMs: at }));
      await store.storeRecords([...records, newRecord(theirs, [newEvent()])], none);
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const page = unwrap(await store.events(ours.orgId, { limit: 2, ...(cursor ? { cursor } : {}) }));
        assert.ok(page.items.length <= 2);
        seen.push(...page.items.map((event) => `${event.receivedAtMs} ${event.id}`));
        cursor = page.nextCursor;
      } while (cursor);
      assert.equal(new Set(seen).size, times.length);
      assert.deepEqual(seen, [...seen].sort().reverse());
    },
  },
  {
    promise: "filters narrow by project, app, names, user and time of receipt",
    async run({ store, ours }) {
      const old = newRecord(ours, [newEvent({ name: "Old" })], { receivedAtMs: receivedAtMs - 1_000 });
      const recent = newRecord(ours, [newEvent({ name: "New" }), newEvent({ name: "Other", userId: "user-2" })]);
      await store.storeRecords([old, recent], none);
      const names = async (filter: object) =>
        unwrap(await store.events(ours.orgId, { limit: 9, ...filter }))
          .items.map((event) => event.name)
          .sort();
      assert.deepEqual(await names({ eventNames: ["Old", "New", "a\0"] }), ["New", "Old"]);
      assert.deepEqual(await names({ userId: "user-2" }), ["Other"]);
      assert.deepEqual(await names({ sinceMs: receivedAtMs }), ["New", "Other"]);
      assert.deepEqual(await names({ untilMs: receivedAtMs }), ["Old"]);
      assert.deepEqual(await names({ appId: "another" }), []);
      assert.deepEqual(await names({ projectId: randomUUID() }), []);
      assert.deepEqual(await names({ projectId: ours.projectId, appId: ours.appId }), ["New", "Old", "Other"]);
    },
  },
  {
    promise: "a cursor that is none of ours is refused",
    async run({ store, ours }) {
      for (const cursor of ["", "x", Buffer.from("1 2").toString("base64url")]) {
        assert.equal(codeOf(await store.events(ours.orgId, { limit: 1, cursor })), "invalid_cursor");
      }
    },
  },
  {
    promise: "a record received on a day without a partition is stored all the same",
    async run({ store, ours }) {
      const record = newRecord(ours, [newEvent()], { receivedAtMs: receivedAtMs - 100 * dayMs });
      assert.deepEqual(unwrap(await store.storeRecords([record], none)), [stored(1)]);
      assert.equal(unwrap(await store.events(ours.orgId, { limit: 9 })).items.length, 1);
    },
  },
  {
    promise: "a record of a time that is no time, as a wrong clock makes it, is dead, counted, and buried once",
    async run({ store, outbox, ours }) {
      for (const [count, atMs] of [0, Date.now() + 60 * dayMs].entries()) {
        const record = newRecord(ours, [newEvent()], { receivedAtMs: atMs });
        assert.deepEqual(unwrap(await store.storeRecords([record], none)), [stored(0, 0, 1)]);
        assert.deepEqual(unwrap(await store.storeRecords([record], none)), [{ kind: "known" }]);
        const [ledger] = unwrap(await store.sourceLedgers(ours.orgId));
        assert.deepEqual([ledger?.accepted, ledger?.dead], [count + 1, count + 1]);
        assert.equal(unwrap(await outbox.deadLetters(ours.orgId, { limit: 10 })).items.length, count + 1);
      }
    },
  },
];

const queueCases: readonly Case[] = [
  {
    promise: "stored events are queued for the enabled integrations of their project that relay them",
    async run({ store, ours, theirs, addIntegration }) {
      const [on, off] = [newIntegration(ours), newIntegration(ours, { enabled: false })];
      await addIntegration(ours, on);
      await addIntegration(ours, off);
      await addIntegration(theirs, newIntegration(theirs));
      const events = [newEvent({ name: "Yes" }), newEvent({ name: "No" }), newEvent({ name: "Yes" })];
      const rule: RelayRule = (_, event) => event.name === "Yes";
      await store.storeRecords([newRecord(ours, events), newRecord(ours, events)], rule);
      const ledgers = unwrap(await store.integrationLedgers(ours.orgId));
      const queued = new Map(ledgers.map((ledger) => [ledger.integrationId, [ledger.queued, ledger.waiting]]));
      assert.deepEqual(queued.get(on.id), [2, 2]);
      assert.deepEqual(queued.get(off.id), [0, 0]);
      assert.equal(unwrap(await store.integrationLedgers(theirs.orgId))[0]?.queued, 0);
    },
  },
  {
    promise: "what an integration's settings keep from the vendor is counted as not applicable, and not queued",
    async run({ store, ours, addIntegration }) {
      await addIntegration(ours, newIntegration(ours));
      const rule: RelayRule = (_, event) => (event.name === "Told" ? true : event.name === "Kept" && "not_applicable");
      const events = ["Told", "Kept", "Kept", "Other"].map((name) => newEvent({ name }));
      await store.storeRecords([newRecord(ours, events)], rule);
      await store.storeRecords([newRecord(ours, [newEvent({ name: "Kept" })])], rule);
      const [ledger] = unwrap(await store.integrationLedgers(ours.orgId));
      assert.deepEqual([ledger?.queued, ledger?.waiting, ledger?.notApplicable], [1, 1, 3]);
    },
  },
  {
    promise: "an event that denies advertising is stored and never queued",
    async run({ store, ours, addIntegration }) {
      await addIntegration(ours, newIntegration(ours));
      const events = (["denied", "granted", "unknown"] as const).map((advertising) => newEvent({ advertising }));
      assert.deepEqual(unwrap(await store.storeRecords([newRecord(ours, events)], all)), [stored(3)]);
      assert.equal(unwrap(await store.integrationLedgers(ours.orgId))[0]?.queued, 2);
    },
  },
];

/** accepted = stored + duplicate + dropped + dead; queued = delivered + dead + expired + canceled + waiting. */
async function ledgersBalance(store: EventStore, orgId: string): Promise<void> {
  for (const ledger of unwrap(await store.sourceLedgers(orgId))) {
    const dropped = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(ledger.accepted, ledger.stored + ledger.duplicate + ledger.dead + dropped);
  }
  for (const ledger of unwrap(await store.integrationLedgers(orgId))) {
    assert.equal(ledger.queued, ledger.delivered + ledger.dead + ledger.expired + ledger.waiting);
  }
}

/** The promises of ports/event-store.ts, run against one adapter. `open` gives a new, empty store each time. */
export function eventStoreSuite(name: string, open: () => Promise<OpenedEventStore>): void {
  describe(`event store: ${name}`, () => {
    const storing = [...onceCases, ...damageCases, ...refusalCases];
    for (const { promise, run } of [
      ...storing,
      ...readCases,
      ...pageCases,
      ...queueCases,
      ...peopleCases,
      ...joinCases,
      ...placeholderCases,
    ]) {
      it(promise, async () => {
        const opened = await open();
        const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
        try {
          await opened.addTenant(ours);
          await opened.addTenant(theirs);
          await run({ ...opened, ours, theirs });
          for (const { orgId } of [ours, theirs]) await ledgersBalance(opened.store, orgId);
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
