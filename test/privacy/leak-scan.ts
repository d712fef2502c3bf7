import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A raw value that must be found nowhere, and what it is called in a report. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

export interface Leak {
  readonly canary: string;
  readonly encoding: string;
  readonly where: string;
}

const base64Edge = 3;

/**
 * Every way a value may be written without being hidden: as it is, in other case, escaped, percent-encoded, as base64
 * at each of the three alignments, as hex.
 */
export function encodingsOf(value: string): Map<string, string> {
  const bytes = Buffer.from(value, "utf8");
  const found = new Map<string, string>();
  const add = (encoding: string, text: string) => {
    if (text.length > 3 && ![...found.values()].includes(text)) found.set(encoding, text);
  };
  add("plain", value);
  add("lower case", value.toLowerCase());
  add("upper case", value.toUpperCase());
  add("json", JSON.stringify(value).slice(1, -1));
  add("percent", encodeURIComponent(value));
  add(
    "percent, lower case",
    encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  );
  add("percent, twice", encodeURIComponent(encodeURIComponent(value)));
  add("form", encodeURIComponent(value).replaceAll("%20", "+"));
  add("hex", bytes.toString("hex"));
  add("hex, upper case", bytes.toString("hex").toUpperCase());
  for (const shift of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const core = text.slice(shift === 0 ? 0 : base64Edge, text.length - (((shift + bytes.length) % 3) + 1));
    add(`base64 at ${shift}`, core);
    add(`base64url at ${shift}`, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return found;
}

/** Looks for canaries in bytes. */
export function scanBytes(bytes: Uint8Array, where: string, canaries: readonly Canary[]): Leak[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leaks: Leak[] = [];
  for (const { name, value } of canaries) {
    for (const [encoding, needle] of encodingsOf(value)) {
      if (haystack.includes(needle, 0, "utf8")) leaks.push({ canary: name, encoding, where });
    }
  }
  return leaks;
}

/** Looks for canaries in the contents and the names of every file below a folder. */
export function scanFolder(
  folder: string,
  canaries: readonly Canary[],
): { readonly files: number; readonly leaks: Leak[] } {
  const leaks: Leak[] = [];
  let files = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    leaks.push(...scanBytes(Buffer.from(entry.name), `the name of ${path}`, canaries));
    if (!entry.isFile() || statSync(path, { throwIfNoEntry: false }) === undefined) continue;
    files += 1;
    leaks.push(...scanBytes(readFileSync(path), path, canaries));
  }
  return { files, leaks };
}
