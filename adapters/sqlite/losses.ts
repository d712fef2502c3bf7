import type { DatabaseSync } from "node:sqlite";
import type { StreamLoss } from "../../ports/event-stream.ts";

const lossesMax = 100;

/** Notes a span of which events may be missing; the oldest are forgotten past a bound. */
export function addLoss(db: DatabaseSync, { cause, foundMs, fromMs, toMs }: StreamLoss): void {
  db.prepare("INSERT INTO losses (cause, found_ms, from_ms, to_ms) VALUES (?, ?, ?, ?)").run(
    cause,
    foundMs,
    fromMs,
    toMs,
  );
  db.exec(`DELETE FROM losses WHERE rowid NOT IN (SELECT rowid FROM losses ORDER BY rowid DESC LIMIT ${lossesMax})`);
}
