import type { Clock } from "../../../ports/clock.ts";
import type { EventStore, RelayRule } from "../../../ports/event-store.ts";
import type { EventStream, StreamEntry } from "../../../ports/event-stream.ts";
import type { Random } from "../../../ports/random.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Troubles } from "../../../ports/troubles.ts";
import { processBytesMax, processRecordsMax } from "../../model/limits.ts";
import type { CustomJs, ScriptForm } from "./custom-js.ts";
import { createCustomJsLanes, type TakenRecord } from "./custom-js-lanes.ts";
import { createCountDamagedStep, createSortEntriesStep } from "./sort-entries.ts";
import { createUnpackStep } from "./unpack-record.ts";
import { createWatchStorePosition } from "./watch-store-position.ts";
import { createWithheld, withheldRecordsMax } from "./withheld.ts";

export interface ProcessParts {
  readonly stream: EventStream;
  readonly store: EventStore;
  readonly relays: RelayRule;
  readonly customJs: CustomJs;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly troubles?: Pick<Troubles, "set">;
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
  const lanes = createCustomJsLanes(parts.customJs, parts.clock);

  const withheld = createWithheld(parts.clock);
  const positions = createWatchStorePosition(parts);

  function noteTroubles(code: string | null): void {
    const isDamaged = code?.startsWith("store_damaged") ?? withheld.size() > 0;
    parts.troubles?.set("store_damaged", isDamaged);
    parts.troubles?.set("store_disk_full", code === "store_disk_full");
  }

  /** The entries that the store has now; null if it took none. Those it can't take where it is damaged are held. */
  async function store(taken: readonly TakenRecord[]) {
    const startedMs = parts.clock.nowMs();
    const records = taken.map(({ record }) => unpackRecord(record));
    const stored = await parts.store.storeRecords(records, parts.relays);
    if (!stored.ok) {
      noteTroubles(stored.failure.code);
      parts.telemetry.log("warn", "store refused records, trying again", { code: word(stored.failure.code) });
      return null;
    }
    const done: StreamEntry[] = [];
    const kept: StreamEntry[] = [];
    let unreadableTimes = 0;
    taken.forEach(({ entry, record }, index) => {
      const outcome = stored.value[index];
      if (outcome?.kind === "withheld") tellWithheld(record.orgId, outcome.code);
      else unreadableTimes += records[index]?.unreadableTimes ?? 0;
      (outcome?.kind === "withheld" ? kept : done).push(entry);
    });
    withheld.settle(done);
    withheld.hold(kept);
    noteTroubles(null);
    const seconds = (parts.clock.nowMs() - startedMs) / 1000;
    parts.telemetry.observe("process_batch_seconds", seconds);
    parts.telemetry.count("processed_records_total", done.length);
    if (unreadableTimes > 0) parts.telemetry.count("events_unreadable_times_total", unreadableTimes);
    parts.telemetry.gauge("withheld_records", withheld.size());
    return { done };
  }

  function tellWithheld(orgId: string, code: string): void {
    const what = "the database is damaged where records go: they wait, others go on: see docs/durability.md";
    parts.telemetry.log("error", what, { code: word(code), organization: word(orgId) });
  }

  async function read(signal: AbortSignal): Promise<readonly StreamEntry[]> {
    const waitMs = lanes.isIdle() ? readWaitMs : readWaitBusyMs;
    parts.telemetry.gauge("custom_js_waiting_records", lanes.heldCount());
    const back = [...lanes.takeBack(parts.clock.nowMs()), ...withheld.takeDue()];
    if (back.length > 0) await parts.stream.release(back);
    if (lanes.hasRoom() && withheld.size() < withheldRecordsMax) {
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

    await positions.read();
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
      const stored = await store(taken);
      if (stored === null) {
        await giveBack(taken.map(({ entry }) => entry));
        continue;
      }
      const position = await positions.read();
      await parts.stream.acknowledge(stored.done, position ?? undefined);
      backoffMs = backoffFirstMs;
    }
  }

  return { run };
}
