import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CapturedField,
  capturedFields,
  column,
  type EventBatch,
  fieldText,
  identityHash,
  jsonText,
  rowColumns,
  rowStride,
} from "../../../domain/model/event/event.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import { type DropCode, dropCodes, rejectCodes, verdicts } from "../../../domain/model/outcome.ts";
import type { EventFacts, Kernel } from "../../../ports/kernel.ts";
import { type ExpectedEvent, type KernelCase, plainProgram, plainShape } from "./kernel-case.ts";
import { acceptanceCases } from "./kernel-cases-acceptance.ts";
import { batchCases } from "./kernel-cases-batch.ts";
import { consentCases } from "./kernel-cases-consent.ts";
import { copyCases } from "./kernel-cases-copy.ts";
import { detectorCases } from "./kernel-cases-detector.ts";
import { keyCases } from "./kernel-cases-keys.ts";
import { layersCases } from "./kernel-cases-layers.ts";
import { learnedCases } from "./kernel-cases-learned.ts";
import {
  bracketCases,
  encodedEmailCases,
  hashCases,
  namedCases,
  otherNamedCases,
  userAgentCases,
} from "./kernel-cases-named.ts";
import { pathCases } from "./kernel-cases-paths.ts";
import { phoneCases } from "./kernel-cases-phones.ts";
import { schemaCases } from "./kernel-cases-schema.ts";
import { stageCases } from "./kernel-cases-stages.ts";
import { kernelExpressionSuite } from "./kernel-expressions.ts";

/** Every case of the contract; a second kernel is compared with the first on their bodies byte for byte. */
export const kernelCases: readonly KernelCase[] = [
  ...acceptanceCases,
  ...schemaCases,
  ...copyCases,
  ...keyCases,
  ...phoneCases,
  ...pathCases,
  ...learnedCases,
  ...detectorCases,
  ...userAgentCases,
  ...namedCases,
  ...bracketCases,
  ...encodedEmailCases,
  ...otherNamedCases,
  ...hashCases,
  ...stageCases,
  ...layersCases,
  ...batchCases,
  ...consentCases,
];

/** Runs the contract against a kernel. */
export function kernelSuite(openKernel: () => Kernel): void {
  const kernel = openKernel();
  describe("kernel contract", () => {
    for (const given of kernelCases) it(given.name, () => checkCase(kernel, given));
  });
  kernelExpressionSuite(openKernel);
}

/** Runs one case's body through both calls; null if the body is refused. */
export function runCase(kernel: Kernel, given: KernelCase): EventBatch | null {
  const limits = { ...defaultLimits, ...given.limits };
  const scan = kernel.scan(bytesOf(given.body), { ...plainShape, ...given.shape }, limits);
  if (!scan.ok) return null;
  const prepared = kernel.prepare({ ...plainProgram, ...given.program });
  return scan.finish(prepared, Array<EventFacts>(scan.count).fill(factsOf(given)), given.facts?.userAgent);
}

function checkCase(kernel: Kernel, given: KernelCase): void {
  const { expect } = given;
  if ("fault" in expect) {
    const scan = kernel.scan(
      bytesOf(given.body),
      { ...plainShape, ...given.shape },
      { ...defaultLimits, ...given.limits },
    );
    assert.ok(!scan.ok, "the body must be refused");
    assert.equal(scan.fault.code, expect.fault);
    if (expect.at !== undefined) assert.equal(scan.fault.position, expect.at);
    return;
  }
  const batch = runCase(kernel, given);
  assert.ok(batch !== null, "the body must be accepted");
  assert.equal(batch.count, expect.length);
  expect.forEach((expected, i) => {
    checkEvent(batch, i, expected);
  });
}

function checkEvent(batch: EventBatch, i: number, expected: ExpectedEvent): void {
  if ("reject" in expected) {
    assert.equal(column(batch, i, "verdict"), verdicts.reject);
    assert.equal(column(batch, i, "code"), rejectCodes[expected.reject]);
    if (expected.at !== undefined) assert.equal(column(batch, i, "detail"), expected.at);
    if (expected.field === null) assert.equal(column(batch, i, "field"), -1);
    else if (expected.field) assert.equal(column(batch, i, "field"), capturedFields.indexOf(expected.field));
    checkNothingKept(batch, i);
  } else if ("drop" in expected) {
    assert.equal(column(batch, i, "verdict"), verdicts.drop);
    assert.equal(column(batch, i, "code"), dropCodes[expected.drop]);
    assert.equal(column(batch, i, "detail"), expected.rule ?? -1);
    checkNothingKept(batch, i);
  } else checkPassed(batch, i, expected);
}

function checkPassed(
  batch: EventBatch,
  i: number,
  expected: Exclude<ExpectedEvent, { drop: string } | { reject: string }>,
): void {
  assert.equal(column(batch, i, "verdict"), verdicts.pass);
  assert.equal(column(batch, i, "code"), 0);
  if (expected.json !== undefined) assert.equal(jsonText(batch, i), expected.json);
  if (expected.email !== undefined) assert.equal(identityHash(batch, i, "emailSha256"), expected.email);
  if (expected.phone !== undefined) assert.equal(identityHash(batch, i, "phoneSha256"), expected.phone);
  if (expected.phoneE164 !== undefined) assert.equal(identityHash(batch, i, "phoneE164Sha256"), expected.phoneE164);
  if (expected.flags !== undefined) assert.equal(column(batch, i, "flags"), expected.flags);
  for (const [field, value] of Object.entries(expected.fields ?? {})) {
    assert.equal(fieldText(batch, i, field as CapturedField), value, field);
  }
  checkCaptured(batch, i);
}

/** An event that does not pass leaves no byte behind. */
function checkNothingKept(batch: EventBatch, i: number): void {
  const row = batch.rows.subarray(i * rowStride, (i + 1) * rowStride);
  assert.equal(row[rowColumns.flags], 0);
  for (let at = 0; at < rowStride; at++) if (at > 3 && at !== rowColumns.flags) assert.equal(row[at], -1);
}

/** Captured spans lie inside the JSON and hold what `JSON.parse` finds at their paths. */
function checkCaptured(batch: EventBatch, i: number): void {
  const event = JSON.parse(jsonText(batch, i)) as unknown;
  for (const field of capturedFields) {
    const at = i * rowStride + rowColumns.fields + 2 * capturedFields.indexOf(field);
    const start = batch.rows[at] as number;
    const end = batch.rows[at + 1] as number;
    if (start < 0) continue;
    assert.ok(start >= column(batch, i, "jsonStart") && end <= column(batch, i, "jsonEnd"), field);
    const found = field.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], event);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(batch.bytes.subarray(start, end))), found, field);
  }
}

function factsOf(given: KernelCase): EventFacts {
  const encode = (text: string | undefined) => (text === undefined ? null : new TextEncoder().encode(text));
  const { drop, geo, device } = given.facts ?? {};
  return { drop: (drop ?? 0) as DropCode | 0, geo: encode(geo), device: encode(device) };
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}
