import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import {
  acceptedEvents,
  type RecordLabel,
  readLabel,
  readRecord,
  recordLengthAt,
} from "../../domain/model/event/record.ts";
import { readWriteAheadLog } from "./write-ahead-log.ts";

/**
 * Finds the records in the files of a damaged stream by their own checksums, whatever SQLite's structures say: in
 * every page of the file, and in every frame of its log, before and behind a damaged one. A record that is found
 * twice, or that was processed already, does no harm: the store knows it by its id.
 *
 * A record lies in a page whole, or begins in one and goes on through a chain of overflow pages, each headed by the
 * number of the next. Source: https://sqlite.org/fileformat2.html, section 1.6.
 */
export interface CarvedRecord extends RecordLabel {
  readonly bytes: Uint8Array;
  /** When it was received; null if it is damaged, and only says whose it was. */
  readonly receivedAtMs: number | null;
}

/** What a row of the table has before its record: the cell's head, the id, and numbers. */
const beforeRecordMin = 44;
const beforeRecordMax = 84;
const recordBytesMax = 64 * 1024 * 1024;
/** Of a damaged record only its first bytes are kept: enough to be seen as one. */
const damagedBytesKept = 64;
const pageBytesDefault = 4_096;
const walFile = "-wal";

/** A page as one of its versions has it. */
interface Version {
  /** Position in the log of the frame it came with; -1: the file itself. */
  readonly frame: number;
  readonly bytes: Uint8Array;
}

/** Reads what can be read; where the disk gives an error, a stretch stays zero. */
function readFile(path: string): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return new Uint8Array(0);
  }
  try {
    const bytes = new Uint8Array(fstatSync(descriptor).size);
    for (let at = 0; at < bytes.length; at += pageBytesDefault) {
      try {
        readSync(descriptor, bytes, at, Math.min(pageBytesDefault, bytes.length - at), at);
      } catch {
        // the disk can't read it
      }
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** The page size that the file states, if it is one; ours have the default. */
function pageBytesOf(file: Uint8Array): number {
  const stated = file.length > 18 ? ((file[16] as number) << 8) | (file[17] as number) : 0;
  return stated >= 512 && (stated & (stated - 1)) === 0 ? stated : pageBytesDefault;
}

interface Pages {
  readonly pageBytes: number;
  /** Versions of each page, the oldest first. */
  readonly versions: ReadonlyMap<number, readonly Version[]>;
  /** For each frame, the last frame of its commit. */
  readonly commitEnds: readonly number[];
}

function readPages(path: string): Pages {
  const file = readFile(path);
  const log = readWriteAheadLog(readFile(`${path}${walFile}`), pageBytesDefault);
  const pageBytes = log.frames.length > 0 ? log.pageBytes : pageBytesOf(file);
  const versions = new Map<number, Version[]>();
  const add = (page: number, version: Version) => {
    const known = versions.get(page);
    if (known) known.push(version);
    else versions.set(page, [version]);
  };
  for (let page = 1; page * pageBytes <= file.length; page += 1) {
    add(page, { frame: -1, bytes: file.subarray((page - 1) * pageBytes, page * pageBytes) });
  }
  log.frames.forEach(({ page, bytes }, frame) => {
    add(page, { frame, bytes });
  });
  const commitEnds: number[] = new Array(log.frames.length);
  let end = log.frames.length - 1;
  for (let frame = log.frames.length - 1; frame >= 0; frame -= 1) {
    if (log.frames[frame]?.endsCommit) end = frame;
    commitEnds[frame] = end;
  }
  return { pageBytes, versions, commitEnds };
}

/** A page as it was when the commit ended that `frame` belongs to. */
function pageAt(pages: Pages, page: number, frame: number): Uint8Array | null {
  const until = frame < 0 ? -1 : (pages.commitEnds[frame] ?? frame);
  let found: Uint8Array | null = null;
  for (const version of pages.versions.get(page) ?? []) {
    if (found !== null && version.frame > until) break;
    found = version.bytes;
  }
  return found;
}

/** How many bytes of a row of `rowBytes` lie in its first page, the others being in overflow pages. */
function localBytes(rowBytes: number, pageBytes: number): number {
  const most = pageBytes - 35;
  if (rowBytes <= most) return rowBytes;
  const least = Math.trunc(((pageBytes - 12) * 32) / 255) - 23;
  const wanted = least + ((rowBytes - least) % (pageBytes - 4));
  return wanted <= most ? wanted : least;
}

/** The record's bytes, gathered from its overflow pages, if `before` bytes of its row stand before it. */
function gather(pages: Pages, version: Version, at: number, length: number, before: number): Uint8Array | null {
  const { pageBytes } = pages;
  const here = localBytes(before + length, pageBytes) - before;
  if (here < 16 || here >= length || at + here + 4 > pageBytes) return null;
  const bytes = new Uint8Array(length);
  bytes.set(version.bytes.subarray(at, at + here));
  let next = pageNumber(version.bytes, at + here);
  for (let have = here; have < length; ) {
    const page = next === 0 ? null : pageAt(pages, next, version.frame);
    if (!page) return null;
    const part = page.subarray(4, Math.min(pageBytes, 4 + length - have));
    bytes.set(part, have);
    have += part.length;
    next = pageNumber(page, 0);
    if (have >= length && next !== 0) return null;
  }
  return bytes;
}

function pageNumber(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** The record's bytes as they were written, if they can be had: from this page, or from it and its overflow pages. */
function* candidates(pages: Pages, version: Version, at: number, length: number): Generator<Uint8Array> {
  if (at + length <= version.bytes.length) yield version.bytes.slice(at, at + length);
  for (let before = beforeRecordMin; before <= beforeRecordMax; before += 1) {
    const bytes = gather(pages, version, at, length, before);
    if (bytes) yield bytes;
  }
}

/** What begins at `at`: a sound record, a damaged one that says whose it was, or nothing. */
function recordAt(pages: Pages, version: Version, at: number): CarvedRecord | null {
  const rest = version.bytes.subarray(at);
  const length = recordLengthAt(rest);
  if (length === null) return null;
  if (length <= recordBytesMax) {
    for (const bytes of candidates(pages, version, at, length)) {
      const read = readRecord(bytes);
      if (!read.ok) continue;
      const { id, orgId, sourceId, receivedAtMs } = read.value;
      return { id, orgId, sourceId, receivedAtMs, accepted: acceptedEvents(read.value), bytes };
    }
  }
  const label = readLabel(rest);
  return label && { ...label, receivedAtMs: null, bytes: rest.slice(0, damagedBytesKept) };
}

/** First bytes of a record in either form, little endian: "1EGT" and "2RGT". */
const lastLetters = [0x47, 0x54] as const;

/**
 * Carves the stream at `path`, of which no process may have the files open.
 *
 * Shape: each record once, in the order of their ids, which is that of their receipt; damaged ones only where no sound
 * copy was found.
 */
export function carveRecords(path: string): CarvedRecord[] {
  const pages = readPages(path);
  const found = new Map<string, CarvedRecord>();
  const [first, second] = lastLetters;
  for (const versions of pages.versions.values()) {
    for (const version of versions) {
      const { bytes } = version;
      for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
        if (bytes[at + 1] !== second || at < 2) continue;
        const carved = recordAt(pages, version, at - 2);
        if (!carved) continue;
        const known = found.get(carved.id);
        if (!known || (known.receivedAtMs === null && carved.receivedAtMs !== null)) found.set(carved.id, carved);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
