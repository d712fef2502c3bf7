import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openSqliteStream } from "../../../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import { openSystemRandom } from "../../../../adapters/system/random.ts";
import type { EventBatch } from "../../../../domain/model/event/event.ts";
import { encodeRecord } from "../../../../domain/model/event/record.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import type { StreamRecord } from "../../../../ports/event-stream.ts";
import type { EventFacts } from "../../../../ports/kernel.ts";
import { openWasmKernel } from "../../../../wasm/kernel.ts";
import { benchFacts, benchProgram } from "../../kernel-program.ts";
import type { Sender } from "../generator-messages.ts";
import { startGenerator } from "../generator-process.ts";
import {
  fillRequest,
  type Grouping,
  makePool,
  openCrowd,
  type PoolOptions,
  type RequestTemplate,
} from "../request-pool.ts";

/** What the edge can't be faster than, one part at a time on the same bytes. Units: events a second. */
export interface EdgeLimits {
  readonly bare_route: number;
  readonly kernel: number;
  readonly durable_append: number;
  /** 1 ÷ Σ(1 ÷ part's rate): what one thread could do that did nothing but these parts, one after another. */
  readonly composed: number;
}

export interface EdgeLimitOptions {
  readonly pool: PoolOptions;
  readonly senders: readonly Sender[];
  readonly connections: number;
  /** For each part, after half of it to warm up. */
  readonly seconds: number;
}

const bareEntry = fileURLToPath(new URL("./bare-route.ts", import.meta.url));
const filledBytes = 8 * 1024 * 1024;
const place = {
  orgId: "00000000-0000-4000-8000-000000000001",
  projectId: "00000000-0000-4000-8000-000000000002",
  sourceId: "00000000-0000-4000-8000-000000000003",
};

export function composedLimit(rates: readonly number[]): number {
  return 1 / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

/** Measures the parts of the edge by themselves. */
export async function measureEdgeLimits(options: EdgeLimitOptions): Promise<EdgeLimits> {
  const pool = filled(makePool(options.pool), options.pool.seed);
  const bareRoute = await measureBareRoute(options);
  const kernel = measureKernel(pool, options.seconds);
  const append = await measureAppend(pool, options);
  return {
    bare_route: bareRoute,
    kernel,
    durable_append: append,
    composed: composedLimit([bareRoute, kernel, append]),
  };
}

/** Requests as they are sent, no two alike: so many that no processor learns them by heart. */
function filled(pool: readonly RequestTemplate[], seed: number): RequestTemplate[] {
  const crowd = openCrowd(seed, 1);
  const time = new TextEncoder().encode(new Date().toISOString());
  const requests: RequestTemplate[] = [];
  let [bytes, firstMessage] = [0, 0];
  while (bytes < filledBytes) {
    const template = pool[requests.length % pool.length] as RequestTemplate;
    const body = new Uint8Array(template.body.length);
    fillRequest(template, body, 0, { firstMessage, crowd, time });
    requests.push({ ...template, body });
    firstMessage += template.events;
    bytes += body.length;
  }
  return requests;
}

async function measureBareRoute({ pool, senders, connections, seconds }: EdgeLimitOptions): Promise<number> {
  const child = spawn(process.execPath, ["--no-install", bareEntry], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", (message) => resolve((message as { port: number }).port));
      child.once("exit", (code) => reject(new Error(`the bare route ended with ${code}`)));
    });
    const numbers = { firstMessage: 0, firstPerson: 1, ratePerSecond: null };
    const generator = startGenerator({ ...pool, ...numbers, port, senders, connections });
    await sleep(seconds * 500);
    const before = await generator.report();
    const startMs = performance.now();
    await sleep(seconds * 1_000);
    const after = await generator.report();
    const rate = ((after.acked - before.acked) * 1_000) / (performance.now() - startMs);
    await generator.finish();
    return rate;
  } finally {
    child.kill("SIGTERM");
  }
}

/** How often `work`, which does some events and says how many, can be done in a second. Units: events a second. */
function rateOf(seconds: number, work: () => number): number {
  const run = (ms: number) => {
    const startMs = performance.now();
    let events = 0;
    while (performance.now() - startMs < ms) events += work();
    return (events * 1_000) / (performance.now() - startMs);
  };
  run(seconds * 500);
  return run(seconds * 1_000);
}

function measureKernel(pool: readonly RequestTemplate[], seconds: number): number {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare(benchProgram);
  let turn = 0;
  return rateOf(seconds, () => {
    const { body, shape, events } = pool[turn++ % pool.length] as RequestTemplate;
    const scan = kernel.scan(body, shape, defaultLimits);
    if (!scan.ok) throw new Error(`the benchmark's body is refused: ${scan.fault.code}`);
    scan.finish(prepared, Array<EventFacts>(scan.count).fill(benchFacts));
    return events;
  });
}

/** The records that the requests of a pool become. */
function recordsOf(pool: readonly RequestTemplate[]): Uint8Array[] {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare(benchProgram);
  return pool.map(({ body, shape }) => {
    const scan = kernel.scan(body, shape, defaultLimits);
    if (!scan.ok) throw new Error(`the benchmark's body is refused: ${scan.fault.code}`);
    const batch: EventBatch = scan.finish(prepared, Array<EventFacts>(scan.count).fill(benchFacts));
    const facts = { appId: "app", dataLayerVersion: 1, receivedAtMs: Date.now(), sentAtMs: null, dropped: {} };
    const messageIds = Array.from({ length: batch.count }, (_, at) => `message-${at}`);
    return encodeRecord({ id: place.orgId, ...place, ...facts, messageIds, batch });
  });
}

/** As many callers as there are connections append one record after another, so that groups are as large as there. */
async function measureAppend(
  pool: readonly RequestTemplate[],
  { connections, seconds }: EdgeLimitOptions,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bench-stream-"));
  const stream = await openSqliteStream({ path: join(folder, "stream.sqlite"), clock: openSystemClock() });
  const random = openSystemRandom();
  const records = recordsOf(pool);
  let [turn, events, isOver] = [0, 0, false];

  async function appendOn(): Promise<void> {
    while (!isOver) {
      const at = turn++ % pool.length;
      const { events: accepted } = pool[at] as RequestTemplate;
      const record: StreamRecord = { id: random.uuidv7(), ...place, accepted, bytes: records[at] as Uint8Array };
      const done = await stream.append(record);
      if (!done.ok) throw new Error(`a record was not taken: ${done.failure.code}`);
      events += accepted;
    }
  }

  const appending = Array.from({ length: connections }, appendOn);
  try {
    await sleep(seconds * 500);
    const [from, startMs] = [events, performance.now()];
    await sleep(seconds * 1_000);
    return ((events - from) * 1_000) / (performance.now() - startMs);
  } finally {
    isOver = true;
    await Promise.all(appending);
    await stream.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Connections that a grouping is measured with: enough that the server is never without work. */
export function connectionsFor(grouping: Grouping): number {
  return grouping === "single" || grouping === 1 ? 64 : grouping === 10 ? 32 : 8;
}
