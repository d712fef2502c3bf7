import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { jsonText } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Kernel } from "../../ports/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainProgram } from "../contracts/kernel/kernel-case.ts";
import { changedInnocents } from "./innocents/changed.ts";
import { innocents } from "./innocents/values.ts";

const innocentsMin = 300;
const all = Object.entries(innocents).flatMap(([why, values]) => values.map(([key, value]) => ({ why, key, value })));

/** The dialects' bodies, and where the value comes to stand in each. */
const forms = {
  segment: (key: string, value: unknown) => ({ type: "track", event: "E", userId: "u", properties: { [key]: value } }),
  layers: (key: string, value: unknown) => ({ event: "E", user_id: "u", properties: { [key]: value } }),
} as const;

function changedBy(kernel: Kernel, dialect: keyof typeof forms, values = all): string[] {
  const events = values.map(({ key, value }) => forms[dialect](key, value));
  const body = new TextEncoder().encode(JSON.stringify({ events }));
  const limits = { ...defaultLimits, batchEventsMax: 10_000 };
  const scan = kernel.scan(body, { dialect, list: "events", type: dialect === "layers" ? "track" : null }, limits);
  assert.ok(scan.ok);
  const facts = values.map(() => ({ drop: 0 as const, geo: null, device: null }));
  const batch = scan.finish(kernel.prepare(plainProgram), facts);
  return values.flatMap(({ why, key, value }, i) => {
    const { properties } = JSON.parse(jsonText(batch, i)) as { properties: Record<string, unknown> };
    const stays = JSON.stringify(properties) === JSON.stringify({ [key]: value });
    return stays ? [] : [`${key}: ${JSON.stringify(value)} (${why}) became ${JSON.stringify(properties)}`];
  });
}

test("the corpus of innocents is large enough to mean something", () => {
  assert.ok(all.length >= innocentsMin, `${all.length} innocents`);
});

test("a value that is changed is told", () => {
  const contacts = ["ana@x.example", "+49 151 23456789", "10.1.2.3"].map((value) => ({ why: "none", key: "a", value }));
  assert.equal(changedBy(openWasmKernel(), "segment", contacts).length, contacts.length);
});

for (const [name, kernel] of Object.entries({ kernel: openWasmKernel(), oracle: openReferenceKernel() })) {
  for (const dialect of ["segment", "layers"] as const) {
    test(`innocent values stay as they were: ${name}, ${dialect}`, () => {
      const changed = changedBy(kernel, dialect).filter(
        (line) => !changedInnocents.some(([of]) => line.startsWith(of)),
      );
      assert.deepEqual(changed, []);
    });
  }
}
