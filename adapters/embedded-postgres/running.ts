import { readFileSync } from "node:fs";
import { join } from "node:path";

const portLine = 3; // of postmaster.pid, counted from 0

/** Where the embedded server listens that another process runs on a data directory; null if it can't be told. */
export function runningPostgres(dataDir: string): { readonly host: string; readonly port: number } | null {
  try {
    const port = Number(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[portLine]);
    return Number.isInteger(port) && port > 0 ? { host: "127.0.0.1", port } : null;
  } catch {
    return null;
  }
}
