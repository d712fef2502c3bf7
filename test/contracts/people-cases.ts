import assert from "node:assert/strict";
import type { EventToStore } from "../../domain/model/event/stored-event.ts";
import type { Sha256Hex } from "../../domain/model/identity/identity.ts";
import type { EventStore, RelayRule } from "../../ports/event-store.ts";
import type { OutboundEvent, Outbox } from "../../ports/outbox.ts";
import type { FirstTenant, NewIntegration } from "../../ports/tenant-store.ts";
import { newEvent, newRecord, receivedAtMs } from "./events/records.ts";
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

/** An alias call: from now on the earlier id's person goes by the user's. */
function alias(previousId: unknown, userId: string, rest: Partial<EventToStore> = {}): EventToStore {
  const json = JSON.stringify({ type: "alias", userId, previousId });
  return newEvent({ type: "alias", name: null, userId, json, ...rest });
}

function word(advertising: "granted" | "denied", rest: Partial<EventToStore>): EventToStore {
  return newEvent({ type: "consent", name: null, advertising, userId: null, ...rest });
}

const early = receivedAtMs - 9_000;
const late = receivedAtMs - 500;
const manyUsers = Array.from({ length: 30 }, (_, n) => `user ${n}`);
const hashB = "cd".repeat(32) as Sha256Hex;

