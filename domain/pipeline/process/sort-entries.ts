import type { EventStore } from "../../../ports/event-store.ts";
import type { StreamEntry } from "../../../ports/event-stream.ts";
import { type SafeFields, type Telemetry, word } from "../../../ports/telemetry.ts";
import { acceptedEvents, type EventRecord, readRecord } from "../../model/event/record.ts";
import type { Result } from "../../model/failure.ts";
import { succeed } from "../../model/failure.ts";
import type { TakenRecord } from "./custom-js-lanes.ts";

/** Entries of the stream by whether their records are as they were written. */
export interface SortedEntries {
  readonly sound: readonly TakenRecord[];
  readonly damaged: readonly StreamEntry[];
}

/**
 * Makes the step that reads entries. What the stream wrote beside a sound record and does not agree with it is damage
 * of the stream's own: it is told, and the record counts.
 */
export function createSortEntriesStep(telemetry: Pick<Telemetry, "log" | "count">) {
  function tellMislabelled(entry: StreamEntry, record: EventRecord): void {
    const isAgreed = entry.id === record.id && entry.orgId === record.orgId && entry.sourceId === record.sourceId;
    if (isAgreed && entry.accepted === acceptedEvents(record)) return;
    telemetry.count("stream_damaged_labels_total");
    telemetry.log(
      "error",
      "the stream's file is damaged beside a sound record: its ledger counts what the record says",
    );
  }

  return function sortEntries(entries: readonly StreamEntry[]): SortedEntries {
    const sound: TakenRecord[] = [];
    const damaged: StreamEntry[] = [];
    for (const entry of entries) {
      const read = readRecord(entry.bytes);
      if (!read.ok) {
        damaged.push(entry);
        continue;
      }
      tellMislabelled(entry, read.value);
      sound.push({ entry, record: read.value });
    }
    return { sound, damaged };
  };
}

/**
 * Makes the step that counts damaged records for whom they were accepted, and names them in log and metric.
 *
 * Errors: those of the store; then nothing may be acknowledged.
 */
export function createCountDamagedStep(parts: {
  readonly store: Pick<EventStore, "countDamaged">;
  readonly telemetry: Pick<Telemetry, "log" | "count">;
}) {
  return async function countDamaged(entries: readonly StreamEntry[]): Promise<Result<void>> {
    if (entries.length === 0) return succeed(undefined);
    const counted = await parts.store.countDamaged(entries);
    if (!counted.ok) return counted;
    entries.forEach(({ id, orgId, sourceId, accepted }, index) => {
      const outcome = counted.value[index] ?? "unknown";
      if (outcome === "known") return;
      const isCounted = outcome === "counted";
      parts.telemetry.count("damaged_records_total", 1, { ledger: isCounted ? "counted" : "unknown_source" });
      if (isCounted) parts.telemetry.count("damaged_events_total", accepted);
      const what = isCounted
        ? "a damaged record of the stream is set aside, its events are dead: see docs/durability.md"
        : "a damaged record of the stream is set aside, and nothing tells whose it was: see docs/durability.md";
      const ids: SafeFields = isCounted ? { record: word(id), organization: word(orgId), source: word(sourceId) } : {};
      parts.telemetry.log("error", what, { code: word("record_damaged"), events: accepted, ...ids });
    });
    return succeed(undefined);
  };
}
