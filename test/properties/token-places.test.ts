import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { findBytes } from "../../adapters/system/find-bytes.ts";
import { defaultDataLayer } from "../../domain/data-layer/configuration.ts";
import { compileProgram } from "../../domain/data-layer/program.ts";
import {
  capturedFields,
  type EventBatch,
  fieldText,
  identityHash,
  jsonText,
  keepBatch,
} from "../../domain/model/event/event.ts";
import { findTokens, replaceTokens, tokenAt } from "../../domain/model/event/token-places.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { SeededRandom } from "./seeded-random.ts";

const runs = Number(process.env["PROPERTY_RUNS"] ?? 300);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`token places: PROPERTY_SEED=${seed}`);

const tokenKey = "apple_ads_token";
const otherKeys = ["token", "push_token", 'a"b', "oken", "x", "note", "é", "apple_ads_token2"];
const texts = ["", "a", "tok/en+==", 'a "apple_ads_token":"x" b', "é\\n", "\u2028", '":"', "oken"];
const hashes = ["emailSha256", "phoneSha256", "phoneE164Sha256"] as const;

function anyValue(random: SeededRandom, depth: number): unknown {
  const kind = random.below(depth > 3 ? 2 : 4);
  if (kind === 0) return random.pick(texts);
  if (kind === 1) return random.pick([0, true, null, -1.5]);
  const items = Array.from({ length: random.below(3) }, () => random.below(3));
  if (kind === 2) return items.map(() => anyValue(random, depth + 1));
  return anyMembers(random, depth + 1);
}

function anyMembers(random: SeededRandom, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (let left = random.below(4); left > 0; left -= 1) {
    members[random.pick(otherKeys)] = anyValue(random, depth);
    if (!random.chance(30) || Object.hasOwn(members, tokenKey)) continue;
    members[tokenKey] = random.pick(["t", "a/b+c==", "A".repeat(300), "é\u2028", 'q"\\']);
  }
  return members;
}

/** A batch of events in the kernel's own layout, and the tokens in it. */
function anyBatch(random: SeededRandom): { batch: EventBatch; tokens: string[] } {
  const events = Array.from({ length: 1 + random.below(4) }, (_, n) => ({
    type: "track",
    properties: anyMembers(random, 0),
    event: `Event ${n}`,
    traits: { ...anyMembers(random, 0), email: `ana${n}@example.com`, phone: "+4915112345678" },
    anonymousId: `install-${n}`,
    context: { device: { model: `model ${n}` }, ...anyMembers(random, 1) },
    messageId: `message-${n}`,
  }));
  const tokens: string[] = [];
  JSON.stringify(events, (key, value) => {
    if (key === tokenKey) tokens.push(value as string);
    return value;
  });
  const body = new TextEncoder().encode(JSON.stringify({ batch: events }));
  const kernel = random.chance(50) ? openReferenceKernel() : wasm;
  const scan = kernel.scan(body, { dialect: "segment", list: "batch", type: null }, defaultLimits);
  assert.ok(scan.ok);
  const dataLayer = { orgId: "", version: 1, config: defaultDataLayer, updatedAtMs: 0, updatedBy: "" };
  const program = compileProgram(dataLayer, { kind: "server", defaultCallingCode: null }, defaultLimits);
  const facts = events.map(() => ({ drop: 0 as const, geo: null, device: null }));
  return { batch: keepBatch(scan.finish(kernel.prepare(program), facts)), tokens };
}

const wasm = openWasmKernel();

/** An event as it is read: every field, every hash, and the JSON with its tokens replaced by `replaced`. */
function read(batch: EventBatch, index: number, replaced: (token: string) => string) {
  const json = JSON.parse(jsonText(batch, index), (key, value) =>
    key === tokenKey && typeof value === "string" && value !== "" ? replaced(value) : value,
  );
  const fields = capturedFields.map((field) => fieldText(batch, index, field));
  return { json, fields, hashes: hashes.map((name) => identityHash(batch, index, name)) };
}

test("whatever stands around tokens, they alone are replaced, and every offset still leads where it led", () => {
  const random = new SeededRandom(seed);
  let found = 0;
  for (let run = 0; run < runs; run += 1) {
    const { batch, tokens } = anyBatch(random);
    const places = findTokens(batch, findBytes);
    assert.deepEqual(places.map((place) => tokenAt(batch, place)).sort(), [...tokens].sort(), `run ${run}`);
    const after = replaceTokens(
      batch,
      places,
      places.map((_, n) => `sealed-${n}`),
    );
    for (let index = 0; index < batch.count; index += 1) {
      assert.deepEqual(
        read(after, index, () => "sealed"),
        read(batch, index, () => "sealed"),
        `run ${run}`,
      );
    }
    assert.equal(findTokens(after, findBytes).length, places.length);
    found += tokens.length;
  }
  assert.ok(found > runs, `${found} tokens`);
});
