import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig, defaultDataLayer, presentConfig } from "../../../domain/data-layer/configuration.ts";
import { compileProgram, withoutRules } from "../../../domain/data-layer/program.ts";
import type { DataLayerConfig } from "../../../domain/model/data-layer.ts";
import { customPatternsMax, defaultLimits } from "../../../domain/model/limits.ts";

/** The example of the Data Layer's documentation. */
const documented = {
  pii_rules: {
    enabled: true,
    hash_fields: ["traits.email", "traits.phone"],
    redact_fields: ["traits.ssn", "properties.credit_card"],
    hash_algorithm: "sha256",
  },
  bot_filtering: {
    enabled: true,
    block_known_bots: true,
    block_empty_user_agent: true,
    custom_patterns: ["internal-monitor/*", "health-check/*"],
  },
  session: { timeout_minutes: 30, max_duration_hours: 24, track_session_start: true, track_session_end: true },
  custom_js: { enabled: false, code: "", description: "" },
  routing_rules: [
    { condition: "event == 'Internal Test'", action: "drop" },
    { condition: "context.page.url contains '/staging'", action: "drop" },
    { condition: "properties.environment == 'production'", action: "pass" },
  ],
};

function accepted(input: unknown): DataLayerConfig {
  const checked = checkConfig(input);
  assert.ok(checked.ok, JSON.stringify(checked));
  return checked.config;
}

function faultsOf(input: unknown): string[] {
  const checked = checkConfig(input);
  return checked.ok ? [] : checked.faults.map((fault) => `${fault.path} ${fault.code}`);
}

function programOf(config: DataLayerConfig, kind: "browser" | "server" = "browser") {
  const dataLayer = { orgId: "o", version: 3, config, updatedAtMs: 0, updatedBy: "u" };
  return compileProgram(dataLayer, { kind, defaultCallingCode: "49" }, defaultLimits);
}

test("the documented example reads back field by field", () => {
  assert.deepEqual(presentConfig(accepted(documented)), documented);
});

test("what is left out has its documented default", () => {
  const expected = {
    pii_rules: { enabled: true, hash_fields: [], redact_fields: [], hash_algorithm: "sha256" },
    bot_filtering: { enabled: true, block_known_bots: true, block_empty_user_agent: true, custom_patterns: [] },
    session: documented.session,
    custom_js: documented.custom_js,
    routing_rules: [],
  };
  assert.deepEqual(presentConfig(accepted({})), expected);
  assert.deepEqual(presentConfig(accepted({ pii_rules: {}, session: {} })), expected);
  assert.deepEqual(presentConfig(defaultDataLayer), expected);
});

test("detector settings are shown where they are not the default, and read back", () => {
  const config = accepted({ pii_rules: { detect_phones: "off", detect_ips: "mask" } });
  const shown = presentConfig(config) as { pii_rules: Record<string, unknown> };
  assert.equal(shown.pii_rules["detect_phones"], "off");
  assert.ok(!("detect_ips" in shown.pii_rules));
  assert.deepEqual(accepted(shown), config);
});

test("all faults are told, each with its path", () => {
  const faults = faultsOf({
    pii_rules: { enabled: "yes", hash_fields: ["a", 5, "", "a..b"], hash_algorithm: "md5", redact_fields: {} },
    bot_filtering: { custom_patterns: ["", "x".repeat(257)], block_known_bot: true },
    session: { timeout_minutes: 0, max_duration_hours: 1.5, track_session_start: null },
    custom_js: [],
    routing_rules: [{ condition: "event ==", action: "keep" }, {}, "x"],
    extra: 1,
  });
  assert.deepEqual(faults.sort(), [
    "config.bot_filtering.block_known_bot unknown_key",
    "config.bot_filtering.custom_patterns[0] empty",
    "config.bot_filtering.custom_patterns[1] too_long",
    "config.custom_js wrong_type",
    "config.extra unknown_key",
    "config.pii_rules.enabled wrong_type",
    "config.pii_rules.hash_algorithm not_allowed",
    "config.pii_rules.hash_fields[1] wrong_type",
    "config.pii_rules.hash_fields[2] bad_path",
    "config.pii_rules.hash_fields[3] bad_path",
    "config.pii_rules.redact_fields wrong_type",
    "config.routing_rules[0].action not_allowed",
    "config.routing_rules[0].condition unexpected_end",
    "config.routing_rules[1].action missing",
    "config.routing_rules[1].condition missing",
    "config.routing_rules[2] wrong_type",
    "config.routing_rules[2].action missing",
    "config.routing_rules[2].condition missing",
    "config.session.max_duration_hours wrong_type",
    "config.session.timeout_minutes out_of_range",
    "config.session.track_session_start wrong_type",
  ]);
});

test("a misspelled key is told its neighbour", () => {
  const checked = checkConfig({ pii_rules: { hash_feilds: [] } });
  assert.ok(!checked.ok);
  assert.equal(checked.faults[0]?.hint, "Did you mean hash_fields?");
});

test("a wrong condition is told with position, caret and hint", () => {
  const checked = checkConfig({ routing_rules: [{ condition: "event == 'a' AND b", action: "drop" }] });
  assert.ok(!checked.ok);
  assert.deepEqual(checked.faults, [
    {
      path: "config.routing_rules[0].condition",
      code: "expected_operator",
      message: "Here the condition should go on with an operator, or end.",
      hint: "Write and.",
      position: 13,
      caret: "event == 'a' AND b\n             ^",
    },
  ]);
});

