import { head, type KernelCase, sha256 } from "./kernel-case.ts";

const list = { list: "batch" } as const;
const event = `${head}}`;
/** JSON of an event with more members. */
const withMembers = (members: string) => `${head},${members}}`;

/** A batch whose own members stand before or behind its one event, and what the event becomes. */
function shares(name: string, shared: string, members: string, expected: string, rest: Partial<KernelCase> = {}) {
  const sent = members === "" ? event : withMembers(members);
  const json = expected === "" ? event : withMembers(expected);
  return [`{${shared},"batch":[${sent}]}`, `{"batch":[${sent}],${shared}}`].map(
    (body, i): KernelCase => ({
      name: i === 0 ? name : `${name}, behind the list too`,
      body,
      shape: list,
      expect: [{ json }],
      ...rest,
    }),
  );
}

const email = sha256("ana@example.com");
const context = '"context":{"a":1}';
const deepList = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

/** What a batch says once holds for each of its events, whose own members win. */
export const batchCases: readonly KernelCase[] = [
  ...shares("an event without a context takes the batch's", context, "", context),
  ...shares(
    "objects are merged, an event's own members win",
    '"context":{"library":{"name":"l","version":"1"},"app":{"name":"A"},"locale":"de"}',
    '"context":{"locale":"en","library":{"version":"2"}}',
    '"context":{"locale":"en","library":{"version":"2","name":"l"},"app":{"name":"A"}}',
  ),
  ...shares(
    "a list, text or number of the event's own is not merged",
    '"context":{"a":{"b":1},"c":[1],"d":{"e":1}}',
    '"context":{"a":"x","c":[2],"d":5}',
    '"context":{"a":"x","c":[2],"d":5}',
  ),
  ...shares(
    "null says nothing: what the batch says stands in its place",
    '"context":{"a":{"b":1},"c":2}',
    '"context":{"a":null,"c":null,"z":null}',
    '"context":{"a":{"b":1},"c":2,"z":null}',
  ),
  ...shares("a context that is none gives way", context, '"context":5,"x":1', '"context":{"a":1},"x":1'),
  ...shares(
    "integrations are the batch's, too",
    '"integrations":{"All":false,"Meta":true}',
    '"integrations":{"All":true}',
    '"integrations":{"All":true,"Meta":true}',
  ),
  ...shares(
    "integrations of null are none",
    '"integrations":{"All":false}',
    '"integrations":null',
    '"integrations":{"All":false}',
  ),
  ...shares(
    "integrations that are no object win",
    '"integrations":{"All":false}',
    '"integrations":false',
    '"integrations":false',
  ),
  ...["false", '"denied"', "0", '"{\\"All\\":false}"'].flatMap((word) => [
    ...shares(`integrations in a word, ${word}`, `"integrations":${word}`, "", `"integrations":${word}`),
    ...shares(
      `integrations of an event's own win over a word, ${word}`,
      `"integrations":${word}`,
      '"integrations":{"Meta":true}',
      '"integrations":{"Meta":true}',
    ),
    ...shares(
      `null gives way to a word, ${word}`,
      `"integrations":${word},"context":{"a":1}`,
      '"integrations":null',
      `"integrations":${word},"context":{"a":1}`,
    ),
  ]),
  ...shares("a word for integrations is protected", '"integrations":"ana@example.com"', "", '"integrations":"[email]"'),
  ...shares(
    "members of a batch that are no objects, or empty, are nobody's",
    '"context":[1],"integrations":{}',
    "",
    "",
  ),
  ...shares(
    "of duplicates in the batch the last counts",
    '"context":{"b":1},"context":{"a":1,"a":2,"c":{"x":1},"c":{"y":1}}',
    '"context":{"c":{"z":1}}',
    '"context":{"c":{"z":1,"y":1},"a":2}',
  ),
  ...shares(
    "of duplicates in the event the last is merged",
    '"context":{"a":1,"b":2}',
    '"context":{"b":1},"context":{"a":5,"a":null}',
    '"context":{"b":1},"context":{"a":5,"a":1,"b":2}',
  ),
  ...shares(
    "names are compared unescaped and written as they were spelled",
    String.raw`"conte\u0078t":{"\u0061":1,"b\u0062":2}`,
    '"context":{"a":5}',
    String.raw`"context":{"a":5,"b\u0062":2}`,
  ),
  ...shares(
    "what white space there is goes",
    '"context" : { "a" : [ 1 , 2 ] }',
    '"context":{ "b":1 }',
    '"context":{"b":1,"a":[1,2]}',
  ),
  ...shares(
    "personal data of the batch is treated as the event's own",
    '"context":{"ip":"203.0.113.7","userAgent":"x","traits":{"email":" Ana@Example.com ","note":"to bob@example.com"}}',
    "",
    `"context":{"traits":{"email":"${email}","note":"to [email]"}}`,
    { expect: [{ json: withMembers(`"context":{"traits":{"email":"${email}","note":"to [email]"}}`), email }] },
  ),
  ...shares(
    "configured paths hold for it",
    '"context":{"traits":{"plan":"x","name":"n"}}',
    "",
    `"context":{"traits":{"plan":"${sha256("x")}"}}`,
    { program: { hashPaths: [["context", "traits", "plan"]], redactPaths: [["context", "traits", "name"]] } },
  ),
  ...shares("a refusal of the batch is each event's", '"context":{"consent":{"analytics":false}}', "", "", {
    expect: [{ drop: "consent" }],
  }),
  ...shares("what the host knows goes before it", '"context":{"geo":{"country":"US"},"os":{"name":"x"}}', "", "", {
    facts: { geo: '{"country":"DE"}' },
    expect: [
      {
        json: withMembers('"context":{"os":{"name":"x"},"geo":{"country":"DE"}}'),
        fields: { "context.geo.country": "DE", "context.os.name": "x" },
      },
    ],
  }),
  {
    name: "each event of a batch takes it, and none what another has",
    body: `{"context":{"a":{"b":1}},"batch":[${event},${withMembers('"context":{"a":{"c":1}}')},7,${event}]}`,
    shape: list,
    expect: [
      { json: withMembers('"context":{"a":{"b":1}}') },
      { json: withMembers('"context":{"a":{"c":1,"b":1}}') },
      { reject: "not_an_object" },
      { json: withMembers('"context":{"a":{"b":1}}') },
    ],
  },
  {
    name: "a list of events under its other name takes it, too",
    body: `{"context":{"a":1},"events":[${event}]}`,
    shape: { list: "either" },
    expect: [{ json: withMembers(context) }],
  },
  {
    name: "Layers' bodies share nothing",
    body: '{"context":{"a":1},"events":[{"event":"E","user_id":"u"}]}',
    shape: { dialect: "layers", list: "events" },
    expect: [{ json: '{"event":"E","userId":"u","type":"track"}' }],
  },
  refuses("the size of an event counts what it takes from the batch", {
    body: `{"context":{"a":"${"x".repeat(50)}"},"batch":[^${event},${withMembers('"context":{"a":1}')}]}`,
    limits: { eventBytesMax: 100 },
    expect: (at) => [{ reject: "event_too_large", at }, { json: withMembers('"context":{"a":1}') }],
  }),
  refuses("members of a batch that are larger than an event may be are refused", {
    body: `{"batch":[${event}],"context":^{"a":"${"x".repeat(100)}"}}`,
    limits: { eventBytesMax: 100 },
    expect: (at) => ({ fault: "batch_members_too_large", at }),
  }),
  refuses("what all events of a batch take together is bounded", {
    body: `{"context":^{"a":"${"x".repeat(20_000)}"},"batch":[${Array(250).fill("{}").join(",")}]}`,
    expect: (at) => ({ fault: "batch_members_too_large", at }),
  }),
  refuses("what can't be stored in a batch's member rejects its events, there", {
    body: String.raw`{"context":{"a":^"\u0000"},"batch":[${event},5]}`,
    expect: (at) => [{ reject: "unstorable", at }, { reject: "not_an_object" }],
  }),
  refuses("what can't be stored in the event itself is told first", {
    body: String.raw`{"context":{"a":"\u0000"},"batch":[{"a":^"\u0000"}]}`,
    expect: (at) => [{ reject: "unstorable", at }],
  }),
  refuses("one event that nests too deeply spoils no other", {
    body: `{"batch":[${event},${withMembers(`"a":${"[".repeat(31)}^${deepList(9)}${"]".repeat(31)}`)},${event}]}`,
    expect: (at) => [{ json: event }, { reject: "too_deep", at, field: null }, { json: event }],
  }),
  refuses("an event's depth is its own: the batch around it does not count", {
    body: `{"batch":[${withMembers(`"a":${deepList(31)}`)}]}`,
    expect: () => [{}],
  }),
  refuses("a batch's member that nests too deeply rejects its events, there", {
    body: `{"batch":[${event}],"context":{"a":${"[".repeat(30)}^[]${"]".repeat(30)}}}`,
    expect: (at) => [{ reject: "too_deep", at }],
  }),
  refuses("an event that is too deep and too large is too deep", {
    body: `{"batch":[${withMembers(`"a":${"[".repeat(31)}^${deepList(300)}${"]".repeat(31)}`)}]}`,
    limits: { eventBytesMax: 100 },
    expect: (at) => [{ reject: "too_deep", at }],
  }),
  refuses("an event that is too deep alone is rejected", {
    body: withMembers(`"a":${"[".repeat(31)}^[]${"]".repeat(31)}`),
    shape: { list: null },
    expect: (at) => [{ reject: "too_deep", at }],
  }),
  refuses("what stands beside the events of a batch may nest as it likes", {
    body: `{"x":${deepList(300)},"batch":[${event}]}`,
    expect: () => [{ json: event }],
  }),
  refuses("past a bound for all bodies the body is refused at its bracket", {
    body: `{"batch":[${event}],"x":${"[".repeat(511)}^[`,
    expect: (at) => ({ fault: "too_deep", at }),
  }),
];

/** A case whose position is where `^` stands in the body. */
function refuses(
  name: string,
  given: Omit<KernelCase, "name" | "body" | "expect"> & {
    readonly body: string;
    readonly expect: (at: number) => KernelCase["expect"];
  },
): KernelCase {
  const body = given.body.replace("^", "");
  return { shape: list, ...given, name, body, expect: given.expect(given.body.indexOf("^")) };
}
