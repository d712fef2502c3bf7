import { setTimeout as sleep } from "node:timers/promises";
import { type Counts, readCounts } from "./books.ts";
import type { Told } from "./generator-messages.ts";
import type { GeneratorProcess } from "./generator-process.ts";
import { type PartBytes, type PartTimes, processSeconds, readServerParts, timesBetween } from "./processor-time.ts";
import type { Server } from "./server.ts";

/** What happened in a span of time while a generator sent. Counts are of events. */
export interface Span {
  readonly seconds: number;
  readonly acked: number;
  readonly requests: number;
  readonly bytes: number;
  readonly stored: number;
  /** Acknowledged and not processed, at the span's start and at its end. */
  readonly backlogBefore: number;
  readonly backlogAfter: number;
  readonly times: PartTimes;
  readonly generatorSeconds: number;
  readonly memory: PartBytes;
  readonly told: Told;
  /** Requests that were refused or lost within the span. */
  readonly failed: number;
}

interface Moment {
  readonly atMs: number;
  readonly told: Told;
  readonly counts: Counts;
  readonly parts: { readonly times: PartTimes; readonly bytes: PartBytes };
  readonly generatorSeconds: number;
}

async function readMoment(server: Server, generator: GeneratorProcess): Promise<Moment> {
  const told = await generator.report(true);
  const atMs = performance.now();
  const parts = readServerParts(server.pid() as number, server.postmasterPid());
  const generatorSeconds = processSeconds(generator.pid);
  return { atMs, told, parts, generatorSeconds, counts: await readCounts(server) };
}

function failedOf({ refused, requestsLost }: Told): number {
  return requestsLost + Object.values(refused).reduce((sum, count) => sum + count, 0);
}

/** Watches server and generator for a while. `processedBefore` are events that the store counted before this phase. */
export async function watchSpan(
  server: Server,
  generator: GeneratorProcess,
  seconds: number,
  processedBefore: number,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Span> {
  const before = await readMoment(server, generator);
  const untilMs = before.atMs + seconds * 1_000;
  while (performance.now() < untilMs) {
    await meanwhile();
    await sleep(Math.max(0, Math.min(100, untilMs - performance.now())));
  }
  const after = await readMoment(server, generator);
  const backlog = ({ told, counts }: Moment) => told.acked - (counts.accepted - processedBefore);
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    acked: after.told.acked - before.told.acked,
    requests: after.told.requestsAcked - before.told.requestsAcked,
    bytes: after.told.bytesSent - before.told.bytesSent,
    stored: after.counts.stored - before.counts.stored,
    backlogBefore: backlog(before),
    backlogAfter: backlog(after),
    times: timesBetween(before.parts.times, after.parts.times),
    generatorSeconds: after.generatorSeconds - before.generatorSeconds,
    memory: after.parts.bytes,
    told: after.told,
    failed: failedOf(after.told) - failedOf(before.told),
  };
}

/** Units: microseconds of processor time for each of `events`, by process. */
export function usPerEvent(span: Span, events: number) {
  const us = (seconds: number) => Number(((seconds * 1_000_000) / Math.max(1, events)).toFixed(1));
  const { http, worker, postgres, other } = span.times;
  return {
    http: us(http),
    worker: us(worker),
    postgres: us(postgres),
    other: us(other),
    generator: us(span.generatorSeconds),
  };
}
