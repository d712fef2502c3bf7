import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const fileMode = 0o600;
const folderMode = 0o700;

/**
 * Reads a JSON file of the secrets folder; null if there is none.
 *
 * Errors: throws, with the file and what to do, if it can't be read or lacks one of the texts named by `members`.
 */
export function readSecretFile<T>(path: string, members: readonly (keyof T & string)[]): T | null {
  if (!existsSync(path)) return null;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    throw new Error(`${path} can't be read (${code}): give it to the user that runs Tidegate`);
  }
  const value = parsed(text);
  const missing = members.find((name) => typeof value?.[name] !== "string" || value[name] === "");
  if (value === null || missing !== undefined) {
    const why = value === null ? "is damaged" : `lacks ${missing}`;
    throw new Error(`${path} ${why}: restore it, or move it away to have a new one made`);
  }
  return value as T;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
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
