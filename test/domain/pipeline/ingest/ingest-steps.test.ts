import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultDataLayer } from "../../../../domain/data-layer/configuration.ts";
import { type EventBatch, rowColumns, rowStride } from "../../../../domain/model/event/event.ts";
import { dropCodes, rejectCodes, verdicts } from "../../../../domain/model/outcome.ts";
import { createBotRules } from "../../../../domain/pipeline/ingest/bot-rules.ts";
import { createResolveFactsStep } from "../../../../domain/pipeline/ingest/resolve-facts.ts";
import { sortEvents } from "../../../../domain/pipeline/ingest/sort-events.ts";
import type { Scan, SenderClaims } from "../../../../ports/kernel.ts";

const filtering = { ...defaultDataLayer.bot_filtering, custom_patterns: ["internal-monitor/*", "*Health-Check*"] };

test("bots: missing, known and listed User-Agents are dropped, each under its own code", () => {
  const judge = createBotRules(filtering);
  assert.equal(judge("", false), dropCodes.bot_empty_user_agent);
  assert.equal(judge("Googlebot", true), dropCodes.bot_known);
  assert.equal(judge("Internal-Monitor/2.1", false), dropCodes.bot_custom_pattern);
  assert.equal(judge("internal-monitor/2.1", true), dropCodes.bot_custom_pattern);
  assert.equal(judge("acme health-check v3", false), dropCodes.bot_custom_pattern);
  assert.equal(judge("x internal-monitor/2.1", false), 0);
  assert.equal(judge("Mozilla/5.0", false), 0);
});

test("bots: each rule can be switched off, and all of them at once", () => {
  const off = createBotRules({ ...filtering, enabled: false });
  for (const [agent, known] of [
    ["", false],
    ["Googlebot", true],
    ["internal-monitor/1", false],
  ] as const) {
    assert.equal(off(agent, known), 0);
  }
  assert.equal(createBotRules({ ...filtering, block_empty_user_agent: false })("", false), 0);
  assert.equal(createBotRules({ ...filtering, block_known_bots: false })("Googlebot", true), 0);
});

function scanOf(claims: readonly SenderClaims[]): Scan {
  return {
    ok: true,
    count: claims.length,
    writeKey: null,
    sentAt: null,
    claims: (index) => claims[index] as SenderClaims,
    finish: () => ({ count: 0, rows: new Int32Array(0), bytes: new Uint8Array(0) }),
  };
}

function openFacts() {
  const parsed: string[] = [];
  const facts = { type: null, manufacturer: null, model: null, os: null, osVersion: null };
  const resolveFacts = createResolveFactsStep({
    geo: { attribution: "none", locate: (ip) => (ip === "203.0.113.7" ? { country: "DE", region: null } : null) },
    device: {
      parse(userAgent) {
        parsed.push(userAgent);
        const known = { ...facts, browser: null, browserVersion: null };
        return { json: new TextEncoder().encode("{}"), facts: known, knownBot: /bot/i.test(userAgent) };
      },
    },
  });
  return { resolveFacts, parsed };
}

const judge = createBotRules(filtering);
const nobody = { ip: null, userAgent: null };

test("a browser's connection speaks for all its events, whatever they claim", () => {
  const { resolveFacts, parsed } = openFacts();
  const sender = { ip: "203.0.113.7", userAgent: "Mozilla/5.0" };
  const claims = [nobody, { ip: "198.51.100.1", userAgent: "internal-monitor/1" }];
  const facts = resolveFacts(scanOf(claims), sender, judge, false);
  assert.deepEqual(parsed, ["Mozilla/5.0"]);
  assert.equal(facts[0], facts[1]);
  assert.equal(new TextDecoder().decode(facts[0]?.geo as Uint8Array), '{"country":"DE"}');
  const missing = resolveFacts(scanOf([nobody]), nobody, judge, false);
  assert.equal(missing[0]?.drop, dropCodes.bot_empty_user_agent);
});

test("a server's events are judged by their own claims", () => {
  const { resolveFacts, parsed } = openFacts();
  const sender = { ip: "203.0.113.7", userAgent: "analytics-node-next/latest" };
  const claims = [
    nobody,
    { ip: "203.0.113.7", userAgent: "Mozilla/5.0" },
    { ip: null, userAgent: "Mozilla/5.0" },
    { ip: null, userAgent: " " },
    { ip: null, userAgent: "internal-monitor/1" },
  ];
  const facts = resolveFacts(scanOf(claims), sender, judge, true);
  assert.deepEqual(
    facts.map(({ drop }) => drop),
    [0, 0, 0, dropCodes.bot_empty_user_agent, dropCodes.bot_custom_pattern],
  );
  assert.deepEqual(
    facts.map(({ geo }) => geo !== null),
    [false, true, false, false, false],
  );
  const userAgents = ["analytics-node-next/latest", "Mozilla/5.0", "internal-monitor/1"];
  assert.deepEqual(parsed, userAgents, "each User-Agent is parsed once a request");
});

test("a server's library names itself freely; a crawler, or what the organisation lists, is dropped there too", () => {
  const { resolveFacts } = openFacts();
  const dropOf = (userAgent: string | null) =>
    resolveFacts(scanOf([nobody]), { ip: null, userAgent }, judge, true)[0]?.drop;
  assert.equal(dropOf(null), 0);
  assert.equal(dropOf("http-library/1.0"), 0);
  assert.equal(dropOf("Mozilla/5.0 (compatible; Googlebot/2.1)"), dropCodes.bot_known);
  assert.equal(dropOf("Googlebot/2.1"), dropCodes.bot_known);
  assert.equal(dropOf("internal-monitor/1"), dropCodes.bot_custom_pattern);
});

test("events are sorted by verdict: rows of those that passed, drops by reason, rejections by index", () => {
  const rows = new Int32Array(4 * rowStride).fill(-1);
  const set = (index: number, verdict: number, code: number, detail: number, field: number) => {
    rows.set([verdict, code, detail, field], index * rowStride + rowColumns.verdict);
  };
  set(0, verdicts.drop, dropCodes.consent, -1, -1);
  set(1, verdicts.pass, 0, -1, -1);
  set(2, verdicts.reject, rejectCodes.field_type, 40, 4);
  set(3, verdicts.pass, 0, 7, -1);
  const batch: EventBatch = { count: 4, rows, bytes: new Uint8Array(8) };
  const { passed, dropped, rejected } = sortEvents(batch);
  assert.equal(passed.count, 2);
  assert.equal(passed.rows.length, 2 * rowStride);
  assert.equal(passed.rows[rowStride + rowColumns.detail], 7);
  assert.deepEqual(dropped, { consent: 1 });
  assert.deepEqual(rejected, [{ index: 2, code: "field_type", field: "userId", position: 40 }]);
});
