import { setTimeout as sleep } from "node:timers/promises";
import { type AfterKill, drain, killAndCount, readCounts } from "./books.ts";
import type { Sender, Spread } from "./generator-messages.ts";
import { type GeneratorProcess, startGenerator } from "./generator-process.ts";
import { connectionsFor, type EdgeLimits, measureEdgeLimits } from "./limits/edge-limits.ts";
import type { PartBytes } from "./processor-time.ts";
import { eventsOf, type Grouping, type PoolDialect } from "./request-pool.ts";
import type { Server } from "./server.ts";
import { type Span, usPerEvent, watchSpan } from "./span.ts";

/** What all phases of a run share. */
export interface Scene {
  readonly server: Server;
  readonly seed: number;
  readonly senders: readonly Sender[];
  readonly dialects: readonly PoolDialect[];
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Whether half load begins with nothing in the backlog; a short run has not the time. */
  readonly drainsBetween: boolean;
  /** Said before each step, for a progress bar. */
  readonly step: (name: string) => void;
}

export type CpuPerEvent = ReturnType<typeof usPerEvent>;

export interface AcknowledgedReport {
  readonly phase: "acknowledged";
  readonly grouping: string;
  readonly event_bytes_mean: number;
  readonly acked_per_second: number;
  readonly stored_per_second: number;
  readonly stored_per_acked: number;
  readonly limits: EdgeLimits;
  readonly ratio_to_limit: number;
  readonly cpu_us_per_event: CpuPerEvent;
  /** Of a processor: near 1 the generator is what is measured. */
  readonly generator_processors: number;
  readonly memory_bytes: PartBytes;
  /** With half of the rate above, by schedule. */
  readonly half_load: ScheduledReport;
  readonly refused: Readonly<Record<string, number>>;
  readonly kill: AfterKill;
}

/** What was sent by schedule, and how late the answers came. */
export interface ScheduledReport {
  readonly intended_per_second: number;
  readonly acked_per_second: number;
  /** Units: milliseconds, from the time a request was meant to be sent. */
  readonly latency: Spread;
  /** Units: milliseconds, from the time it was sent: what a load test without a schedule would show. */
  readonly service_time: Spread;
  readonly generator_lag: Spread;
  /** Why these figures say nothing; null if they count. */
  readonly void: string | null;
}

export interface StoredReport {
  readonly phase: "stored";
  readonly grouping: string;
  readonly stored_per_second: number;
  readonly acked_per_second: number;
  readonly backlog_before: number;
  readonly backlog_after: number;
  /** Whether the backlog stayed as it was: only then the rate can be kept up. */
  readonly is_flat: boolean;
  readonly cpu_us_per_event: CpuPerEvent;
  readonly memory_bytes: PartBytes;
  readonly kill: AfterKill;
}

const lagMsMax = 10;
const achievedShareMin = 0.98;
const halfLoadSettleMs = 500;
const steerMs = 200;
const steerLookBackMs = 3_000;
const flatShareMax = 0.1;
/** The backlog that the steered load aims at, in seconds of storing. */
const backlogSecondsWanted = 2;

export function newGenerator(
  scene: Scene,
  grouping: Grouping,
  phase: { readonly prefix: string; readonly ratePerSecond: number | null; readonly firstPerson: number },
): GeneratorProcess {
  const { server, seed, senders, dialects } = scene;
  const connections = connectionsFor(grouping);
  return startGenerator({
    ...phase,
    port: server.ingestPort,
    seed,
    grouping,
    dialects,
    senders,
    firstMessage: 0,
    connections,
  });
}

/** Prefixes are of one length, and none begins another. */
export function prefixOf(phase: string): string {
  return `tb-${phase.padEnd(10, "-")}-`;
}

/** As much as the server takes, then half of that by schedule, processing at work all along; killed while it takes. */
export async function measureAcknowledged(scene: Scene, grouping: Grouping, turn: number): Promise<AcknowledgedReport> {
  const { server } = scene;
  const prefix = prefixOf(`acked${grouping}`);
  scene.step(`limits of the edge, ${grouping}`);
  const pool = { seed: scene.seed, grouping, prefix, dialects: scene.dialects };
  const limitSeconds = Math.min(2, scene.seconds / 2);
  const connections = connectionsFor(grouping);
  const limits = await measureEdgeLimits({ pool, senders: scene.senders, connections, seconds: limitSeconds });
  scene.step(`acknowledged, ${grouping}`);
  const { accepted } = await readCounts(server);
  const generator = newGenerator(scene, grouping, { prefix, ratePerSecond: null, firstPerson: turn * 1_000_000 });
  await sleep(scene.warmUpSeconds * 1_000);
  const span = await watchSpan(server, generator, scene.seconds, accepted);
  scene.step(`half load, ${grouping}`);
  const halfLoad = await measureScheduled(scene, generator, span.requests / span.seconds / 2, accepted, grouping);
  scene.step(`killed, ${grouping}`);
  const { kill, finished } = await killAndCount(server, generator, prefix);
  const rate = span.acked / span.seconds;
  return {
    phase: "acknowledged",
    grouping: String(grouping),
    event_bytes_mean: Math.round(span.bytes / span.acked),
    acked_per_second: Math.round(rate),
    stored_per_second: Math.round(span.stored / span.seconds),
    stored_per_acked: round(span.stored / span.acked),
    limits: roundedLimits(limits),
    ratio_to_limit: round(rate / limits.composed),
    cpu_us_per_event: usPerEvent(span, span.acked),
    generator_processors: round(span.generatorSeconds / span.seconds),
    memory_bytes: span.memory,
    half_load: halfLoad,
    refused: finished.told.refused,
    kill,
  };
}

