import type { Clock } from "../../ports/clock.ts";
import type { EventStore, RelayRule } from "../../ports/event-store.ts";
import type { EventStream, StreamEntry } from "../../ports/event-stream.ts";
import type { Random } from "../../ports/random.ts";
import { type Telemetry, word } from "../../ports/telemetry.ts";
import { processBytesMax, processRecordsMax } from "../model/limits.ts";
import { decodeRecord } from "../model/record.ts";
import { createUnpackStep } from "./steps/unpack-record.ts";

export interface ProcessParts {
  readonly stream: EventStream;
  readonly store: EventStore;
  readonly relays: RelayRule;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

const readWaitMs = 250;
const backoffFirstMs = 100;
const backoffMaxMs = 5_000;

/**
 * Makes the loop that moves records from the stream into the store.
 *
 * The store's transaction is what happens once; acknowledging comes after it, so a crash in between only shows the
 * store a record that it knows already.
 */
export function createProcess(parts: ProcessParts): { run(signal: AbortSignal): Promise<void> } {
  const unpackRecord = createUnpackStep(parts.random);

  async function storeEntries(entries: readonly StreamEntry[]): Promise<boolean> {
    const startedMs = parts.clock.nowMs();
    const records = entries.map((entry) => unpackRecord(decodeRecord(entry.bytes)));
    const stored = await parts.store.storeRecords(records, parts.relays);
    if (!stored.ok) {
      parts.telemetry.log("warn", "store refused records, trying again", { code: word(stored.failure.code) });
      return false;
    }
    const seconds = (parts.clock.nowMs() - startedMs) / 1000;
    parts.telemetry.observe("process_batch_seconds", seconds);
    parts.telemetry.count("processed_records_total", records.length);
    return true;
  }

  async function run(signal: AbortSignal): Promise<void> {
    let backoffMs = backoffFirstMs;
    while (!signal.aborted) {
      const entries = await parts.stream.read({
        recordsMax: processRecordsMax,
        bytesMax: processBytesMax,
        waitMs: readWaitMs,
      });
      if (entries.length === 0) continue;
      if (await storeEntries(entries)) {
        await parts.stream.acknowledge(entries);
        backoffMs = backoffFirstMs;
        continue;
      }
      await parts.stream.release(entries);
      await parts.clock.sleep(backoffMs, signal);
      backoffMs = Math.min(backoffMaxMs, backoffMs * 2);
    }
  }

  return { run };
}
