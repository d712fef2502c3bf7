import type { Clock } from "../../../ports/clock.ts";
import type { StreamEntry } from "../../../ports/event-stream.ts";
import type { EventRecord } from "../../model/event/record.ts";
import type { CustomJs, ScriptForm } from "./custom-js.ts";

/** A record of the stream with what will acknowledge it. */
export interface TakenRecord {
  readonly entry: StreamEntry;
  readonly record: EventRecord;
}

interface WaitingRecord extends TakenRecord {
  /** Null: it only waits for those of its organisation that came before. */
  readonly form: ScriptForm | null;
  /** When its script failed first, where its organisation lets it wait for the script; null before. */
  readonly heldSinceMs: number | null;
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
  /** Whether no script is at work and nothing is done: what waits for a pause to end counts as idle. */
  isIdle(): boolean;
  /** Records that wait for a script that failed. */
  heldCount(): number;
  /** Resolves when a record gets ready, or is so. */
  whenReady(): Promise<void>;
}

export const lanesBytesMax = 32 * 1024 * 1024;
export const laneBytesMax = 4 * 1024 * 1024;
/** Events of one organisation that go to its script together. */
export const laneEventsMax = 500;
/** Entries that are known by their token only, because their lane is full. */
export const parkedEntriesMax = 200_000;
/**
 * A record that waits for its script is tried again so often, and no longer than this; then it is dropped. Half a
 * minute apart, its own time-outs are too few to have the organisation paused.
 */
export const heldAgainMs = 31_000;
export const heldMsMax = 10 * 60_000;
/** So many entries behind those that wait, and they wait no longer: one organisation must not fill what all share. */
export const heldParkedMax = 20_000;
/** How long a lane waits for entries that the stream was to give again. */
export const takeBackMaxMs = 5_000;

interface Lane {
  readonly waiting: WaitingRecord[];
  /** Of records that wait or run. */
  bytes: number;
  running: boolean;
  /** Until then nothing is tried: its first records wait for their script. */
  resumeAtMs: number;
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
export function createCustomJsLanes(
  customJs: Pick<CustomJs, "transform" | "transformOrWait">,
  clock: Pick<Clock, "nowMs">,
): CustomJsLanes {
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
    const empty = { waiting: [], parked: [], returning };
    const lane = { ...empty, bytes: 0, running: false, resumeAtMs: 0, returningUntilMs: 0 };
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
    lane.waiting.push({ ...taken, form, heldSinceMs: null });
    if (!lane.running && clock.nowMs() >= lane.resumeAtMs) void drive(record.orgId, lane);
  }

  /** Runs the first records' script; those that wait for it come back, with the time of their first failure. */
  async function runTogether(together: readonly WaitingRecord[], lane: Lane): Promise<WaitingRecord[]> {
    const { form, heldSinceMs } = together[0] as WaitingRecord;
    const records = together.map(({ record }) => record);
    const isOver = lane.parked.length >= heldParkedMax || clock.nowMs() - (heldSinceMs ?? clock.nowMs()) >= heldMsMax;
    const changed = !form
      ? records
      : await (form.onFailure === "wait" && !isOver ? customJs.transformOrWait : customJs.transform)(form, records);
    const held: WaitingRecord[] = [];
    for (const [index, one] of together.entries()) {
      const record = changed[index] ?? null;
      if (record === null) {
        held.push({ ...one, heldSinceMs: one.heldSinceMs ?? clock.nowMs() });
        continue;
      }
      ready.push({ entry: one.entry, record });
      lane.bytes -= one.entry.bytes.length;
    }
    return held;
  }

  /** Runs one lane until nothing waits in it. */
  async function drive(orgId: string, lane: Lane): Promise<void> {
    lane.running = true;
    // What is added in the same turn of the loop goes together.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const held = await runTogether(nextTogether(lane.waiting), lane);
      wake();
      if (held.length === 0) continue;
      lane.waiting.unshift(...held);
      lane.resumeAtMs = clock.nowMs() + heldAgainMs;
      break;
    }
    lane.running = false;
    closeIfDone(orgId, lane);
  }

  function closeIfDone(orgId: string, lane: Lane): void {
    const isEmpty = lane.waiting.length === 0 && lane.parked.length === 0 && lane.returning.size === 0;
    if (!lane.running && isEmpty) lanes.delete(orgId);
  }

  function takeBack(nowMs: number): Pick<StreamEntry, "token">[] {
    const back: { token: string }[] = [];
    for (const [orgId, lane] of lanes) {
      if (!lane.running && lane.waiting.length > 0 && nowMs >= lane.resumeAtMs) void drive(orgId, lane);
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
    isIdle: () => ready.length === 0 && [...lanes.values()].every(isResting),
    heldCount: () => [...lanes.values()].reduce((sum, lane) => sum + (isResting(lane) ? lane.waiting.length : 0), 0),
    whenReady: () => (ready.length > 0 ? Promise.resolve() : woken),
  };
}

/** Whether a lane only waits for the time at which its script is tried again. */
function isResting(lane: Lane): boolean {
  return !lane.running && lane.waiting.length > 0;
}

/** Takes the first records that go to the same script. */
function nextTogether(waiting: WaitingRecord[]): WaitingRecord[] {
  const first = waiting[0] as WaitingRecord;
  let events = 0;
  let count = 0;
  for (const { form, record, heldSinceMs } of waiting) {
    events += record.batch.count;
    const isOther = form !== first.form || (heldSinceMs === null) !== (first.heldSinceMs === null);
    if (isOther || (count > 0 && events > laneEventsMax)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