async function measureScheduled(
  scene: Scene,
  generator: GeneratorProcess,
  requestsPerSecond: number,
  processedBefore: number,
  grouping: Grouping,
): Promise<ScheduledReport> {
  if (scene.drainsBetween) {
    generator.setRate(0);
    await drain(scene.server);
  }
  generator.setRate(requestsPerSecond);
  await sleep(halfLoadSettleMs);
  const span = await watchSpan(scene.server, generator, scene.seconds, processedBefore);
  return scheduledReport(span, requestsPerSecond, eventsOf(grouping));
}

function scheduledReport(span: Span, requestsPerSecond: number, eventsPerRequest: number): ScheduledReport {
  const { latency, serviceTime, lag } = span.told;
  return {
    intended_per_second: Math.round(requestsPerSecond * eventsPerRequest),
    acked_per_second: Math.round(span.acked / span.seconds),
    latency,
    service_time: serviceTime,
    generator_lag: lag,
    void: whyVoid(span, requestsPerSecond),
  };
}

export function whyVoid(span: Span, requestsPerSecond: number): string | null {
  const { lag, isOverrun, waiting } = span.told;
  if (lag.p99 > lagMsMax) return `the generator was ${lag.p99.toFixed(1)} ms late (p99), more than ${lagMsMax} ms`;
  if (isOverrun) return "the server fell behind the schedule without end";
  const share = (span.requests + waiting) / (requestsPerSecond * span.seconds);
  return share < achievedShareMin ? `only ${Math.round(share * 100)} % of the schedule was sent` : null;
}

/**
 * What can be kept up: the load follows what is stored, so that a backlog is there all the time and does not grow. The
 * rate of a span in which it did not count as kept up.
 */
export async function measureStored(
  scene: Scene,
  grouping: Grouping,
  turn: number,
  name = `stored${grouping}`,
): Promise<StoredReport> {
  const { server } = scene;
  const prefix = prefixOf(name);
  scene.step(`stored, ${grouping}`);
  await drain(server);
  const { accepted } = await readCounts(server);
  const generator = newGenerator(scene, grouping, { prefix, ratePerSecond: null, firstPerson: turn * 1_000_000 });
  const steer = openSteering(server, generator, accepted, eventsOf(grouping));
  const settledMs = performance.now() + scene.warmUpSeconds * 3_000;
  while (performance.now() < settledMs) {
    await steer();
    await sleep(steerMs / 2);
  }
  const span = await watchSpan(server, generator, scene.seconds, accepted, steer);
  scene.step(`killed, ${grouping}`);
  const { kill } = await killAndCount(server, generator, prefix);
  return {
    phase: "stored",
    grouping: String(grouping),
    stored_per_second: Math.round(span.stored / span.seconds),
    acked_per_second: Math.round(span.acked / span.seconds),
    backlog_before: span.backlogBefore,
    backlog_after: span.backlogAfter,
    is_flat: Math.abs(span.backlogAfter - span.backlogBefore) <= flatShareMax * span.stored,
    cpu_us_per_event: usPerEvent(span, span.stored),
    memory_bytes: span.memory,
    kill,
  };
}

/**
 * Makes what sets the rate a few times a second: as much as the connections can until the backlog is as long as it
 * should be, from then on what was stored of late, a little more or less as the backlog wants it.
 */
function openSteering(server: Server, generator: GeneratorProcess, processedBefore: number, eventsPerRequest: number) {
  const samples = [{ atMs: performance.now(), processed: 0 }];
  let isFilling = true;
  return async function steer(): Promise<void> {
    const atMs = performance.now();
    if (atMs - (samples.at(-1) as { atMs: number }).atMs < steerMs) return;
    const [told, counts] = await Promise.all([generator.report(), readCounts(server)]);
    const processed = counts.accepted - processedBefore;
    samples.push({ atMs, processed });
    while (samples.length > 2 && atMs - (samples[1] as { atMs: number }).atMs > steerLookBackMs) samples.shift();
    const [oldest] = samples as [{ atMs: number; processed: number }];
    const storedPerSecond = ((processed - oldest.processed) * 1_000) / (atMs - oldest.atMs);
    const wanted = storedPerSecond * backlogSecondsWanted;
    const backlog = told.acked - processed;
    if (storedPerSecond === 0 || (isFilling && backlog < wanted)) return;
    isFilling = false;
    const share = Math.min(1.5, Math.max(0.5, 1 + (wanted - backlog) / wanted / 4));
    generator.setRate((storedPerSecond * share) / eventsPerRequest);
  };
}

export function round(value: number): number {
  return Number(value.toFixed(3));
}

function roundedLimits(limits: EdgeLimits): EdgeLimits {
  return Object.fromEntries(
    Object.entries(limits).map(([name, rate]) => [name, Math.round(rate)]),
  ) as unknown as EdgeLimits;
}
