import { constants, copyFileSync, existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
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

/** What a stream knows beside its records. */
export interface KeptBeside {
  /** Oldest first. */
  readonly losses: readonly StreamLoss[];
  readonly confirmed: { readonly position: string; readonly atMs: number } | null;
}

/**
 * Reads earlier losses and the store's position out of damaged files, by way of copies: SQLite changes what it opens.
 * Of several versions of the files, each may know what another has not.
 *
 * Shape: null if no version's losses can be read.
 */
export function readKeptBeside(paths: readonly string[]): KeptBeside | null {
  const losses = new Map<string, StreamLoss>();
  let confirmed: KeptBeside["confirmed"] = null;
  let isRead = false;
  for (const path of paths) {
    const kept = existsSync(path) ? readCopy(path) : null;
    if (kept === null) continue;
    isRead = true;
    for (const loss of kept.losses) losses.set(JSON.stringify(loss), loss);
    if (kept.confirmed && kept.confirmed.atMs >= (confirmed?.atMs ?? 0)) confirmed = kept.confirmed;
  }
  if (!isRead) return null;
  return { losses: [...losses.values()].sort((a, b) => a.foundMs - b.foundMs), confirmed };
}

function readCopy(path: string): KeptBeside | null {
  const copy = `${path}.read`;
  let db: DatabaseSync | null = null;
  try {
    for (const end of ["", "-wal"]) {
      if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${copy}${end}`, constants.COPYFILE_FICLONE);
    }
    db = new DatabaseSync(copy);
    const rows = db.prepare("SELECT cause, found_ms AS foundMs, from_ms AS fromMs, to_ms AS toMs FROM losses").all();
    return { losses: rows.map((row) => ({ ...(row as unknown as StreamLoss) })), confirmed: readConfirmed(db) };
  } catch {
    return null;
  } finally {
    db?.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${copy}${end}`, { force: true });
  }
}

function readConfirmed(db: DatabaseSync): KeptBeside["confirmed"] {
  try {
    const row = db.prepare("SELECT position, at_ms AS atMs FROM confirmed").get();
    return row ? { ...(row as unknown as NonNullable<KeptBeside["confirmed"]>) } : null;
  } catch {
    return null;
  }
}
