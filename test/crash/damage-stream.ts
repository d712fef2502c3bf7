import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStream } from "../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import { openSystemRandom } from "../../adapters/system/random.ts";
import { acceptedEvents, encodeRecord, readRecord } from "../../domain/model/event/record.ts";
import type { EventStream, StreamRecord } from "../../ports/event-stream.ts";
import { unwrap } from "../contracts/results.ts";
import { recordOf } from "../domain/pipeline/process/custom-js-parts.ts";

export const streamName = "stream.sqlite";
export const streamFiles = [streamName, `${streamName}-wal`, `${streamName}-shm`, `${streamName}-marks`] as const;
const clock = openSystemClock();
const random = openSystemRandom();

export interface Source {
  readonly orgId: string;
  readonly sourceId: string;
  readonly projectId: string;
  readonly appId: string;
}

interface Answered {
  readonly id: string;
  readonly orgId: string;
  readonly sourceId: string;
  readonly accepted: number;
}

/** What a killed process leaves: records that were answered, by id, and those among them that were acknowledged. */
export interface Backlog {
  readonly folder: string;
  readonly answered: ReadonlyMap<string, Answered>;
  readonly acknowledged: ReadonlySet<string>;
}

export function someSources(): Source[] {
  const id = (n: number) => `0197a000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  return [0, 1, 2, 3].map((n) => ({
    orgId: id(1 + (n >> 1)),
    sourceId: id(16 + n),
    projectId: id(32 + n),
    appId: "a",
  }));
}

/**
 * Fills a stream, acknowledges a part of it, and leaves in `folder` what a process would leave that is killed then: one
 * half of the backlog in the file, the other in its log.
 */
export async function leaveBacklog(folder: string, count: number, sources: readonly Source[]): Promise<Backlog> {
  const live = `${folder}-live`;
  const open = () => openSqliteStream({ path: join(live, streamName), clock });
  const answered = new Map<string, Answered>();
  const acknowledged = new Set<string>();
  let stream = await open();
  for (let n = 0; n < count; n += groupRecords) {
    if (n === Math.trunc(count / 2 / groupRecords) * groupRecords) {
      await stream.close(); // what came so far goes from the log into the file
      stream = await open();
    }
    const group = Array.from({ length: groupRecords }, (_, index) => recordNumbered(n + index, sources));
    for (const record of group) answered.set(record.id, record);
    await Promise.all(group.map((record) => stream.append(record).then(unwrap)));
    if ((n / groupRecords) % 10 === 0) await acknowledgeSome(stream, acknowledged);
  }
  cpSync(live, folder, { recursive: true });
  await stream.close();
  rmSync(live, { recursive: true });
  return { folder, answered, acknowledged };
}

const groupRecords = 10;

async function acknowledgeSome(stream: EventStream, acknowledged: Set<string>): Promise<void> {
  const entries = await stream.read({ recordsMax: 100, bytesMax: 8 * 1024 * 1024, waitMs: 0 });
  const done = entries.filter((_, index) => index % 4 === 0);
  await stream.acknowledge(done);
  for (const { id } of done) acknowledged.add(id);
}

/** A record as ingest makes it; each seventh is larger than a page. */
function recordNumbered(n: number, sources: readonly Source[]): StreamRecord {
  const source = sources[n % sources.length] as Source;
  const id = random.uuidv7();
  const filler = "x".repeat(n % 7 === 0 ? 9_000 : 200 + ((n * 37) % 1_500));
  const events = Array.from({ length: 1 + (n % 3) }, (_, index) => {
    return { type: "track", event: "Order", userId: `u${n}`, messageId: `m-${n}-${index}`, properties: { filler } };
  });
  const record = { ...recordOf(events), ...source, id, receivedAtMs: Date.now() };
  const { orgId, sourceId } = source;
  return { id, orgId, sourceId, accepted: acceptedEvents(record), bytes: encodeRecord(record) };
}

export interface Flip {
  readonly file: string;
  readonly byte: number;
  readonly bit: number;
}

/** Copies `from` to `to` and flips one bit there, of a file and at a place that the numbers choose. */
export function copyAndFlip(from: string, to: string, file: string, place: number, bit: number): Flip {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const bytes = readFileSync(join(to, file));
  const byte = Math.floor(place * bytes.length);
  bytes[byte] = (bytes[byte] as number) ^ (1 << bit);
  writeFileSync(join(to, file), bytes);
  return { file, byte, bit };
}

/** `sound`: all is there; `named`: not all, and it is said; `silent` and `stopped` must not be. */
export type Outcome = "sound" | "repaired" | "named" | "silent" | "stopped";

export interface Reading {
  readonly outcome: Outcome;
  readonly missing: number;
  readonly damaged: number;
  readonly why: string;
}

/** Opens a stream and reads all of it. */
export async function readAll({ folder, answered, acknowledged }: Backlog): Promise<Reading> {
  const lines: string[] = [];
  const telemetry = { log: (_: unknown, what: string) => void lines.push(what), count: () => {} };
  const found = new Set<string>();
  const damaged = new Set<string>();
  let accepted = 0;
  let losses = 0;
  try {
    const stream = await openSqliteStream({ path: join(folder, streamName), clock, telemetry });
    const bounds = { recordsMax: 1_000, bytesMax: 64 * 1024 * 1024, waitMs: 0 };
    for (let entries = await stream.read(bounds); entries.length > 0; entries = await stream.read(bounds)) {
      for (const entry of entries) {
        const read = readRecord(entry.bytes);
        if (read.ok) found.add(read.value.id);
        else damaged.add(entry.id);
      }
    }
    losses = (await stream.losses()).length;
    for (const orgId of new Set([...answered.values()].map((one) => one.orgId))) {
      for (const source of await stream.backlog(orgId)) accepted += source.accepted;
    }
    await stream.close();
  } catch (error) {
    return { outcome: "stopped", missing: 0, damaged: 0, why: error instanceof Error ? error.message : "" };
  }
  const missing = [...answered.keys()].filter((id) => !found.has(id) && !acknowledged.has(id));
  const unsaid = missing.filter((id) => !damaged.has(id));
  const acceptedTrue = [...answered.values()].reduce((sum, one) => sum + one.accepted, 0);
  const isTold = losses > 0 && lines.length > 0;
  const why = `${lines.join("; ")} accepted ${accepted} of ${acceptedTrue}, unsaid ${unsaid.length}`;
  const counts = { missing: missing.length, damaged: damaged.size, why };
  if (accepted !== acceptedTrue) return { outcome: isTold ? "named" : "silent", ...counts };
  if (missing.length === 0) return { outcome: losses > 0 ? "repaired" : "sound", ...counts };
  if (unsaid.length > 0 && !isTold && damaged.size < missing.length) return { outcome: "silent", ...counts };
  return { outcome: "named", ...counts };
}
