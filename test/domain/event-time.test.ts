import assert from "node:assert/strict";
import { test } from "node:test";
import { correctedTimeMs, parseTimestamp } from "../../domain/pipeline/steps/event-time.ts";

const noon = Date.UTC(2026, 1, 20, 12, 0, 0);

test("timestamps are read as SDKs write them", () => {
  const cases: [string, number | null][] = [
    ["2026-02-20T12:00:00.000Z", noon],
    ["2026-02-20T12:00:00Z", noon],
    ["2026-02-20T14:00:00+02:00", noon],
    ["2026-02-20T14:00:00+0200", noon],
    ["2026-02-20 12:00:00", noon],
    ["2026-02-20T12:00", noon],
    ["2026-02-20T12:00:00.123456Z", noon + 123],
    ["2026-02-20T12:00:00.123456789Z", noon + 123],
    ["2026-02-20T14:00:00 +02:00", noon],
    ["2026-02-20 14:00:00 +0200", noon],
    ["2026-02-20T14:00:00+02", noon],
    ["2026-02-20 12:00:00.5+00", noon + 500],
    ["2026-02-20 07:00:00-05", noon],
    ["2026-02-20t12:00:00 z", noon],
    ["2026-02-19T24:00:00Z", noon - 12 * 3_600_000],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["2026-02-20", Date.UTC(2026, 1, 20)],
    [String(noon), noon],
    [String(noon / 1000), noon],
    [`${noon / 1000}.5`, noon + 500],
    ["999999999", Date.UTC(2001, 8, 9, 1, 46, 39)],
    ["0", 0],
  ];
  for (const [text, ms] of cases) assert.equal(parseTimestamp(text), ms, text);
});

test("what is not a time is read as none, never as a wrong one", () => {
  for (const text of [
    "",
    "yesterday",
    "2026-13-40T99:00:00Z",
    "20 Feb 2026",
    "2026-02-30T12:00:00Z",
    "2026-02-29",
    "2026-04-31 08:00:00+02",
    "2026-02-00",
    "2026-02-20T12:00:00+99:00",
    "-1",
    "1e9",
    "99999999999999999",
    "2026",
    "20260220",
    "0x10",
  ]) {
    assert.equal(parseTimestamp(text), null, text);
  }
  assert.equal(parseTimestamp(null), null);
});

test("a device whose clock is off gets its events' times corrected", () => {
  const offMs = -3_600_000;
  const originalMs = noon + offMs;
  assert.equal(correctedTimeMs({ receivedAtMs: noon + 5_000, sentAtMs: originalMs + 4_000, originalMs }), noon + 1_000);
});

test("no event happens after it was received", () => {
  const originalMs = noon + 60_000;
  assert.equal(correctedTimeMs({ receivedAtMs: noon, sentAtMs: null, originalMs }), noon);
  assert.equal(correctedTimeMs({ receivedAtMs: noon, sentAtMs: originalMs - 90_000, originalMs }), noon);
});

test("an event without a time happened when it was received", () => {
  assert.equal(correctedTimeMs({ receivedAtMs: noon, sentAtMs: noon, originalMs: null }), noon);
});
