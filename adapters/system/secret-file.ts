import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const fileMode = 0o600;
const folderMode = 0o700;

/** Reads a JSON file of the secrets folder; null if there is none. Errors: throws if it is not JSON. */
export function readSecretFile<T>(path: string): T | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    throw new Error(`${path} is not readable JSON: restore it, or move it away to have a new one made`);
  }
}

/** Writes a JSON file that only its owner may read, all of it or nothing, durable when it returns. */
export function writeSecretFile(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: folderMode });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w", fileMode);
  try {
    writeSync(file, `${JSON.stringify(value, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
