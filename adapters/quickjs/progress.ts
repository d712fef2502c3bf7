import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a process is. */
export interface Step {
  /** How many pieces of work were begun. */
  readonly count: number;
  /** Which event of the request the last of them is for. */
  readonly index: number;
  /** False while the process works for itself: loads an engine, packs an answer. */
  readonly byScript: boolean;
}

/** Layout of the file, in the machine's own byte order: u32 index · u32 byScript, 0 or 1 · u32 count · u32 hung. */
const places = { index: 0, byScript: 1, count: 2, hung: 3 } as const;
const fileNumbers = 4;
const numberBytes = Uint32Array.BYTES_PER_ELEMENT;
/** The steps, which the main thread of the process writes; `hung` is its watch's. */
const stepBytes = places.hung * numberBytes;

type Mmap = (path: string, options: { readonly shared: boolean }) => Uint8Array;

/** The runtime's own way to map a file into memory, where it has one. */
export const runtimeMmap: Mmap | null = (globalThis as { readonly Bun?: { readonly mmap: Mmap } }).Bun?.mmap ?? null;

/**
 * Opens the file in the process that gets on: gives what writes a step.
 *
 * A step is written before each event. Where the runtime can map a file into memory, that is three stores; elsewhere
 * it is a call into the system.
 */
export function openProgressPen(path: string, mmap = runtimeMmap): (step: Omit<Step, "count">) => void {
  if (mmap) {
    const mapped = mmap(path, { shared: true });
    return writer(new Uint32Array(mapped.buffer, mapped.byteOffset, fileNumbers), () => undefined);
  }
  const file = openSync(path, "r+");
  const numbers = new Uint32Array(fileNumbers);
  const bytes = new Uint8Array(numbers.buffer);
  return writer(numbers, () => writeSync(file, bytes, 0, stepBytes, 0));
}

function writer(numbers: Uint32Array, flush: () => void): (step: Omit<Step, "count">) => void {
  return function writeStep({ index, byScript }) {
    numbers[places.index] = index;
    numbers[places.byScript] = byScript ? 1 : 0;
    // Last, and not to be put off: who sees another count sees its index.
    Atomics.add(numbers, places.count, 1);
    flush();
  };
}

/** What the file says. `hungIndex`: the event that its watch ended the process for; null if it did not. */
export interface Progress {
  readonly step: Step;
  readonly hungIndex: number | null;
}

function reader(file: number): () => Progress {
  const numbers = new Uint32Array(fileNumbers);
  const bytes = new Uint8Array(numbers.buffer);
  return function readProgress() {
    readSync(file, bytes, 0, bytes.length, 0);
    const [index, byScript, count, hung] = numbers as unknown as readonly [number, number, number, number];
    return { step: { count, index, byScript: byScript === 1 }, hungIndex: hung === 0 ? null : hung - 1 };
  };
}

/** Opens the file for the watch inside the process that gets on. */
export function openProgressWatch(path: string) {
  const file = openSync(path, "r+");
  const read = reader(file);
  return {
    read: () => read().step,
    /** Says, before the process is ended, which event hung. */
    writeHung(index: number): void {
      const bytes = new Uint8Array(new Uint32Array([index + 1]).buffer);
      writeSync(file, bytes, 0, numberBytes, places.hung * numberBytes);
    },
  };
}

/** Makes the file and opens it in the owner of the process; it is gone from its folder once both have it open. */
export function openProgress() {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-js-"));
  const path = join(folder, "steps");
  writeFileSync(path, new Uint8Array(fileNumbers * numberBytes), { mode: 0o600 });
  const file = openSync(path, "r");
  return {
    path,
    read: reader(file),
    unlink: () => rmSync(folder, { recursive: true, force: true }),
    close: () => closeSync(file),
  };
}
