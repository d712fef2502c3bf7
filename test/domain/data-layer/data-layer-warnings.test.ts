import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "../../../domain/data-layer/configuration.ts";
import { conditionWarnings, configWarnings, ruleWarnings } from "../../../domain/data-layer/warnings.ts";

test("a condition on a field that no event has is warned of, with its place and a hint", () => {
  for (const [condition, position, hint] of [
    ["evnt == 'x'", 0, "Did you mean event?"],
    ["type == 'track' and userid == 'u'", 20, "Did you mean userId?"],
    [
      "property.plan == 'free'",
      0,
      "Fields of the sender's own are under properties, traits or context: properties.plan",
    ],
    ["exists Properties.plan", 7, "Did you mean properties?"],
    ["not (lower(evenT) contains 'a')", 11, "Did you mean event?"],
    ["plan in ['a', 'b']", 0, "Fields of the sender's own are under properties, traits or context: properties.plan"],
  ] as const) {
    const [warning, ...others] = conditionWarnings(condition);
    assert.deepEqual([warning?.code, warning?.position, warning?.hint], ["unknown_field", position, hint], condition);
    assert.equal(warning?.caret, `${condition}\n${" ".repeat(position)}^`);
    assert.deepEqual(others, []);
  }
});

test("each unknown field is warned of once, known ones never", () => {
  assert.equal(conditionWarnings("evnt == 'a' or evnt == 'b' or foo == 'c'").length, 2);
  for (const condition of [
    "event == 'x' and context.page.url contains '/a' and not exists properties.plan",
    "type == 'track' or name != 'y' or userId == '1' or anonymousId == '2' or groupId == '3'",
    "integrations.All == false or traits['plan'] == 'pro' or messageId == 'm' or length(context.locale) > 2",
  ]) {
    assert.deepEqual(conditionWarnings(condition), [], condition);
  }
});

test("a configuration's warnings name the rule", () => {
  const rules = [
    { condition: "event == 'a'", action: "pass" },
    { condition: "evnt == 'a'", action: "drop" },
  ];
  const checked = checkConfig({ routing_rules: rules });
  assert.ok(checked.ok);
  assert.deepEqual(
    configWarnings(checked.config).map(({ path }) => path),
    ["config.routing_rules[1].condition"],
  );
});

test("a path that begins at a field that no event has is warned of, in PII rules and transformations", () => {
  const pii = { hash_fields: ["trait.email", "traits.plan"], redact_fields: ["Properties.note", "*.iban", "iban"] };
  const checked = checkConfig({ pii_rules: pii });
  assert.ok(checked.ok);
  assert.deepEqual(
    configWarnings(checked.config).map(({ path, hint }) => [path, hint]),
    [
      ["config.pii_rules.hash_fields[0]", "Did you mean traits?"],
      [
        "config.pii_rules.redact_fields[2]",
        "Fields of the sender's own are under properties, traits or context: properties.plan",
      ],
    ],
  );
  const warnings = ruleWarnings([
    { type: "delete", path: "identity.email_sha256" },
    { type: "delete", path: "propertis.email" },
    { type: "filter", condition: "evnt == 'x'" },
    { type: "rename", path: "properties.a", to: "contxt.a" },
  ]);
  assert.deepEqual(
    warnings.map(({ path }) => path),
    ["rules[1].path", "rules[2].condition", "rules[3].to"],
  );
});
