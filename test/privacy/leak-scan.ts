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

/** A canary's encodings, ready to be looked for all at once. */
export interface Scanner {
  scanBytes(bytes: Uint8Array, where: string): Leak[];
  scanFolder(folder: string): { readonly files: number; readonly leaks: Leak[] };
}

interface Needle {
  readonly bytes: Buffer;
  readonly canary: string;
  readonly encoding: string;
}

const prefixBytes = 4;
const sieveBits = 20;

/**
 * Makes a scanner for many canaries: one pass over the bytes, whatever the number of needles.
 *
 * A sieve of hashed four-byte prefixes passes over nearly every position; the few left are compared in full.
 */
export function createScanner(canaries: readonly Canary[]): Scanner {
  const sieve = new Uint8Array(1 << sieveBits);
  const byPrefix = new Map<number, Needle[]>();
  for (const { name, value } of canaries) {
    for (const [encoding, text] of encodingsOf(value)) {
      const bytes = Buffer.from(text, "utf8");
      const prefix = bytes.readInt32LE(0);
      sieve[slotOf(prefix)] = 1;
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { bytes, canary: name, encoding }]);
    }
  }

  function scanBytes(bytes: Uint8Array, where: string): Leak[] {
    const found = new Set<Needle>();
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let prefix = 0;
    for (let end = 0; end < haystack.length; end += 1) {
      prefix = (prefix >>> 8) | ((haystack[end] as number) << 24);
      if (sieve[slotOf(prefix)] === 0) continue;
      const start = end - prefixBytes + 1;
      for (const needle of byPrefix.get(prefix) ?? []) {
        if (!found.has(needle) && haystack.subarray(start, start + needle.bytes.length).equals(needle.bytes)) {
          found.add(needle);
        }
      }
    }
    return [...found].map(({ canary, encoding }) => ({ canary, encoding, where }));
  }

  function scanFolder(folder: string): { readonly files: number; readonly leaks: Leak[] } {
    const leaks: Leak[] = [];
    let files = 0;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      leaks.push(...scanBytes(Buffer.from(entry.name), `the name of ${path}`));
      if (!entry.isFile() || statSync(path, { throwIfNoEntry: false }) === undefined) continue;
      files += 1;
      leaks.push(...scanBytes(readFileSync(path), path));
    }
    return { files, leaks };
  }

  return { scanBytes, scanFolder };
}

function slotOf(prefix: number): number {
  return Math.imul(prefix, 0x9e3779b1) >>> (32 - sieveBits);
}

/** Looks for canaries in bytes. */
export function scanBytes(bytes: Uint8Array, where: string, canaries: readonly Canary[]): Leak[] {
  return createScanner(canaries).scanBytes(bytes, where);
}

/** Looks for canaries in the contents and the names of every file below a folder. */
export function scanFolder(
  folder: string,
  canaries: readonly Canary[],
): { readonly files: number; readonly leaks: Leak[] } {
  return createScanner(canaries).scanFolder(folder);
}
