import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../../tidegate-process.ts";
import { type AfterKill, drain, killAndCount, readCounts } from "./books.ts";
import type { Ack } from "./generator-process.ts";
import { type CpuPerEvent, newGenerator, prefixOf, type Scene, whyVoid } from "./phases.ts";
import { eventsOf, readNumber } from "./request-pool.ts";
import type { Server } from "./server.ts";
import { usPerEvent, watchSpan } from "./span.ts";
import { type Arrival, type VendorName, type Vendors, vendorNames } from "./vendors.ts";

/** Units: milliseconds from an event's acknowledgement to its arrival at the vendor, of those that arrived. */
export interface Delay {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface RelayedReport {
  readonly phase: "relayed";
  readonly grouping: string;
  readonly intended_per_second: number;
  readonly acked_per_second: number;
  readonly stored_per_second: number;
  /** To all vendors together; an event may go to several. */
  readonly delivered_per_second: number;
  readonly waiting_at_end: number;
  readonly dead: number;
  /** Of the events that were acknowledged while it was watched, whenever they arrived. */
  readonly accept_to_vendor: Readonly<Record<VendorName, Delay>>;
  /** By what was wrong with them. */
  readonly dead_by_code: Readonly<Record<string, number>>;
  /** Sent again, after the kill as a rule, and known at the vendors by their ids. */
  readonly sent_again: number;
  readonly cpu_us_per_event: CpuPerEvent;
  readonly void: string | null;
  readonly kill: AfterKill;
}

interface RelayLedger {
  readonly integrations: readonly { readonly delivered: number; readonly dead: number; readonly waiting: number }[];
}

const grouping = 10;
/** How long the load goes on before the kill, so that what was watched can arrive; of the time watched. */
const arriveShare = 1;
const settleMsMax = 10 * 60_000;
const lettersCount = 8;

/** Sends by schedule while everything is relayed to the simulators. */
export async function measureRelayed(
  scene: Scene,
  vendors: Vendors,
  eventsPerSecond: number,
  turn: number,
): Promise<RelayedReport> {
  const { server } = scene;
  const prefix = prefixOf("relayed");
  scene.step("relayed");
  await drain(server);
  await vendors.connect(server);
  const { accepted } = await readCounts(server);
  const rate = eventsPerSecond / eventsOf(grouping);
  const generator = newGenerator(scene, grouping, { prefix, ratePerSecond: rate, firstPerson: turn * 1_000_000 });
  await sleep(scene.warmUpSeconds * 1_000);
  const before = await readLedger(server);
  const fromMs = Date.now();
  const span = await watchSpan(server, generator, scene.seconds, accepted);
  const watched = { fromMs, toMs: Date.now() };
  const after = await readLedger(server);
  await sleep(scene.seconds * arriveShare * 1_000);
  scene.step("killed, relayed");
  const { kill, finished } = await killAndCount(server, generator, prefix);
  const settled = async () => (await readLedger(server)).waiting === 0;
  await waitFor(settled, settleMsMax, () => "the relay does not end", 200);
  const last = await readLedger(server);
  const delays = await Promise.all(
    vendorNames.map(async (name) => [name, delayOf(await vendors.arrivals(name), finished.acks, prefix, watched)]),
  );
  return {
    phase: "relayed",
    grouping: String(grouping),
    intended_per_second: Math.round(eventsPerSecond),
    acked_per_second: Math.round(span.acked / span.seconds),
    stored_per_second: Math.round(span.stored / span.seconds),
    delivered_per_second: Math.round((after.delivered - before.delivered) / span.seconds),
    waiting_at_end: after.waiting,
    dead: last.dead,
    accept_to_vendor: Object.fromEntries(delays) as Record<VendorName, Delay>,
    dead_by_code: await readDeadCodes(server),
    sent_again: await vendors.duplicates(),
    cpu_us_per_event: usPerEvent(span, span.stored),
    void: whyVoid(span, rate),
    kill,
  };
}

async function readLedger(server: Server) {
  const { integrations } = await server.admin<RelayLedger>("GET", "/v1/admin/ledger");
  const sum = (name: "delivered" | "dead" | "waiting") => integrations.reduce((total, row) => total + row[name], 0);
  return { delivered: sum("delivered"), dead: sum("dead"), waiting: sum("waiting") };
}

async function readDeadCodes(server: Server): Promise<Record<string, number>> {
  const rows = await server.query<{ code: string; count: number }>(
    "select code, count(*)::int as count from tidegate.dead_letters group by code order by code",
  );
  return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
}

interface Watched {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Slow ones must count like fast ones: what was acknowledged in a span is looked for in all that ever arrived. */
function delayOf(arrivals: readonly Arrival[], acks: readonly Ack[], prefix: string, watched: Watched): Delay {
  const ackedMs = new Map<number, number>();
  for (const { firstMessage, events, atMs } of acks) {
    if (atMs < watched.fromMs || atMs > watched.toMs) continue;
    for (let at = 0; at < events; at += 1) ackedMs.set(firstMessage + at, atMs);
  }
  const delays: number[] = [];
  const seen = new Set<number>();
  const pattern = new RegExp(`${prefix}([a-p]{${lettersCount}})`, "g");
  for (const { text, atMs } of arrivals) {
    for (const [, letters] of text.matchAll(pattern)) {
      const number = readNumber(letters as string);
      const acked = ackedMs.get(number);
      if (acked === undefined || seen.has(number)) continue;
      seen.add(number);
      delays.push(Math.max(0, atMs - acked));
    }
  }
  return delayFrom(delays);
}

export function delayFrom(delays: readonly number[]): Delay {
  const sorted = [...delays].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { events: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
