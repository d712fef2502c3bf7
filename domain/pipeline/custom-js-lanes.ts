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
  /** False when so much is under way that no more should be read. */
  hasRoom(): boolean;
  isIdle(): boolean;
  /** Resolves when a record gets ready, or is so. */
  whenReady(): Promise<void>;
}

export const lanesBytesMax = 32 * 1024 * 1024;
export const laneBytesMax = 4 * 1024 * 1024;
/** Events of one organisation that go to its script together. */
export const laneEventsMax = 500;

interface Lane {
  readonly waiting: WaitingRecord[];
  bytes: number;
}

/**
 * Makes the lanes: an organisation whose script is slow holds up its own records only, and what waits in memory is
 * bounded, because the stream keeps the rest.
 */
export function createCustomJsLanes(customJs: Pick<CustomJs, "transform">): CustomJsLanes {
  const lanes = new Map<string, Lane>();
  const ready: TakenRecord[] = [];
  let bytes = 0;
  let wake = () => {};
  let woken = new Promise<void>((resolve) => (wake = resolve));

  function add(taken: TakenRecord, form: ScriptForm | null): void {
    const { orgId } = taken.record;
    const size = taken.entry.bytes.length;
    bytes += size;
    const lane = lanes.get(orgId);
    if (lane) {
      lane.bytes += size;
      lane.waiting.push({ ...taken, form });
      return;
    }
    const opened = { waiting: [{ ...taken, form }], bytes: size };
    lanes.set(orgId, opened);
    void drive(orgId, opened);
  }

  /** Runs one lane until it is empty. */
  async function drive(orgId: string, lane: Lane): Promise<void> {
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
    lanes.delete(orgId);
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
    hasRoom: () => bytes < lanesBytesMax && ![...lanes.values()].some((lane) => lane.bytes >= laneBytesMax),
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
