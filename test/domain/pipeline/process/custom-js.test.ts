import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { consentOf, fieldText, identityHash, jsonText } from "../../../../domain/model/event/event.ts";
import { acceptedEvents, decodeRecord, encodeRecord } from "../../../../domain/model/event/record.ts";
import { type Event, eventsOf, recordOf, transformed, versionOf } from "./custom-js-parts.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const track = (n: number, more: Event = {}): Event => ({
  type: "track",
  event: `Event ${n}`,
  messageId: `m-${n}`,
  userId: "u-1",
  properties: { n },
  ...more,
});

test("what a script returns is stored, and its context says where the event is from, and no more", async () => {
  const record = recordOf([track(1)]);
  const contexts: Event[] = [];
  const changed = await transformed(record, (event, context) => {
    contexts.push(context);
    return { ...event, event: "Renamed", userId: "u-2", properties: { added: true } };
  });
  const [event] = eventsOf(changed);
  assert.deepEqual([event.event, event.userId, event.properties], ["Renamed", "u-2", { added: true }]);
  assert.equal(fieldText(changed.batch, 0, "event"), "Renamed");
  assert.equal(fieldText(changed.batch, 0, "userId"), "u-2");
  assert.deepEqual(contexts, [
    {
      orgId: record.orgId,
      projectId: record.projectId,
      sourceId: record.sourceId,
      receivedAt: "2026-02-20T00:00:00.000Z",
    },
  ]);
});

test("every event stays accounted for: dropped by the script, by a rule after it, or passed", async () => {
  const routing_rules = [{ condition: "properties.env == 'staging'", action: "drop" }] as const;
  const dataLayer = versionOf({ routing_rules });
  const record = recordOf(
    Array.from({ length: 10 }, (_, n) => track(n)),
    dataLayer,
  );
  const changed = await transformed(
    record,
    (event) => {
      const { n } = event["properties"] as { n: number };
      if (n < 3) return null;
      return { ...event, properties: { n, env: n < 5 ? "staging" : "live" } };
    },
    dataLayer,
  );
  assert.deepEqual(changed.dropped, { custom_js: 3, routing_rule: 2 });
  assert.equal(acceptedEvents(changed), 10);
  assert.deepEqual(
    eventsOf(changed).map((event) => event.properties.n),
    [5, 6, 7, 8, 9],
  );
  assert.deepEqual(changed.messageIds, ["m-5", "m-6", "m-7", "m-8", "m-9"]);
  assert.deepEqual(eventsOf(decodeRecord(encodeRecord(changed))), eventsOf(changed));
});

test("where a script fails or is paused the event goes on unchanged, and routing rules see it", async () => {
  const routing_rules = [{ condition: "event == 'Event 2'", action: "drop" }] as const;
  const dataLayer = versionOf({ routing_rules });
  const record = recordOf([track(0), track(1), track(2)], dataLayer);
  const outcomes = [
    { outcome: { kind: "failed", fault: "timeout", line: null } },
    { outcome: { kind: "paused" } },
    { outcome: { kind: "failed", fault: "exception", line: 1 } },
  ] as const;
  let next = 0;
  const changed = await transformed(record, () => outcomes[next++] as (typeof outcomes)[number], dataLayer);
  assert.deepEqual(eventsOf(changed), eventsOf(record).slice(0, 2));
  assert.deepEqual(changed.dropped, { routing_rule: 1 });
});

test("personal data that a script puts in never gets through", async () => {
  const pii_rules = { ...versionOf().config.pii_rules, redact_fields: ["properties.ssn"] };
  const dataLayer = versionOf({ pii_rules });
  const record = recordOf([track(1)], dataLayer);
  const changed = await transformed(
    record,
    (event) => ({
      ...event,
      ip: "203.0.113.9",
      userId: "ana@example.com",
      context: { ip: "203.0.113.9", userAgent: "Mozilla/5.0 canary" },
      properties: { email: "Ana@Example.com", note: "write to ana@example.com", ssn: "078-05-1120" },
    }),
    dataLayer,
  );
  const text = JSON.stringify(eventsOf(changed));
  for (const raw of ["ana@", "Ana@", "203.0.113.9", "canary", "078-05"]) assert.equal(text.includes(raw), false, raw);
  assert.equal(eventsOf(changed)[0].properties.email, sha256("ana@example.com"));
});