/** Stored batches, an event that is sent, and what is told of its person: the hash, and the word on advertising. */
const joins: readonly {
  readonly promise: string;
  readonly stored: readonly (readonly EventToStore[])[];
  readonly sent: Partial<EventToStore>;
  readonly told: readonly [Sha256Hex | null, "unknown" | "granted" | "denied"];
}[] = [
  {
    promise: "an alias brings the earlier user's hashes to the later",
    stored: [[identify({ userId: "b" }), alias("b", "v")]],
    sent: { userId: "v" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "an alias brings an earlier visitor's hashes to a user",
    stored: [[identify({ anonymousId: "b" })], [alias("b", "v")]],
    sent: { userId: "v", anonymousId: "new" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "an alias that comes before the identify call counts the same",
    stored: [[alias("b", "v")], [identify({ userId: "b" })]],
    sent: { userId: "v" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "an earlier id may be a number",
    stored: [[identify({ userId: "17" }), alias(17, "v")]],
    sent: { userId: "v" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "an alias is followed over a few steps",
    stored: [[identify({ userId: "a" }), alias("a", "b"), alias("b", "c"), alias("c", "v")]],
    sent: { userId: "v" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "an alias goes one way: the later id's hashes are not the earlier one's",
    stored: [[alias("b", "v"), identify({ userId: "v" })]],
    sent: { userId: "b" },
    told: [null, "unknown"],
  },
  {
    promise: "a circle of aliases ends",
    stored: [[alias("b", "v"), alias("v", "b"), identify({ userId: "b" })]],
    sent: { userId: "v" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "own hashes win over those of an alias",
    stored: [[identify({ userId: "b" }), alias("b", "v"), identify({ userId: "v", emailSha256: hashB })]],
    sent: { userId: "v" },
    told: [hashB, "unknown"],
  },
  {
    promise: "an alias of an id that stands for nobody joins nothing",
    stored: [
      [identify({ userId: "b" }), identify({ userId: "undefined" })],
      [alias("undefined", "v"), alias("b", "null"), alias({ id: "b" }, "v"), alias("v", "v")],
    ],
    sent: { userId: "v" },
    told: [null, "unknown"],
  },
  {
    promise: "an earlier id of two users is nobody's in particular",
    stored: [[identify({ userId: "b" }), alias("b", "v"), alias("b", "w")]],
    sent: { userId: "v" },
    told: [null, "unknown"],
  },
  {
    promise: "a user met under a new visitor's id is told by what was identified under the one before",
    stored: [[identify({ anonymousId: "one" })], [newEvent({ name: "seen", userId: "u", anonymousId: "one" })]],
    sent: { userId: "u", anonymousId: "two" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "a user's hashes serve the visitor that was seen with this user alone",
    stored: [
      [identify({ userId: "u", anonymousId: "one" })],
      [newEvent({ name: "seen", userId: "u", anonymousId: "two" })],
    ],
    sent: { userId: null, anonymousId: "two" },
    told: [emailHash, "unknown"],
  },
  {
    promise: "what was identified on a device that two users share is neither one's",
    stored: [
      [identify({ anonymousId: "tv" })],
      [
        newEvent({ name: "a", userId: "a", anonymousId: "tv" }),
        newEvent({ name: "b", userId: "b", anonymousId: "tv" }),
      ],
    ],
    sent: { userId: "b", anonymousId: "phone" },
    told: [null, "unknown"],
  },
  {
    promise: "a visitor that two users share has neither one's hashes",
    stored: [
      [identify({ userId: "a" }), identify({ userId: "b", emailSha256: hashB })],
      [
        newEvent({ name: "a", userId: "a", anonymousId: "tv" }),
        newEvent({ name: "b", userId: "b", anonymousId: "tv" }),
      ],
    ],
    sent: { userId: null, anonymousId: "tv" },
    told: [null, "unknown"],
  },
  {
    promise: "a refusal follows the alias",
    stored: [[word("denied", { userId: "b" }), alias("b", "v")]],
    sent: { userId: "v" },
    told: [null, "denied"],
  },
  {
    promise: "a refusal under the later id holds for the earlier",
    stored: [[alias("b", "v"), word("denied", { userId: "v" })]],
    sent: { userId: "b" },
    told: [null, "denied"],
  },
  {
    promise: "a refusal of an earlier id ends where the person grants later under the own one",
    stored: [[word("denied", { userId: "b", timestampMs: early }), alias("b", "v"), word("granted", { userId: "v" })]],
    sent: { userId: "v" },
    told: [null, "granted"],
  },
  {
    promise: "a refusal under an earlier id that is later than the grant counts",
    stored: [
      [word("granted", { userId: "v", timestampMs: early }), alias("b", "v")],
      [word("denied", { userId: "b", timestampMs: late })],
    ],
    sent: { userId: "v" },
    told: [null, "denied"],
  },
  {
    promise: "a grant follows no alias",
    stored: [[word("granted", { userId: "b" }), alias("b", "v")]],
    sent: { userId: "v" },
    told: [null, "unknown"],
  },
  {
    promise: "a refusal of a user follows to the visitor seen with this user alone",
    stored: [[word("denied", { userId: "u" }), newEvent({ name: "seen", userId: "u", anonymousId: "two" })]],
    sent: { userId: null, anonymousId: "two" },
    told: [null, "denied"],
  },
  {
    promise: "a refusal under one visitor's id follows the user to the next",
    stored: [[word("denied", { userId: "u", anonymousId: "one" })]],
    sent: { userId: "u", anonymousId: "two" },
    told: [null, "denied"],
  },
  {
    promise: "one user's grant on a shared device is not the other's",
    stored: [[word("granted", { userId: "a", anonymousId: "tv" })]],
    sent: { userId: "b", anonymousId: "tv" },
    told: [null, "unknown"],
  },
  {
    promise: "a visitor's grant is that of the user who came after",
    stored: [[word("granted", { anonymousId: "one" })]],
    sent: { userId: "u", anonymousId: "one" },
    told: [null, "granted"],
  },
  {
    promise: "a grant before an alias stays the visitor's own: both users are one person",
    stored: [
      [word("granted", { anonymousId: "one" }), newEvent({ name: "seen", userId: "b", anonymousId: "one" })],
      [alias("b", "v", { anonymousId: "one" })],
    ],
    sent: { userId: "v", anonymousId: "one" },
    told: [null, "granted"],
  },
  {
    promise: "a visitor of many users is shared, though alias calls say that all of them are one person",
    stored: [
      [word("granted", { anonymousId: "one" })],
      manyUsers.map((userId) => newEvent({ name: "seen", userId, anonymousId: "one" })),
      manyUsers.map((userId) => alias(userId, "v")),
    ],
    sent: { userId: "v", anonymousId: "one" },
    told: [null, "unknown"],
  },
];

export const joinCases = joins.map(({ promise, stored, sent, told }) => ({
  promise,
  async run(scene: PeopleScene) {
    const found = await claimed(scene, ...stored, [newEvent({ name: "Sent", ...sent })]);
    const one = found.get("Sent");
    assert.deepEqual([one?.event.emailSha256, one?.advertising], told);
  },
}));

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
