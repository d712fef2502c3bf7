/**
 * SQLite's write-ahead log, read as bytes, because SQLite takes a damaged frame for the log's end and forgets what
 * follows without a word. Source: https://sqlite.org/fileformat2.html, section 4.
 *
 * Layout: a header of 32 bytes, then frames: 24 bytes (page number, size of the file in pages if the frame ends a
 * commit else 0, two salts, two checksums) and the page. The checksum of a frame goes on from that of the one before.
 */
const headerBytes = 32;
const frameHeadBytes = 24;
const magicLittle = 0x377f0682;
const magicBig = 0x377f0683;
const pageBytesMin = 512;
const pageBytesMax = 65_536;

export interface LogFrame {
  readonly page: number;
  readonly endsCommit: boolean;
  readonly bytes: Uint8Array;
}

export interface WriteAheadLog {
  /** False if a frame or the header is not as it was written and more of the same writing follows, or may do. */
  readonly isSound: boolean;
  /** Frames of the log's current writing, in order, those behind a damaged one too; the damaged one is among them. */
  readonly frames: readonly LogFrame[];
  readonly pageBytes: number;
}

const empty: WriteAheadLog = { isSound: true, frames: [], pageBytes: 0 };

/** Adds up words, from the sums before; worked through in the log's own byte order. */
function addUp(view: DataView, from: number, to: number, sums: Uint32Array, little: boolean): void {
  let [a, b] = sums as unknown as [number, number];
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, little) + b) >>> 0;
    b = (b + view.getUint32(at + 4, little) + a) >>> 0;
  }
  sums[0] = a;
  sums[1] = b;
}

/** Reads a log. Of one whose header is damaged, `pageBytes` says how long its frames are. */
export function readWriteAheadLog(file: Uint8Array, pageBytes: number): WriteAheadLog {
  if (file.length === 0) return empty;
  if (file.length < headerBytes + frameHeadBytes) return { ...empty, isSound: file.every((byte) => byte === 0) };
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = view.getUint32(0);
  const little = magic === magicLittle;
  const sums = new Uint32Array(2);
  addUp(view, 0, 24, sums, little);
  const isHeaderSound =
    (little || magic === magicBig) && sums[0] === view.getUint32(24) && sums[1] === view.getUint32(28);
  const stated = isHeaderSound ? view.getUint32(8) : pageBytes;
  const isSize = stated >= pageBytesMin && stated <= pageBytesMax && (stated & (stated - 1)) === 0;
  if (!isSize) return { ...empty, isSound: false };
  return readFrames(file, view, { pageBytes: stated, isHeaderSound, little, sums });
}

interface Head {
  readonly pageBytes: number;
  readonly isHeaderSound: boolean;
  readonly little: boolean;
  readonly sums: Uint32Array;
}

function readFrames(file: Uint8Array, view: DataView, head: Head): WriteAheadLog {
  const { pageBytes, isHeaderSound, little, sums } = head;
  const stride = frameHeadBytes + pageBytes;
  const saltsAt = isHeaderSound ? 16 : headerBytes + 8;
  const [salt1, salt2] = [view.getUint32(saltsAt), view.getUint32(saltsAt + 4)];
  const frames: LogFrame[] = [];
  let isChainSound = isHeaderSound;
  let isSound = isHeaderSound;
  for (let at = headerBytes; at + stride <= file.length; at += stride) {
    const isCurrent = view.getUint32(at + 8) === salt1 && view.getUint32(at + 12) === salt2;
    if (isChainSound) {
      addUp(view, at, at + 8, sums, little);
      addUp(view, at + frameHeadBytes, at + stride, sums, little);
      isChainSound = isCurrent && sums[0] === view.getUint32(at + 16) && sums[1] === view.getUint32(at + 20);
    }
    // Frames of an earlier writing end the current one. One that belongs to this writing, and is not as it was
    // written, is where SQLite stops reading.
    const belongs = isCurrent || isNear(view, at, salt1, salt2);
    if (!isChainSound && belongs) isSound = false;
    if (!isChainSound && !belongs && isHeaderSound) continue;
    const bytes = file.subarray(at + frameHeadBytes, at + stride);
    frames.push({ page: view.getUint32(at), endsCommit: view.getUint32(at + 4) > 0, bytes });
  }
  return { isSound, frames, pageBytes };
}

/** True if one of the salts is the current writing's, so that the other is damaged: each writing changes both. */
function isNear(view: DataView, at: number, salt1: number, salt2: number): boolean {
  return view.getUint32(at + 8) === salt1 || view.getUint32(at + 12) === salt2;
}
