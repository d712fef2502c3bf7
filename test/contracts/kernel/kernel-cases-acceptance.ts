import { head, type KernelCase, rejects } from "./kernel-case.ts";

const deep = 10_000;
const list = { list: "batch" } as const;
const event = `${head}}`;

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...encoder.encode(part)] : [...part])));
}

function refused(name: string, body: string | Uint8Array, at: number): KernelCase {
  return { name, body, expect: { fault: "invalid_json", at } };
}

function illFormed(name: string, sequence: readonly number[]): KernelCase {
  const body = bytes('{"a":"', sequence, '"}');
  return { name: `${name} refuses the body`, body, expect: { fault: "invalid_utf8", at: 6 } };
}

/** What is a body, and where it stops being one. */
export const acceptanceCases: readonly KernelCase[] = [
  refused("an empty body is refused", "", 0),
  refused("a byte order mark is refused", bytes([0xef, 0xbb, 0xbf], event), 0),
  refused("white space alone is refused", " \n", 2),
  refused("a body that ends too soon is refused at its end", '{"a":', 5),
  refused("something behind the root is refused", "{}x", 2),
  refused("a second closing bracket is refused", '{"a":[]]}', 7),
  refused("a trailing comma is refused", '{"a":1,}', 7),
  refused("a leading zero is refused", '{"a":01}', 6),
  refused("a number without digits after its point is refused", '{"a":1.}', 7),
  refused("a number without digits in its exponent is refused", '{"a":1e+}', 8),
  refused("a plus sign is refused", '{"a":+1}', 5),
  refused("NaN is refused", '{"a":NaN}', 5),
  refused("a word that goes wrong is refused where it does", '{"a":trux}', 8),
  refused("single quotes are refused", "{'a':1}", 1),
  refused("a comment is refused", "{/**/}", 1),
  refused("a raw control character in a string is refused", '{"a":"\u0001"}', 6),
  refused("a raw NUL in a string is refused", '{"a":"\u0000"}', 6),
  refused("an unknown escape is refused", String.raw`{"a":"\q"}`, 7),
  refused("a short unicode escape is refused", String.raw`{"a":"\u12g4"}`, 10),
  refused("a vertical tab is no white space", '{\v"a":1}', 1),
  refused("a no-break space is no white space", '{\u00a0"a":1}', 1),
  illFormed("a lone continuation byte", [0x80]),
  illFormed("an overlong form of two bytes", [0xc0, 0xaf]),
  illFormed("an overlong form of three bytes", [0xe0, 0x80, 0xaf]),
  illFormed("an overlong form of four bytes", [0xf0, 0x80, 0x80, 0xaf]),
  illFormed("a surrogate in UTF-8", [0xed, 0xa0, 0x80]),
  illFormed("a code point past the last", [0xf4, 0x90, 0x80, 0x80]),
  illFormed("a byte that never occurs", [0xff]),
  illFormed("a truncated sequence", [0xe2, 0x82]),
  {
    name: "a sequence cut off by the end is refused",
    body: bytes('{"a":"', [0xf0, 0x9f]),
    expect: { fault: "invalid_utf8", at: 6 },
  },
  {
    name: "ill-formed UTF-8 is told before anything else",
    body: bytes("{x", [0xff]),
    expect: { fault: "invalid_utf8", at: 2 },
  },
  {
    name: "a deep body is refused at its depth",
    body: `{"a":${"[".repeat(deep)}`,
    expect: { fault: "too_deep", at: 516 },
  },
  {
    name: "deep objects are refused at their depth",
    body: '{"a":'.repeat(deep),
    expect: { fault: "too_deep", at: 2560 },
  },
  { name: "the depth allowed is accepted", body: `${head},"a":${"[".repeat(31)}${"]".repeat(31)}}`, expect: [{}] },
  { name: "an array is no body", body: " []", expect: { fault: "body_not_an_object", at: 1 } },
  { name: "a string is no body", body: '"a"', expect: { fault: "body_not_an_object", at: 0 } },
  { name: "a body without its list is refused", body: event, shape: list, expect: { fault: "events_missing", at: 0 } },
  {
    name: "a list that is none is refused",
    body: '{"batch":{}}',
    shape: list,
    expect: { fault: "events_missing", at: 9 },
  },
  { name: "an empty list has no events", body: '{"batch":[]}', shape: list, expect: [] },
  {
    name: "of two lists the last counts",
    body: `{"batch":[1,2],"batch":[${event}]}`,
    shape: list,
    expect: [{ json: event }],
  },
  {
    name: "an escaped name of the list counts",
    body: String.raw`{"b\u0061tch":[${event}]}`,
    shape: list,
    expect: [{}],
  },
  { name: "either takes a batch", body: `{"batch":[${event}]}`, shape: { list: "either" }, expect: [{}] },
  { name: "either takes events", body: `{"events":[${event},${event}]}`, shape: { list: "either" }, expect: [{}, {}] },
  { name: "either takes the root itself", body: event, shape: { list: "either" }, expect: [{ json: event }] },
  {
    name: "too many events are refused at the first too many",
    body: '{"batch":[1,2,3]}',
    shape: list,
    limits: { batchEventsMax: 2 },
    expect: { fault: "too_many_events", at: 14 },
  },
  {
    name: "one bad event does not harm the others",
    body: `{"batch":[${event},7,${event}]}`,
    shape: list,
    expect: [{ json: event }, { reject: "not_an_object", at: 10 + event.length + 1, field: null }, { json: event }],
  },
  rejects("an escaped NUL is unstorable", String.raw`"a":"x\u0000"`, "unstorable", 4),
  rejects("an escaped NUL in a key is unstorable", String.raw`"\u0000":1`, "unstorable", 0),
  rejects("a high surrogate alone is unstorable", String.raw`"a":"\ud800"`, "unstorable", 4),
  rejects("a low surrogate alone is unstorable", String.raw`"a":"\udc00x"`, "unstorable", 4),
  rejects("surrogates in the wrong order are unstorable", String.raw`"a":"\udc00\ud800"`, "unstorable", 4),
  rejects("what would be removed can be unstorable too", String.raw`"ip":"\u0000"`, "unstorable", 5),
  rejects("1e309 is unstorable", '"a":1e309', "unstorable", 4),
  rejects("-1.0000000001e308 is unstorable", '"a":-1.0000000001e308', "unstorable", 4),
  rejects("1e131000 is unstorable", '"a":[1e131000]', "unstorable", 5),
  rejects("an exponent of a hundred digits is unstorable", `"a":1e${"9".repeat(100)}`, "unstorable", 4),
  rejects("309 digits before the point are unstorable", `"a":2${"0".repeat(308)}`, "unstorable", 4),
  rejects("an exponent below that of doubles is unstorable", '"a":1e-325', "unstorable", 4),
  rejects("a zero with such an exponent is unstorable", '"a":0e-325', "unstorable", 4),
  rejects("a zero with an exponent past doubles is unstorable", '"a":0e309', "unstorable", 4),
  rejects(
    "more digits behind the point than Postgres holds are unstorable",
    `"a":0.${"0".repeat(16_384)}`,
    "unstorable",
    4,
  ),
  {
    name: "an unstorable event is refused alone",
    body: String.raw`{"batch":[${event},${head},"a":"\ud800"},${event}]}`,
    shape: list,
    expect: [{}, { reject: "unstorable" }, {}],
  },
  {
    name: "what stands outside the events may be unstorable",
    body: String.raw`{"x":"\u0000","batch":[${event}]}`,
    shape: list,
    expect: [{ json: event }],
  },
];
