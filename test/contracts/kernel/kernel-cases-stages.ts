import { flagBits } from "../../../domain/model/event/event.ts";
import { dropCodes } from "../../../domain/model/outcome.ts";
import type { Expression, Program } from "../../../domain/model/program.ts";
import { type ExpectedEvent, head, type KernelCase, passes, sha256 } from "./kernel-case.ts";

const analytics = (bits: number) => bits << flagBits.analyticsShift;

const is = (path: string, value: string | number | boolean | null): Expression => ({
  op: "==",
  left: { op: "path", segments: path.split(".") },
  right: { op: "literal", value },
});

const lowerOf = (name: string): Expression => ({ op: "lower", of: { op: "path", segments: [name] } });

function routes(
  name: string,
  members: string,
  rules: Program["rules"],
  expected: ExpectedEvent,
  facts = {},
): KernelCase {
  return { name, body: `${head},${members}}`, program: { rules }, facts, expect: [expected] };
}

/** Consent, bots, geo, device and routing, in their order. */
export const stageCases: readonly KernelCase[] = [
  {
    name: "a consent event passes though it denies",
    body: '{"userId":"u","context":{"consent":{"analytics":false}}}',
    shape: { type: "consent" },
    expect: [{ flags: analytics(2) }],
  },
  { name: "a bot is dropped", body: `${head}}`, facts: { drop: dropCodes.bot_known }, expect: [{ drop: "bot_known" }] },
  {
    name: "consent is told before a bot, the schema before both",
    body: `{"batch":[${head},"context":{"consent":{"analytics":false}}},{"type":"track"}]}`,
    shape: { list: "batch" },
    facts: { drop: dropCodes.bot_known },
    expect: [{ drop: "consent" }, { reject: "event_missing" }],
  },
  passes("a client's geo goes", '"context":{"geo":{"country":"DE"},"a":1}', '"context":{"a":1}', {
    fields: { "context.geo.country": null },
  }),
  passes(
    "a client's geo goes from every context",
    '"context":{"geo":1,"geo":2},"context":{"geo":3}',
    '"context":{},"context":{}',
  ),
  passes("a trusted client's geo stays", '"context":{"geo":{"country":"DE"}}', '"context":{"geo":{"country":"DE"}}', {
    program: { trustClaims: true },
    fields: { "context.geo.country": "DE" },
  }),
  passes(
    "the host's geo replaces it whole",
    '"context":{"geo":{"city":"x"},"a":1}',
    '"context":{"a":1,"geo":{"country":"FR","region":"75"}}',
    {
      program: { trustClaims: true },
      facts: { geo: '{"country":"FR","region":"75"}' },
      fields: { "context.geo.country": "FR", "context.geo.region": "75" },
    },
  ),
  passes("the host's words make a context", '"a":1', '"a":1,"context":{"geo":{"country":"FR"},"device":{"os":"iOS"}}', {
    facts: { geo: '{"country":"FR"}', device: '{"os":"iOS"}' },
    fields: { "context.geo.country": "FR", "context.device.os": "iOS" },
  }),
  passes("the host's words replace a context of null", '"context":null', '"context":{"geo":{"country":"FR"}}', {
    facts: { geo: '{"country":"FR"}' },
  }),
  passes(
    "what an event names of its device wins over the host's word, member by member",
    '"context":{"device":{"model":"iPhone15,3","id":"y"},"b":1}',
    '"context":{"device":{"model":"iPhone15,3","id":"y","os":"iOS"},"b":1}',
    {
      facts: { device: '{"model":"iPhone","os":"iOS"}' },
      fields: { "context.device.model": "iPhone15,3", "context.device.os": "iOS" },
    },
  ),
  passes(
    "the last of what it names counts, a number too",
    '"context":{"device":{"model":null,"a":1,"model":7}}',
    '"context":{"device":{"model":null,"a":1,"model":7}}',
    { facts: { device: '{"model":"M"}' }, fields: { "context.device.model": "7" } },
  ),
  ...["null", '""', "true", "{}", '["x"]'].map((nothing) =>
    passes(
      `${nothing} names nothing of a device: the host's word takes its place`,
      `"context":{"device":{"model":"x","id":"y","model":${nothing}}}`,
      '"context":{"device":{"id":"y","model":"M","os":"iOS"}}',
      { facts: { device: '{"model":"M","os":"iOS"}' }, fields: { "context.device.model": "M" } },
    ),
  ),
  passes(
    "the type of a device is the host's word, whatever the event says",
    '"context":{"device":{"type":"ios","model":"x"}}',
    '"context":{"device":{"model":"x","type":"mobile"}}',
    { facts: { device: '{"type":"mobile","model":"M"}' } },
  ),
  passes(
    "what is redacted of a device is not named by the event any more",
    '"context":{"device":{"model":"x","id":"y"}}',
    '"context":{"device":{"id":"y","model":"M"}}',
    { facts: { device: '{"model":"M"}' }, program: { redactPaths: [["context", "device", "model"]] } },
  ),
  passes(
    "an event that names all that the host knows is left as it is",
    '"context":{"device":{"model":"x","os":"y"}}',
    '"context":{"device":{"model":"x","os":"y"}}',
    { facts: { device: '{"model":"M","os":"iOS"}' } },
  ),
  passes("a device that is no object becomes one", '"context":{"device":"x"}', '"context":{"device":{"os":"iOS"}}', {
    facts: { device: '{"os":"iOS"}' },
  }),
  passes("without the host's word it is empty", '"context":{"device":[1]}', '"context":{"device":{}}'),
  passes(
    "the host's words go into the last context",
    '"context":{"a":1},"context":{"b":2}',
    '"context":{"a":1},"context":{"b":2,"geo":{"country":"FR"}}',
    {
      facts: { geo: '{"country":"FR"}' },
    },
  ),
  passes(
    "what the host replaces leaves no trace",
    '"context":{"device":{"type":"a@b.co"}}',
    '"context":{"device":{"type":"mobile"}}',
    {
      facts: { device: '{"type":"mobile"}' },
      flags: 0,
    },
  ),
  routes("a matching rule drops", '"p":"x"', [{ condition: is("p", "x"), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
  routes(
    "the first match decides",
    '"p":"x"',
    [
      { condition: is("p", "y"), action: "drop" },
      { condition: is("p", "x"), action: "pass" },
      { condition: is("p", "x"), action: "drop" },
    ],
    {},
  ),
  routes(
    "the number of the rule is told",
    '"p":"x"',
    [
      { condition: is("p", "y"), action: "pass" },
      { condition: is("p", "x"), action: "drop" },
    ],
    { drop: "routing_rule", rule: 1 },
  ),
  routes("without a match the event passes", '"p":"x"', [{ condition: is("p", "y"), action: "drop" }], {}),
  routes("rules see the last of duplicates", '"p":"y","p":"x"', [{ condition: is("p", "x"), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
  routes(
    "rules see no subtree of a replaced parent",
    '"p":{"q":"x"},"p":5',
    [{ condition: is("p.q", null), action: "drop" }],
    { drop: "routing_rule", rule: 0 },
  ),
  routes("rules see hashes", '"email":"a@b.co"', [{ condition: is("email", sha256("a@b.co")), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
  routes("rules see masks", '"p":"a@b.co"', [{ condition: is("p", "[email]"), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
  routes(
    "rules see the host's geo",
    '"p":1',
    [{ condition: is("context.geo.country", "FR"), action: "drop" }],
    { drop: "routing_rule", rule: 0 },
    { geo: '{"country":"FR"}' },
  ),
  routes(
    "rules see the host's device",
    '"p":1',
    [{ condition: is("context.device.os", "iOS"), action: "drop" }],
    { drop: "routing_rule", rule: 0 },
    { device: '{"os":"iOS"}' },
  ),
  routes(
    "rules see the host's word in a context that was sent",
    '"context":{"locale":"fr"}',
    [
      { condition: is("context.geo.country", "DE"), action: "drop" },
      { condition: is("context.device.os", "iOS"), action: "drop" },
    ],
    { drop: "routing_rule", rule: 1 },
    { geo: '{"country":"FR"}', device: '{"os":"iOS"}' },
  ),
  routes(
    "rules see what an event names of its device, and what else the host knows",
    '"context":{"device":{"model":"A1","os":"Bada","type":"x"}}',
    [
      { condition: is("context.device.os", "iOS"), action: "drop" },
      { condition: is("context.device.type", "x"), action: "drop" },
      { condition: is("context.device.model", "A1"), action: "drop" },
    ],
    { drop: "routing_rule", rule: 2 },
    { device: '{"os":"iOS","type":"mobile"}' },
  ),
  routes(
    "a text that one rule put in lower case is not taken for another's",
    '"userId":"UUUU","name":"JOE","event":"EV"',
    [
      { condition: { op: "==", left: lowerOf("name"), right: lowerOf("event") }, action: "pass" },
      { condition: { op: "==", left: lowerOf("userId"), right: { op: "literal", value: "zz" } }, action: "pass" },
      { condition: { op: "==", left: lowerOf("name"), right: { op: "literal", value: "joe" } }, action: "drop" },
    ],
    { drop: "routing_rule", rule: 2 },
  ),
  routes(
    "rules compare numbers exactly",
    '"p":9007199254740993',
    [{ condition: is("p", 9007199254740992), action: "drop" }],
    {},
  ),
  routes("rules compare numbers by value", '"p":10.0e-1', [{ condition: is("p", 1), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
  routes("rules decode escapes", String.raw`"\u0070":"\u0078"`, [{ condition: is("p", "x"), action: "drop" }], {
    drop: "routing_rule",
    rule: 0,
  }),
];
