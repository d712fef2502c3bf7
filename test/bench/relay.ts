import assert from "node:assert/strict";
import { cpus } from "node:os";
import process from "node:process";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import { openTestDatabase } from "../adapters/postgres/server.ts";
import { type Quartiles, quartiles } from "./quartiles.ts";
import { runBareLoop } from "./relay-bare.ts";
import { benchToken, openScene, startVendorProcess, timedRelay } from "./relay-scene.ts";
import { openTimers, type Timers } from "./relay-timers.ts";

/** How much to measure; a test takes a tiny one. */
export interface RelayBenchSize {
  /** Each way, each round. */
  readonly events: number;
  readonly rounds: number;
}

export const fullRelaySize: RelayBenchSize = { events: 10_000, rounds: 9 };
export const relayRatioMin = 0.6;
export const relayAimPerSecond = 20_000;

interface WayReport {
  /** Units: events a second of wall time, waiting for Postgres and the vendor included. */
  readonly per_second: Quartiles;
  /** Units: events a second of this process's own time on a core. */
  readonly per_core_second: Quartiles;
  /**
   * The relay maps the next batch while the vendor has one, so that its parts may add up to more than the whole; `rest`
   * is what none of them explains. Units: microseconds of wall time an event, medians of rounds.
   */
  readonly parts_us: Readonly<Record<string, number>>;
}

export interface RelayReport {
  readonly part: "relay";
  readonly cpu: string;
  readonly runtime: string;
  readonly fsync: string;
  readonly events: number;
  readonly rounds: number;
  readonly batch_events: number;
  readonly relay: WayReport;
  readonly bare: WayReport;
  /** The relay's rate as a share of the bare loop's, of the same round. */
  readonly ratio: Quartiles;
  readonly ratio_min: number;
  readonly aim_per_second: number;
}

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly parts: Readonly<Record<string, number>>;
}

async function sampleOf(work: () => Promise<number>, events: number, timers: Timers): Promise<Sample> {
  timers.take();
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const done = await work();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(startCpu);
  assert.equal(done, events, "every event was sent");
  return { wallMs, cpuMs: (user + system) / 1_000, parts: timers.take() };
}

/**
 * Measures the way from the outbox to the vendor beside the bare loop, in turns, so that a busy moment of the machine
 * falls on both; the first round only warms up.
 */
export async function benchRelay(size: RelayBenchSize): Promise<RelayReport> {
  const database = await openTestDatabase();
  const vendor = await startVendorProcess();
  try {
    const [{ fsync } = { fsync: "" }] = await database.query<{ fsync: string }>("show fsync");
    const scene = await openScene(database);
    const timers = openTimers();
    const relay = timedRelay(database, vendor.url, timers);
    const bareParts = { login: database.pipeline, vendorUrl: vendor.url, token: benchToken, timers };
    const works = {
      relay: { integration: scene.relayed, run: () => relayAll(() => relay.runOnce(Date.now())) },
      bare: { integration: scene.bare, run: () => runBareLoop(bareParts, scene.bare) },
    };
    const samples: Record<keyof typeof works, Sample[]> = { relay: [], bare: [] };
    const payloads: Partial<Record<keyof typeof works, string[]>> = {};
    for (let round = 0; round <= size.rounds; round += 1) {
      const order = round % 2 === 0 ? (["relay", "bare"] as const) : (["bare", "relay"] as const);
      for (const way of order) {
        const { integration, run } = works[way];
        await scene.queue(integration, size.events);
        await vendor.reset();
        const sample = await sampleOf(run, size.events, timers);
        const { effective, duplicates } = await vendor.counts();
        assert.deepEqual([effective, duplicates], [size.events, 0]);
        if (round > 0) samples[way].push(sample);
        else payloads[way] = await vendor.payloads();
      }
      assert.deepEqual(payloads.relay, payloads.bare, "both ways send the same bytes");
    }
    return reportOf(size, fsync, samples);
  } finally {
    vendor.stop();
    await database.close();
  }
}

async function relayAll(runOnce: () => Promise<number>): Promise<number> {
  let sent = 0;
  for (;;) {
    const claimed = await runOnce();
    if (claimed === 0) return sent;
    sent += claimed;
  }
}

function reportOf(size: RelayBenchSize, fsync: string, samples: Record<"relay" | "bare", Sample[]>): RelayReport {
  const ratios = samples.relay.map((sample, round) => (samples.bare[round] as Sample).wallMs / sample.wallMs);
  return {
    part: "relay",
    cpu: cpus()[0]?.model ?? "unknown",
    runtime: process.versions["bun"] ? `bun ${process.versions["bun"]}` : `node ${process.version}`,
    fsync,
    events: size.events,
    rounds: size.rounds,
    batch_events: relayBatchEventsMax,
    relay: wayOf(samples.relay, size.events),
    bare: wayOf(samples.bare, size.events),
    ratio: quartiles(ratios, 2),
    ratio_min: relayRatioMin,
    aim_per_second: relayAimPerSecond,
  };
}

function wayOf(samples: readonly Sample[], events: number): WayReport {
  const names = [...new Set(samples.flatMap(({ parts }) => Object.keys(parts)))];
  const us = (of: (sample: Sample) => number) =>
    quartiles(
      samples.map((one) => (of(one) * 1_000) / events),
      1,
    ).median;
  const known = (sample: Sample) => Object.values(sample.parts).reduce((sum, ms) => sum + ms, 0);
  return {
    per_second: quartiles(
      samples.map(({ wallMs }) => (events * 1_000) / wallMs),
      0,
    ),
    per_core_second: quartiles(
      samples.map(({ cpuMs }) => (events * 1_000) / cpuMs),
      0,
    ),
    parts_us: {
      ...Object.fromEntries(names.map((name) => [name, us(({ parts }) => parts[name] ?? 0)])),
      rest: us((sample) => Math.max(0, sample.wallMs - known(sample))),
    },
  };
}

/** The report for people. */
export function describeRelay(report: RelayReport): string {
  const { relay, bare, ratio } = report;
  const verdict = ratio.median >= report.ratio_min ? "meets" : "MISSES";
  return [
    `relay: ${report.events} events a round at batches of ${report.batch_events}, ${report.rounds} rounds each way`,
    `  share of the bare loop's rate ${ratio.median} (${ratio.q1} to ${ratio.q3}), ${verdict} ${report.ratio_min}`,
    wayLine("relay", relay),
    wayLine("bare loop", bare),
    `  aim ${report.aim_per_second} events a second on one core: ${relay.per_core_second.median}`,
    `  ${report.runtime}, ${report.cpu}, fsync ${report.fsync}`,
  ].join("\n");
}

function wayLine(name: string, { per_second: rate, parts_us: parts }: WayReport): string {
  const whole = Object.values(parts).reduce((sum, us) => sum + us, 0);
  const shares = Object.entries(parts).map(([part, us]) => `${part} ${us} (${Math.round((100 * us) / whole)} %)`);
  return `  ${name}: ${rate.median} a second (${rate.q1} to ${rate.q3})\n    µs an event: ${shares.join(", ")}`;
}
