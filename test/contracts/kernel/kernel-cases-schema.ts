import { head, type KernelCase, rejects } from "./kernel-case.ts";

const long = "x".repeat(513);

function refuses(
  name: string,
  body: string,
  expected: Extract<KernelCase["expect"], readonly unknown[]>[number],
): KernelCase {
  return { name, body, expect: [expected] };
}

/** What an event must have, and in which order it is missed. */
export const schemaCases: readonly KernelCase[] = [
  refuses("an event without a type is refused", '{"userId":"u"}', { reject: "type_missing", at: 0, field: "type" }),
  refuses("a type of null is missing", '{"type":null,"userId":"u"}', { reject: "type_missing", at: 8, field: "type" }),
  refuses("an unknown type is refused", '{"type":"buy","userId":"u"}', {
    reject: "type_unknown",
    at: 8,
    field: "type",
  }),
  refuses("types are told apart by case", '{"type":"Track","userId":"u"}', { reject: "type_unknown", at: 8 }),
  refuses("a consent event needs its own path", '{"type":"consent","userId":"u"}', { reject: "type_unknown", at: 8 }),
  refuses("a type that is no string is refused", '{"type":7,"userId":"u"}', {
    reject: "field_type",
    at: 8,
    field: "type",
  }),
  refuses("of two types the last counts", '{"type":"track","type":"page","userId":"u"}', { fields: { type: "page" } }),
  refuses("an escaped type counts", String.raw`{"t\u0079pe":"p\u0061ge","userId":"u"}`, { fields: { type: "page" } }),
  refuses("a track needs an event", '{"type":"track","userId":"u"}', {
    reject: "event_missing",
    at: 0,
    field: "event",
  }),
  refuses("an empty event is none", '{"type":"track","event":"","userId":"u"}', { reject: "event_missing", at: 24 }),
  refuses("a number is no event", '{"type":"track","event":1,"userId":"u"}', { reject: "event_missing", at: 24 }),
  refuses("other types need no event", '{"type":"identify","userId":"u"}', { fields: { event: null } }),
  refuses("somebody must be known", '{"type":"page"}', { reject: "identity_missing", at: 0, field: "userId" }),
  refuses("an empty id is none", '{"type":"page","userId":"","anonymousId":null}', {
    reject: "identity_missing",
    at: 0,
  }),
  refuses("an anonymous id is enough", '{"type":"page","anonymousId":"a"}', {
    fields: { anonymousId: "a", userId: null },
  }),
  refuses("a number can be an id", '{"type":"page","userId":12345678901234567890}', {
    fields: { userId: "12345678901234567890" },
  }),
  refuses("a consent event needs somebody too", "{}", { reject: "type_missing" }),
  {
    name: "a shape's type is put in and needs its fields",
    body: "{}",
    shape: { type: "consent" },
    expect: [{ reject: "identity_missing" }],
  },
  rejects("an id that is an object is refused", '"messageId":{}', "field_type", 12),
  rejects("a timestamp that is true is refused", '"timestamp":true', "field_type", 12),
  rejects("a name that is an array is refused", '"name":["a"]', "field_type", 7),
  rejects("a long id is refused", `"messageId":"${long}"`, "field_too_long", 12),
  rejects("length is bytes of UTF-8", `"name":"${"\u00e9".repeat(257)}"`, "field_too_long", 7),
  {
    name: "the longest id is accepted, escapes counting as what they mean",
    body: `${head},"messageId":"${"\\u0041".repeat(512)}"}`,
    expect: [{ fields: { messageId: "A".repeat(512) } }],
  },
  {
    name: "the first captured field in the model's order is the one refused",
    body: '{"type":"track","sentAt":[],"messageId":[],"event":"","userId":"u"}',
    expect: [{ reject: "field_type", field: "messageId", at: 40 }],
  },
  {
    name: "captured fields of the context are never refused",
    body: `${head},"context":{"os":{"name":true},"device":{"model":["x"]}}}`,
    expect: [{ fields: { "context.os.name": null, "context.device.model": null } }],
  },
  {
    name: "a long captured field of the context is not captured",
    body: `${head},"context":{"os":{"name":"${long}"},"device":{"model":"m"}}}`,
    expect: [{ fields: { "context.os.name": null, "context.device.model": "m" } }],
  },
  {
    name: "an event past its limit is refused, white space included",
    body: `{"batch":[${head}},${head}${" ".repeat(80)}}]}`,
    shape: { list: "batch" },
    limits: { eventBytesMax: 100 },
    expect: [{}, { reject: "event_too_large", at: 10 + head.length + 2, field: null }],
  },
  {
    name: "too large is told before unstorable, unstorable before the type",
    body: String.raw`{"batch":[{"a":"\u0000"},{"a":"\u0000","b":"${"x".repeat(100)}"}]}`,
    shape: { list: "batch" },
    limits: { eventBytesMax: 100 },
    expect: [{ reject: "unstorable" }, { reject: "event_too_large" }],
  },
];