test("a condition that holds an email is refused: rules see hashes, and the email would be kept in clear", () => {
  const rules = (condition: string) => ({ routing_rules: [{ condition, action: "drop" }] });
  assert.deepEqual(faultsOf(rules('userId == "ana@example.org"')), ["config.routing_rules[0].condition holds_email"]);
  assert.deepEqual(faultsOf(rules("userId == '+4915123456789'")), ["config.routing_rules[0].condition holds_phone"]);
  assert.deepEqual(faultsOf(rules('properties.note contains "@example.org"')), []);
});

test("no configuration at all is a fault", () => {
  assert.deepEqual(faultsOf(undefined), ["config missing"]);
  assert.deepEqual(faultsOf(null), ["config wrong_type"]);
  assert.deepEqual(faultsOf([]), ["config wrong_type"]);
});

test("bounds hold", () => {
  const patterns = Array(customPatternsMax + 1).fill("x");
  assert.deepEqual(faultsOf({ bot_filtering: { custom_patterns: patterns } }), [
    "config.bot_filtering.custom_patterns too_many",
  ]);
  const rule = { condition: Array(50).fill("a == 1").join(" or "), action: "drop" };
  assert.deepEqual(faultsOf({ routing_rules: Array(26).fill(rule) }), ["config.routing_rules too_costly"]);
  assert.deepEqual(faultsOf({ session: { timeout_minutes: 61, max_duration_hours: 1 } }), [
    "config.session.timeout_minutes out_of_range",
  ]);
  assert.deepEqual(faultsOf({ custom_js: { code: "\u0000" } }), ["config.custom_js.code unstorable"]);
  assert.deepEqual(faultsOf({ pii_rules: { hash_fields: ["type"], redact_fields: ["MessageId"] } }), [
    "config.pii_rules.hash_fields[0] reserved_path",
    "config.pii_rules.redact_fields[0] reserved_path",
  ]);
});

test("patterns cost what a text that nearly matches makes them cost: an event may not take seconds", () => {
  const matching = (pattern: string, of = "properties.a") =>
    faultsOf({ routing_rules: Array(100).fill({ condition: `${of} matches '${pattern}'`, action: "drop" }) });
  const [half, long] = ["a".repeat(50), "a".repeat(100)];
  for (const fine of [long, `*${long}*`, `${long}*`, `*${long}`, "*/a?c/*.html", `*${half.slice(0, 20)}b`]) {
    assert.deepEqual(matching(fine), [], fine);
  }
  for (const costly of [`*${half}?${half}*`, `*${long}*b`, `a*${half}?`]) {
    assert.deepEqual(matching(costly), ["config.routing_rules too_costly"], costly);
  }
  assert.deepEqual(matching(`*${long}*`, "lower(properties.a)"), []);
  for (const costly of [
    (i: number) => `properties.t matches '*aaaa?aaaab${i}*'`,
    (i: number) => `properties.t contains '${half}${i}'`,
    (i: number) => `lower(lower(lower(properties.t))) == '${i}'`,
    (i: number) => `properties.t < properties.u and event == '${i}'`,
  ]) {
    const rules = Array.from({ length: 300 }, (_, i) => ({ condition: costly(i), action: "drop" }));
    assert.deepEqual(faultsOf({ routing_rules: rules }), ["config.routing_rules too_costly"], costly(0));
    assert.deepEqual(faultsOf({ routing_rules: rules.slice(0, 60) }), [], costly(0));
  }
  assert.deepEqual(matching(`*${long}*`, "lower(lower(properties.a))"), ["config.routing_rules too_costly"]);
});

test("patterns for bots cost a bounded time too: many short ones fit, many long ones with stars inside do not", () => {
  const patternsOf = (pattern: (i: number) => string) =>
    faultsOf({ bot_filtering: { custom_patterns: Array.from({ length: customPatternsMax }, (_, i) => pattern(i)) } });
  for (const fine of [
    (i: number) => `*bot${i}*`,
    (i: number) => (i < 30 ? `*aaaa?aaaab${i}*` : `*b${i}`),
    (i: number) => `${"a".repeat(200)}${i}*`,
  ])
    assert.deepEqual(patternsOf(fine), []);
  const costly = ["config.bot_filtering.custom_patterns too_costly"];
  assert.deepEqual(
    patternsOf((i) => `*${"a".repeat(230)}?b${i}*`),
    costly,
  );
});

test("a program holds paths for traits in both places, arrays and quoted names taken apart", () => {
  const hash = ["traits.email", 'properties["a.b"].c[*].d', "x[].y", "a.*.b"];
  const program = programOf(accepted({ pii_rules: { hash_fields: hash } }));
  assert.deepEqual(program.hashPaths, [
    ["traits", "email"],
    ["context", "traits", "email"],
    ["properties", "a", "b", "c", "d"],
    ["x", "y"],
    ["a", "*", "b"],
  ]);
});

test("a program trusts the claims of servers only", () => {
  assert.equal(programOf(defaultDataLayer).trustClaims, false);
  assert.equal(programOf(defaultDataLayer, "server").trustClaims, true);
});

test("PII rules switched off leave what is built in", () => {
  const program = programOf(accepted({ pii_rules: { enabled: false, hash_fields: ["a"], redact_fields: ["b"] } }));
  assert.deepEqual(program.hashPaths, []);
  assert.deepEqual(program.redactPaths, []);
  assert.deepEqual(program.detector, { phones: "off", ips: "off" });
});

test("a program carries its version and rules, and can leave the rules to others", () => {
  const program = programOf(accepted(documented));
  assert.equal(program.version, 3);
  assert.equal(program.defaultCallingCode, "49");
  assert.deepEqual(
    program.rules.map((rule) => rule.action),
    ["drop", "drop", "pass"],
  );
  assert.deepEqual(withoutRules(program).rules, []);
});
