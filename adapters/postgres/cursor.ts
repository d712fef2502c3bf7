import { isUuid } from "./tenant-scope.ts";

/** Where a page ended: the time and id of its last row. */
export interface Position {
  readonly atMs: number;
  readonly id: string;
}

/** Writes a position as an opaque cursor. */
export function writeCursor({ atMs, id }: Position): string {
  return Buffer.from(`${atMs} ${id}`).toString("base64url");
}

/** Reads a cursor of `writeCursor`; null for anything else, which comes from outside. */
export function readCursor(cursor: string): Position | null {
  const [time = "", id = "", ...rest] = Buffer.from(cursor, "base64url").toString("latin1").split(" ");
  return /^\d{1,15}$/.test(time) && isUuid(id) && rest.length === 0 ? { atMs: Number(time), id } : null;
}
