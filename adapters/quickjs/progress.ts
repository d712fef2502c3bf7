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

/** Layout of the file, in the machine's own byte order: u32 index · u32 byScript, 0 or 1 · u32 count. */
const places = { index: 0, byScript: 1, count: 2 } as const;
const fileNumbers = 3;

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
  return writer(numbers, () => writeSync(file, bytes, 0, bytes.length, 0));
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

/** Makes the file and opens it in the process that watches; it is gone from its folder once both have it open. */
export function openProgress() {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-js-"));
  const path = join(folder, "steps");
  const numbers = new Uint32Array(fileNumbers);
  const bytes = new Uint8Array(numbers.buffer);
  writeFileSync(path, bytes, { mode: 0o600 });
  const file = openSync(path, "r");
  return {
    path,
    read(): Step {
      readSync(file, bytes, 0, bytes.length, 0);
      const [index, byScript, count] = numbers as unknown as readonly [number, number, number];
      return { count, index, byScript: byScript === 1 };
    },
    unlink: () => rmSync(folder, { recursive: true, force: true }),
    close: () => closeSync(file),
  };
}
