import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "../../domain/model/event/checksum.ts";

/**
 * The high-water marks of a stream, in a file beside it: what SQLite's own files must still know when they are opened
 * again. They are written after each commit and before its answer, so that a killed process leaves none behind; they
 * are brought to the disk at most every 100 ms, beside the work, so that a power cut leaves them that far behind.
 *
 * Layout: slots of 128 bytes, slot n that of the source with key n, slot 0 that of the whole stream: u32 CRC-32 of the
 * rest · u32 format · organisation and source, 40 bytes of ASCII each · events accepted (f64; in slot 0 the time of
 * the oldest waiting record) · last sequence number (f64) · time of the last append (f64, milliseconds).
 */
const slotBytes = 128;
const idBytesMax = 40;
const slotsMax = 1_000_000;
const syncEveryMs = 100;

export interface Mark {
  readonly orgId: string;
  readonly sourceId: string;
  readonly accepted: number;
  readonly lastSeq: number;
  readonly atMs: number;
}

/** Marks as a file has them. Slots that are not as they were written are counted and left out. */
export interface Marks {
  readonly format: number | null;
  readonly lastSeq: number;
  readonly lastMs: number;
  readonly oldestMs: number;
  readonly sources: ReadonlyMap<number, Mark>;
  readonly damaged: number;
}

export interface MarksFile {
  read(): Marks;
  /** Never throws: where marks can't be written, a later damage is found by fewer signs. */
  write(marks: ReadonlyMap<number, Mark>, oldestMs: number): void;
  close(): void;
}

function encodeSlot(format: number, mark: Mark): Buffer {
  const slot = Buffer.alloc(slotBytes);
  slot.writeUInt32LE(format, 4);
  slot.write(mark.orgId, 8, idBytesMax, "latin1");
  slot.write(mark.sourceId, 8 + idBytesMax, idBytesMax, "latin1");
  slot.writeDoubleLE(mark.accepted, 88);
  slot.writeDoubleLE(mark.lastSeq, 96);
  slot.writeDoubleLE(mark.atMs, 104);
  slot.writeUInt32LE(crc32(slot.subarray(4)), 0);
  return slot;
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}

function decodeSlot(slot: Buffer): (Mark & { readonly format: number }) | null {
  if (slot.readUInt32LE(0) !== crc32(slot.subarray(4))) return null;
  return {
    format: slot.readUInt32LE(4),
    orgId: textOf(slot.subarray(8, 8 + idBytesMax)),
    sourceId: textOf(slot.subarray(8 + idBytesMax, 88)),
    accepted: slot.readDoubleLE(88),
    lastSeq: slot.readDoubleLE(96),
    atMs: slot.readDoubleLE(104),
  };
}

function parse(file: Buffer): Marks {
  const sources = new Map<number, Mark>();
  let whole: ReturnType<typeof decodeSlot> = null;
  let damaged = 0;
  for (let key = 0; (key + 1) * slotBytes <= file.length; key += 1) {
    const slot = file.subarray(key * slotBytes, (key + 1) * slotBytes);
    if (slot.every((byte) => byte === 0)) continue;
    const mark = decodeSlot(slot);
    if (!mark) damaged += 1;
    else if (key === 0) whole = mark;
    else sources.set(key, mark);
  }
  const known = [...sources.values(), ...(whole ? [whole] : [])];
  const lastMs = known.reduce((ms, mark) => Math.max(ms, mark.atMs), 0);
  return {
    format: whole?.format ?? null,
    lastSeq: known.reduce((seq, mark) => Math.max(seq, mark.lastSeq), 0),
    lastMs,
    oldestMs: whole?.accepted ?? lastMs,
    sources,
    damaged,
  };
}

function readAll(descriptor: number): Buffer {
  const file = Buffer.alloc(Math.min(fstatSync(descriptor).size, slotsMax * slotBytes));
  let at = 0;
  while (at < file.length) {
    const got = readSync(descriptor, file, at, file.length - at, at);
    if (got === 0) break;
    at += got;
  }
  return file.subarray(0, at);
}

/** Opens the marks of the stream at `path`, making their file where it is missing. */
export function openMarks(path: string, format: number): MarksFile {
  const descriptor = openSync(`${path}-marks`, constants.O_RDWR | constants.O_CREAT, 0o600);
  let closed = false;
  let syncing = false;
  let lastSyncMs = Number.NEGATIVE_INFINITY;

  function sync(): void {
    const nowMs = performance.now();
    if (syncing || nowMs - lastSyncMs < syncEveryMs) return;
    syncing = true;
    lastSyncMs = nowMs;
    fdatasync(descriptor, () => {
      syncing = false;
      if (closed) closeSync(descriptor);
    });
  }

  function put(key: number, mark: Mark): void {
    if (key >= slotsMax || mark.orgId.length > idBytesMax || mark.sourceId.length > idBytesMax) return;
    writeSync(descriptor, encodeSlot(format, mark), 0, slotBytes, key * slotBytes);
  }

  return {
    read: () => parse(readAll(descriptor)),
    write(marks, oldestMs) {
      if (closed || marks.size === 0) return;
      let lastSeq = 0;
      let atMs = 0;
      try {
        for (const [key, mark] of marks) {
          put(key, mark);
          lastSeq = Math.max(lastSeq, mark.lastSeq);
          atMs = Math.max(atMs, mark.atMs);
        }
        put(0, { orgId: "", sourceId: "", accepted: oldestMs, lastSeq, atMs });
        sync();
      } catch {
        // A full disk: the commit itself went through, and the next one's marks say as much.
      }
    },
    close() {
      if (closed) return;
      closed = true;
      if (!syncing) closeSync(descriptor);
    },
  };
}
