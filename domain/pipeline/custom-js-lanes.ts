import type { StreamEntry } from "../../ports/event-stream.ts";
import type { EventRecord } from "../model/record.ts";
import type { CustomJs, ScriptForm } from "./custom-js.ts";

/** A record of the stream with what will acknowledge it. */
export interface TakenRecord {
  readonly entry: StreamEntry;
  readonly record: EventRecord;
}

interface WaitingRecord extends TakenRecord {
  /** Null: it only waits for those of its organisation that came before. */
  readonly form: ScriptForm | null;
}

/** Records of organisations with custom JavaScript, each organisation's in its own lane and order. */
export interface CustomJsLanes {
  add(taken: TakenRecord, form: ScriptForm | null): void;
  /** Whether records of the organisation are under way. */
  holds(orgId: string): boolean;
  /** Up to `recordsMax` records that are done, changed by their scripts. */
  takeReady(recordsMax: number): TakenRecord[];
  /** Tokens of entries that full lanes turned away and have room for now: the stream is to give them again. */
  takeBack(nowMs: number): Pick<StreamEntry, "token">[];
  /** False when so many were turned away that no more should be read. */
  hasRoom(): boolean;
  isIdle(): boolean;
  /** Resolves when a record gets ready, or is so. */
  whenReady(): Promise<void>;
}

export const lanesBytesMax = 32 * 1024 * 1024;
export const laneBytesMax = 4 * 1024 * 1024;
/** Events of one organisation that go to its script together. */
export const laneEventsMax = 500;
/** Entries that are known by their token only, because their lane is full. */
export const parkedEntriesMax = 200_000;
/** How long a lane waits for entries that the stream was to give again. */
export const takeBackMaxMs = 5_000;

interface Lane {
  readonly waiting: WaitingRecord[];
  /** Of records that wait or run. */
  bytes: number;
  running: boolean;
  readonly parked: { readonly token: string; readonly bytes: number }[];
  /** Tokens of entries that the stream is to give again: they go before what is parked. */
  readonly returning: Set<string>;
  returningUntilMs: number;
}

/**
 * Makes the lanes: an organisation whose script is slow holds up its own records only.
 *
 * What waits in memory is bounded. A full lane lets go of what it is given and keeps the token: the stream has the
 * record still, and reading goes on for the others.
 */
export function createCustomJsLanes(customJs: Pick<CustomJs, "transform">): CustomJsLanes {
  const lanes = new Map<string, Lane>();
  const ready: TakenRecord[] = [];
  let bytes = 0;
  let parkedCount = 0;
  let wake = () => {};
  let woken = new Promise<void>((resolve) => (wake = resolve));

  function laneOf(orgId: string): Lane {
    const found = lanes.get(orgId);
    if (found) return found;
    const returning = new Set<string>();
    const lane = { waiting: [], bytes: 0, running: false, parked: [], returning, returningUntilMs: 0 };
    lanes.set(orgId, lane);
    return lane;
  }

  function add(taken: TakenRecord, form: ScriptForm | null): void {
    const { entry, record } = taken;
    const lane = laneOf(record.orgId);
    const size = entry.bytes.length;
    const isExpected = lane.returning.delete(entry.token);
    const isFull = lane.bytes >= laneBytesMax || bytes >= lanesBytesMax;
    if (!isExpected && (isFull || lane.parked.length > 0)) {
      lane.parked.push({ token: entry.token, bytes: size });
      parkedCount += 1;
      return;
    }
    bytes += size;
    lane.bytes += size;
    lane.waiting.push({ ...taken, form });
    if (!lane.running) void drive(record.orgId, lane);
  }

  /** Runs one lane until nothing waits in it. */
  async function drive(orgId: string, lane: Lane): Promise<void> {
    lane.running = true;
    // What is added in the same turn of the loop goes together.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const together = nextTogether(lane.waiting);
      const form = (together[0] as WaitingRecord).form;
      const records = together.map(({ record }) => record);
      const changed = form ? await customJs.transform(form, records) : records;
      for (const [index, { entry }] of together.entries()) {
        ready.push({ entry, record: changed[index] as EventRecord });
        lane.bytes -= entry.bytes.length;
      }
      wake();
    }
    lane.running = false;
    closeIfDone(orgId, lane);
  }

  function closeIfDone(orgId: string, lane: Lane): void {
    if (!lane.running && lane.parked.length === 0 && lane.returning.size === 0) lanes.delete(orgId);
  }

  function takeBack(nowMs: number): Pick<StreamEntry, "token">[] {
    const back: { token: string }[] = [];
    for (const [orgId, lane] of lanes) {
      if (lane.returning.size > 0 && nowMs < lane.returningUntilMs) continue;
      lane.returning.clear();
      let room = Math.min(laneBytesMax - lane.bytes, lanesBytesMax - bytes);
      if (room < laneBytesMax / 2) continue;
      while (lane.parked.length > 0 && room > 0) {
        const { token, bytes: size } = lane.parked.shift() as Lane["parked"][number];
        room -= size;
        parkedCount -= 1;
        lane.returning.add(token);
        back.push({ token });
      }
      lane.returningUntilMs = nowMs + takeBackMaxMs;
      closeIfDone(orgId, lane);
    }
    return back;
  }

  function takeReady(recordsMax: number): TakenRecord[] {
    const taken = ready.splice(0, recordsMax);
    for (const { entry } of taken) bytes -= entry.bytes.length;
    if (ready.length === 0) woken = new Promise((resolve) => (wake = resolve));
    return taken;
  }

  return {
    add,
    holds: (orgId) => lanes.has(orgId),
    takeReady,
    takeBack,
    hasRoom: () => parkedCount < parkedEntriesMax,
    isIdle: () => lanes.size === 0 && ready.length === 0,
    whenReady: () => (ready.length > 0 ? Promise.resolve() : woken),
  };
}

/** Takes the first records that go to the same script. */
function nextTogether(waiting: WaitingRecord[]): WaitingRecord[] {
  const first = waiting[0] as WaitingRecord;
  let events = 0;
  let count = 0;
  for (const { form, record } of waiting) {
    events += record.batch.count;
    if (form !== first.form || (count > 0 && events > laneEventsMax)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
