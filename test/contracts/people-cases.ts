import assert from "node:assert/strict";
import type { Sha256Hex } from "../../domain/model/identity.ts";
import type { EventToStore } from "../../domain/model/stored-event.ts";
import type { EventStore, RelayRule } from "../../ports/event-store.ts";
import type { OutboundEvent, Outbox } from "../../ports/outbox.ts";
import type { FirstTenant, NewIntegration } from "../../ports/tenant-store.ts";
import { newEvent, newRecord } from "./records.ts";
import { unwrap } from "./results.ts";
import { newIntegration } from "./tenants.ts";

export interface PeopleScene {
  readonly store: EventStore;
  readonly outbox: Outbox;
  readonly ours: FirstTenant;
  addIntegration(tenant: FirstTenant, integration: NewIntegration): Promise<void>;
}

const tracks: RelayRule = (_, event) => event.type === "track";
export const emailHash = "ab".repeat(32) as Sha256Hex;

/** Stores batches of events one after another, and claims what is to be sent. Shape: by the name of the event. */
export async function claimed(
  { store, outbox, ours, addIntegration }: PeopleScene,
  ...batches: readonly (readonly EventToStore[])[]
): Promise<Map<string | null, OutboundEvent>> {
  await addIntegration(ours, newIntegration(ours));
  for (const events of batches) unwrap(await store.storeRecords([newRecord(ours, events)], tracks));
  const bounds = { except: [], claimsMax: 1, eventsMax: 99, leaseMs: 9_000, nowMs: Date.now() };
  const [claim] = unwrap(await outbox.claim(bounds));
  return new Map(claim?.events.map((one) => [one.event.name, one]));
}

export function identify(rest: Partial<EventToStore>): EventToStore {
  return newEvent({ type: "identify", name: null, emailSha256: emailHash, userId: null, ...rest });
}

/** What is known of a person serves what is claimed later. */
export const peopleCases = [
  {
    promise: "a visitor's latest word on advertising, by event time, comes with what is claimed later",
    async run({ store, outbox, ours, addIntegration }: PeopleScene) {
      await addIntegration(ours, newIntegration(ours));
      const word = (advertising: "granted" | "denied", timestampMs: number) =>
        newEvent({ type: "consent", advertising, timestampMs, userId: "u", anonymousId: "a" });
      const sold = newEvent({ userId: null, anonymousId: "a" });
      const rule: RelayRule = (_, event) => event.type === "track";
      await store.storeRecords([newRecord(ours, [word("denied", 3_000), word("granted", 2_000)])], rule);
      await store.storeRecords([newRecord(ours, [word("granted", 1_000), sold, newEvent({ userId: "v" })])], rule);
      const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 9_000, nowMs: Date.now() };
      const [claim] = unwrap(await outbox.claim(bounds));
      const words = claim?.events.map(({ event, advertising }) => [event.anonymousId ?? event.userId, advertising]);
      assert.deepEqual(words, [
        ["a", "denied"],
        ["v", "unknown"],
      ]);
    },
  },
  {
    promise: "the hashes of an identify call serve later events of that user, and of no one else on the device",
    async run({ store, outbox, ours, addIntegration }: PeopleScene) {
      await addIntegration(ours, newIntegration(ours));
      const hash = "cd".repeat(32) as Sha256Hex;
      const anonymousId = "device";
      const identify = newEvent({ type: "identify", userId: "u", anonymousId, emailSha256: hash });
      const events = [
        newEvent({ userId: "u", name: "own" }),
        newEvent({ userId: null, anonymousId, name: "device" }),
        newEvent({ userId: "other", anonymousId, name: "other" }),
      ];
      const rule: RelayRule = (_, event) => event.type === "track";
      await store.storeRecords([newRecord(ours, [identify, ...events])], rule);
      const bounds = { except: [], claimsMax: 1, eventsMax: 9, leaseMs: 9_000, nowMs: Date.now() };
      const [claim] = unwrap(await outbox.claim(bounds));
      assert.deepEqual(
        claim?.events.map(({ event }) => [event.name, event.emailSha256]),
        [
          ["own", hash],
          ["device", hash],
          ["other", null],
        ],
      );
    },
  },
];

const placeholders = ["undefined", "null", " NULL ", '"None"', "[object Object]", "0", "anonymous", "(not set)", "{}"];

/** Ids that stand for nobody join nothing: neither hashes nor consent nor a session. */
export const placeholderCases = [
  {
    promise: "ids that stand for nobody bring one person's hashes to no other",
    async run(scene: PeopleScene) {
      const first = placeholders.flatMap((id) => [
        identify({ userId: id }),
        identify({ anonymousId: id }),
        identify({ userId: id, anonymousId: id }),
      ]);
      const then = placeholders.flatMap((id) => [
        newEvent({ name: `user ${id}`, userId: id }),
        newEvent({ name: `visitor ${id}`, userId: null, anonymousId: id }),
        newEvent({ name: `beside ${id}`, userId: id, anonymousId: "visitor-1" }),
      ]);
      const found = await claimed(scene, first, then);
      assert.equal(found.size, 3 * placeholders.length);
      for (const { event } of found.values()) assert.equal(event.emailSha256, null, event.name ?? "");
    },
  },
  {
    promise: "beside an id of nobody's, the visitor's own hashes are told",
    async run(scene: PeopleScene) {
      const known = identify({ userId: "undefined", anonymousId: "visitor-1" });
      const found = await claimed(scene, [known], [newEvent({ userId: "null", anonymousId: "visitor-1" })]);
      assert.equal(found.get("Order Completed")?.event.emailSha256, emailHash);
    },
  },
  {
    promise: "ids that stand for nobody pass on neither a grant nor a refusal",
    async run(scene: PeopleScene) {
      const words = placeholders.map((id, n) =>
        newEvent({ type: "consent", advertising: n % 2 ? "denied" : "granted", userId: id, anonymousId: id }),
      );
      const then = placeholders.map((id) => newEvent({ name: id, userId: id, anonymousId: id }));
      const found = await claimed(scene, words, then);
      for (const id of placeholders) assert.equal(found.get(id)?.advertising, "unknown", id);
    },
  },
  {
    promise: "an id that stands for nobody opens no session, and is stored as it was sent",
    async run(scene: PeopleScene) {
      const events = placeholders.map((id) => newEvent({ name: id, userId: id, anonymousId: id }));
      await scene.store.storeRecords([newRecord(scene.ours, events)], tracks);
      const { items } = unwrap(await scene.store.events(scene.ours.orgId, { limit: 99 }));
      assert.equal(items.length, placeholders.length);
      for (const { sessionId, userId, anonymousId, name } of items) {
        assert.deepEqual([sessionId, userId, anonymousId], [null, name, name]);
      }
    },
  },
  {
    promise: "an email's hash as an id names somebody",
    async run(scene: PeopleScene) {
      const found = await claimed(scene, [identify({ userId: emailHash })], [newEvent({ userId: emailHash })]);
      assert.equal(found.get("Order Completed")?.event.emailSha256, emailHash);
    },
  },
];
