import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { openMeta } from "../../adapters/meta/meta.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import type { Sha256Hex } from "../../domain/model/identity/identity.ts";
import { checkCalculation } from "../../domain/transformation/calculation.ts";
import { compileTransformation } from "../../domain/transformation/compile.ts";
import { checkRules } from "../../domain/transformation/rules.ts";
import { emailSha256, metaIntegration, phoneSha256, storedEvent } from "../domain/pipeline/relay/parts.ts";

const runs = Number(process.env["PROPERTY_RUNS"] ?? 400);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`transformation properties: PROPERTY_SEED=${seed}`);
const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const meta = openMeta({ baseUrl: "http://127.0.0.1:9", clock: openSystemClock() });
const integration = await metaIntegration();

const keys = ["email", "user_email", "phone", "a", "b", "A", "a.b", "list", "city", "__proto__", "constructor"];
const leaf = fc.oneof(
  fc.constantFrom(emailSha256, phoneSha256, "", "text", 0, -1.5, 1e300, true, null),
  fc.string({ maxLength: 5 }),
);
const { value: json } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaf, tie("object"), fc.array(tie("value"), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 4 }),
}));
const members = fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 5 });

const events: fc.Arbitrary<StoredEvent> = fc
  .record({ properties: members, traits: members, context: members, extra: members, hasEmail: fc.boolean() })
  .map(({ hasEmail, ...sent }) => ({ hasEmail, rest: JSON.parse(JSON.stringify(sent)) as Partial<StoredEvent> }))
  .map(({ hasEmail, rest }) => storedEvent(1, { ...rest, emailSha256: hasEmail ? emailSha256 : null, phoneSha256 }));

const segment = fc.constantFrom("email", "phone", "a", "b", "list", "city", "*", "constructor");
const path = fc
  .tuple(fc.constantFrom("properties", "traits", "context", "userId"), fc.array(segment, { maxLength: 3 }))
  .map(([root, rest]) => [root, ...rest].join("."));
const rule = fc.oneof(
  fc.record({ type: fc.constant("delete"), path }),
  fc.record({ type: fc.constant("hash"), path, as: fc.constantFrom("plain", "phone", "phone_e164", "date_of_birth") }),
  fc.record({ type: fc.constant("set"), path, value: fc.constantFrom(1, "x", null, true) }),
  fc.record({
    type: fc.constant("map"),
    path,
    values: fc.constant({ text: 1, "0": "zero" }),
    otherwise: fc.constant(2),
  }),
  fc.record({ type: fc.constant("rename"), path, to: path }),
  fc.record({
    type: fc.constant("compute"),
    path,
    expression: fc.constantFrom("traits.a + 1", "concat(traits.a, 'x')"),
  }),
  fc.record({ type: fc.constant("filter"), condition: fc.constantFrom("exists(traits.a)", "properties.a != 1") }),
);

/** Rules that were accepted, made runnable. */
function compiled(rules: readonly unknown[]) {
  const sound = rules.filter((one) => checkRules([one]).ok);
  const checked = checkRules(sound);
  assert.ok(checked.ok);
  return compileTransformation(checked.rules, { sha256Hex });
}

test("accepted rules work on any event: they never fail, and never change what is stored", () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), events, (rules, event) => {
      const before = JSON.stringify(event);
      const left = compiled(rules)(event);
      assert.equal(JSON.stringify(event), before);
      if (left === null) return;
      assert.deepEqual(
        [left.id, left.messageId, left.type, left.timestampMs],
        [event.id, event.messageId, event.type, event.timestampMs],
      );
      if (rules.length === 0) assert.equal(JSON.stringify(left), before);
    }),
    { numRuns: runs, seed },
  );
});

test("no identity comes from nowhere, and a vendor is told no hash that the rules took away", () => {
  const drop = ["properties", "traits", "context"].map((root) => ({ type: "delete", path: `${root}.*` }));
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), events, (rules, event) => {
      const some = compiled(rules)(event);
      for (const field of ["emailSha256", "phoneSha256", "phoneE164Sha256"] as const) {
        if (some !== null) assert.ok(some[field] === null || some[field] === event[field]);
      }
      const inside = { ...event, extra: {} };
      const none = compiled([...rules, ...drop, { type: "delete", path: "userId" }])(inside);
      if (none === null) return;
      assert.deepEqual([none.emailSha256, none.phoneSha256, none.phoneE164Sha256], [null, null, null]);
      const frozen = meta.freeze(integration, none);
      if (!frozen.ok) return;
      const prepared = meta.prepare(integration, none, frozen.value, event.receivedAtMs);
      const told = JSON.stringify(prepared);
      for (const hash of [emailSha256, phoneSha256] as Sha256Hex[]) assert.ok(!told.includes(hash));
    }),
    { numRuns: runs, seed },
  );
});

test("any text is an expression or a fault with a place in it", () => {
  const piece = fc.constantFrom(
    "1",
    "a.b",
    "+",
    "-",
    "*",
    "/",
    "(",
    ")",
    ",",
    "concat",
    "'x'",
    '"',
    "[0]",
    " ",
    "\\",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      const checked = checkCalculation(text);
      if (!checked.ok) assert.ok(checked.fault.position >= 0 && checked.fault.position <= text.length);
      else assert.doesNotThrow(() => checked.run(() => 1));
    }),
    { numRuns: runs * 5, seed },
  );
});
