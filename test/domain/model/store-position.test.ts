import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryStream } from "../../../adapters/memory/stream.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { succeed } from "../../../domain/model/failure.ts";
import { readPosition, type StorePosition, setbackOf, writePosition } from "../../../domain/model/store-position.ts";
import { createWatchStorePosition } from "../../../domain/pipeline/process/watch-store-position.ts";

const before: StorePosition = {
  system: "7714085540817727488",
  timeline: 1,
  flushed: 2n ** 60n + 1n,
  checkpoint: 500n,
  startedMs: 1_000,
};

test("a position survives being written, and is compared to the byte", () => {
  assert.deepEqual(readPosition(writePosition(before)), before);
  assert.equal(readPosition("something else"), null);
  assert.equal(setbackOf(before, before), null);
  assert.equal(setbackOf(before, { ...before, flushed: before.flushed + 9n }), null);
  assert.equal(setbackOf(before, { ...before, flushed: before.flushed - 1n }), "fell_behind");
  assert.equal(setbackOf(before, { ...before, system: "7714085540817727489" }), "other_store");
  assert.equal(setbackOf(before, { ...before, timeline: 2 }), "recovered");
});

test("a recovery that ended too early is found though the log has grown past the place since", () => {
  const later = { ...before, flushed: before.flushed + 10_000n, startedMs: 2_000 };
  assert.equal(setbackOf(before, { ...later, checkpoint: before.flushed - 8n }), "fell_behind");
  assert.equal(setbackOf(before, { ...later, checkpoint: before.flushed }), null);
  assert.equal(setbackOf(before, { ...later, startedMs: before.startedMs, checkpoint: 1n }), null);
});

test("a store that forgot what it confirmed is told once, with the times of what may be missing", async () => {
  const clock = openSystemClock();
  const stream = openMemoryStream({ clock });
  const lines: { what: string; fields: unknown }[] = [];
  const telemetry = {
    log: (_: unknown, what: string, fields: unknown) => void lines.push({ what, fields }),
    count() {},
  };
  let now = before;
  const newestMs = Date.UTC(2026, 0, 1);
  const store = { position: async () => succeed(now), newestRecordMs: async () => succeed(newestMs) };
  const open = () => createWatchStorePosition({ stream, store, clock, telemetry });
  await stream.acknowledge([], (await open().read()) as string);
  const confirmedMs = (await stream.confirmedPosition())?.atMs ?? 0;
  assert.ok(confirmedMs > 0);
  now = { ...before, flushed: before.flushed - 1n };
  const watch = open();
  await watch.read();
  await watch.read();
  const losses = await stream.losses();
  assert.deepEqual(
    losses.map(({ cause, fromMs, toMs }) => [cause, fromMs, toMs]),
    [["store_behind", newestMs, confirmedMs]],
  );
  assert.match(lines[0]?.what ?? "", /forgot what it had confirmed/);
  assert.equal(lines.length, 1);
});
