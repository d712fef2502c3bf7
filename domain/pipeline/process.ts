import type { Clock } from "../../ports/clock.ts";
import type { EventStore, RelayRule } from "../../ports/event-store.ts";
import type { EventStream, StreamEntry } from "../../ports/event-stream.ts";
import type { Random } from "../../ports/random.ts";
import { type Telemetry, word } from "../../ports/telemetry.ts";
import { processBytesMax, processRecordsMax } from "../model/limits.ts";
import type { CustomJs, ScriptForm } from "./custom-js.ts";
import { createCustomJsLanes, type TakenRecord } from "./custom-js-lanes.ts";
import { createCountDamagedStep, createSortEntriesStep } from "./steps/sort-entries.ts";
import { createUnpackStep } from "./steps/unpack-record.ts";

export interface ProcessParts {
  readonly stream: EventStream;
  readonly store: EventStore;
  readonly relays: RelayRule;
  readonly customJs: CustomJs;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

const readWaitMs = 250;
/** While scripts are at work: how long a look into the stream may keep what they finish waiting. */
const readWaitBusyMs = 5;
const backoffFirstMs = 100;
const backoffMaxMs = 5_000;

/**
 * Makes the loop that moves records from the stream into the store.
 *
 * The store's transaction is what happens once; acknowledging comes after it, so a crash in between only shows the
 * store a record that it knows already. Records with custom JavaScript leave the line for a lane of their
 * organisation's own and come back when their script is done, so that no other waits for it.
 */
export function createProcess(parts: ProcessParts): { run(signal: AbortSignal): Promise<void> } {
  const sortEntries = createSortEntriesStep(parts.telemetry);
  const countDamaged = createCountDamagedStep(parts);
  const unpackRecord = createUnpackStep(parts.random);
  const lanes = createCustomJsLanes(parts.customJs);

  async function store(taken: readonly TakenRecord[]): Promise<boolean> {
    const startedMs = parts.clock.nowMs();
    const records = taken.map(({ record }) => unpackRecord(record));
    const stored = await parts.store.storeRecords(records, parts.relays);
    if (!stored.ok) {
      parts.telemetry.log("warn", "store refused records, trying again", { code: word(stored.failure.code) });
      return false;
    }
    const seconds = (parts.clock.nowMs() - startedMs) / 1000;
    parts.telemetry.observe("process_batch_seconds", seconds);
    parts.telemetry.count("processed_records_total", records.length);
    const unreadable = records.reduce((sum, { unreadableTimes = 0 }) => sum + unreadableTimes, 0);
    if (unreadable > 0) parts.telemetry.count("events_unreadable_times_total", unreadable);
    return true;
  }

  async function read(signal: AbortSignal): Promise<readonly StreamEntry[]> {
    const waitMs = lanes.isIdle() ? readWaitMs : readWaitBusyMs;
    const back = lanes.takeBack(parts.clock.nowMs());
    if (back.length > 0) await parts.stream.release(back);
    if (lanes.hasRoom()) {
      return await parts.stream.read({ recordsMax: processRecordsMax, bytesMax: processBytesMax, waitMs });
    }
    await Promise.race([lanes.whenReady(), parts.clock.sleep(readWaitMs, signal)]);
    return [];
  }

  /** The records that need no script; the others are in their lanes. False if it can't be known which is which. */
  async function sort(decoded: readonly TakenRecord[]): Promise<TakenRecord[] | false> {
    const plain: TakenRecord[] = [];
    const formed: { readonly taken: TakenRecord; readonly form: ScriptForm | null }[] = [];
    for (const taken of decoded) {
      const form = await parts.customJs.formOf(taken.record);
      if (!form.ok) {
        parts.telemetry.log("warn", "a data layer could not be read", { code: word(form.failure.code) });
        return false;
      }
      formed.push({ taken, form: form.value });
    }
    for (const { taken, form } of formed) {
      if (form || lanes.holds(taken.record.orgId)) lanes.add(taken, form);
      else plain.push(taken);
    }
    return plain;
  }

  async function run(signal: AbortSignal): Promise<void> {
    let backoffMs = backoffFirstMs;

    async function giveBack(entries: readonly StreamEntry[]): Promise<void> {
      await parts.stream.release(entries);
      await parts.clock.sleep(backoffMs, signal);
      backoffMs = Math.min(backoffMaxMs, backoffMs * 2);
    }

    /** Acknowledges what can't be read once it is counted. */
    async function setAside(damaged: readonly StreamEntry[]): Promise<void> {
      if (damaged.length === 0) return;
      const counted = await countDamaged(damaged);
      if (counted.ok) await parts.stream.acknowledge(damaged);
      else await giveBack(damaged);
    }

    while (!signal.aborted) {
      const { sound, damaged } = sortEntries(await read(signal));
      await setAside(damaged);
      const plain = await sort(sound);
      if (plain === false) {
        await giveBack(sound.map(({ entry }) => entry));
        continue;
      }
      const taken = [...plain, ...lanes.takeReady(processRecordsMax)];
      if (taken.length === 0) continue;
      const done = taken.map(({ entry }) => entry);
      if (await store(taken)) {
        await parts.stream.acknowledge(done);
        backoffMs = backoffFirstMs;
      } else {
        await giveBack(done);
      }
    }
  }

  return { run };
}