test("the identity block is the edge's: a script neither sets nor removes it", async () => {
  const record = recordOf([track(1, { properties: { email: "ana@example.com" } }), track(2)]);
  const hash = identityHash(record.batch, 0, "emailSha256");
  assert.equal(hash, sha256("ana@example.com"));
  const changed = await transformed(record, (event) => ({ ...event, properties: { email: "eve@example.com" } }));
  assert.equal(identityHash(changed.batch, 0, "emailSha256"), hash);
  assert.equal(identityHash(changed.batch, 1, "emailSha256"), null);
});

test("a script can't grant what the sender denied, and may deny", async () => {
  const consent = { advertising: false, analytics: true };
  const record = recordOf([track(1, { context: { consent } }), track(2)]);
  const granting = (event: Event) => ({ ...event, context: { consent: { advertising: true, analytics: true } } });
  const granted = await transformed(record, granting);
  assert.equal(consentOf(granted.batch, 0, "advertising"), "denied");
  assert.equal(consentOf(granted.batch, 1, "advertising"), "granted");
  const denied = await transformed(record, (event) => ({ ...event, context: { consent: { advertising: false } } }));
  assert.equal(consentOf(denied.batch, 1, "advertising"), "denied");
});

test("what comes back unfit is refused, and the event goes on unchanged beside its neighbours", async () => {
  const deep = `${"[".repeat(60)}1${"]".repeat(60)}`;
  const unfit = [
    "{}",
    "[]",
    "not json",
    '{"type":"track","event":"\\ud800","userId":"u","messageId":"m-4"}',
    `{"type":"track","event":"E","userId":"u","messageId":"m-5","properties":{"a":${deep}}}`,
    '{"type":"track","event":"E","userId":"u","messageId":"other"}',
    '{"type":"track","event":"E","userId":{"a":1},"messageId":"m-7"}',
  ];
  const record = recordOf(Array.from({ length: unfit.length * 2 }, (_, n) => track(n)));
  let next = 0;
  const changed = await transformed(record, (event) => {
    next += 1;
    return next % 2 ? (unfit[(next - 1) / 2] as string) : { ...event, properties: { seen: true } };
  });
  const before = eventsOf(record);
  for (const [n, event] of eventsOf(changed).entries()) {
    if (n % 2 === 0) assert.deepEqual(event, before[n]);
    else assert.deepEqual(event.properties, { seen: true });
  }
  assert.equal(changed.batch.count, unfit.length * 2);
});

test("an event keeps its type, and events of every type come back", async () => {
  const record = recordOf([
    track(1),
    { type: "identify", userId: "u-1", messageId: "i", traits: { plan: "pro" } },
    { type: "page", name: "Home", anonymousId: "a", messageId: "p" },
    track(2),
  ]);
  const changed = await transformed(record, (event) => ({ ...event, type: "screen" }));
  assert.deepEqual(
    eventsOf(changed).map(({ type, messageId }) => [type, messageId]),
    [
      ["track", "m-1"],
      ["identify", "i"],
      ["page", "p"],
      ["track", "m-2"],
    ],
  );
});

test("what the host knows of the place stays", async () => {
  const record = recordOf([track(1)]);
  const changed = await transformed(record, (event) => event);
  assert.deepEqual(eventsOf(changed), eventsOf(record));
  assert.equal(fieldText(changed.batch, 0, "context.geo.country"), "DE");
});

test("hashed and grown events pass again, however short their raw values were", async () => {
  const emails = Array.from({ length: 1_500 }, () => ({ email: "a@b.cd" }));
  const record = recordOf([track(1, { properties: { emails } })]);
  const changed = await transformed(record, () => ({ outcome: { kind: "paused" } }));
  assert.deepEqual(eventsOf(changed), eventsOf(record));
});

test("integers that no double holds go through a script with the digits that were sent", async () => {
  const id = 1729384756102938475n;
  const record = recordOf([track(1, { groupId: id, properties: { product_id: id, ids: [9007199254740993n] } })]);
  const changed = await transformed(record, (event) => ({ ...event, moved: event["groupId"] }));
  const texts = ['"groupId":1729384756102938475', '"product_id":1729384756102938475', '"ids":[9007199254740993]'];
  for (const text of [...texts, '"moved":1729384756102938475'])
    assert.ok(jsonText(changed.batch, 0).includes(text), text);
});
