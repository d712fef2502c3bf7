import { gunzip } from "node:zlib";
import type { Answer } from "./answer.ts";
import { type ErrorCode, errorAnswer, unavailableAnswer } from "./errors.ts";

/** A request's body as it came (`wire`) and as it is meant (`plain`): decompressed, without a byte order mark. */
export interface ReadBody {
  readonly wire: Uint8Array;
  readonly plain: Uint8Array;
}

export type BodyResult =
  | { readonly ok: true; readonly value: ReadBody }
  | { readonly ok: false; readonly code: ErrorCode };

/** So much may the bodies together hold that are being read or worked on, and as much again the small ones. */
export const bodiesInFlightBytesMax = 256 * 1024 * 1024;
/** Bodies announced as no larger than this are read in one go, as long as there is room for what they announce. */
const smallBodyBytesMax = 64 * 1024;
/** What holding a part costs, however little is in it. */
const partBytesMin = 128;
const bodyReadMaxMs = 30_000;
const busyRetryMs = 1_000;

export interface BodyReader {
  /** Reads a body, hands it to `use`, and forgets it. */
  read<T>(request: Request, use: (body: BodyResult) => Promise<T>): Promise<T>;
}

/** Takes room for bytes, until all that it took is given back. */
interface Share {
  take(bytes: number): boolean;
  giveBack(): void;
}

/**
 * Makes the reader of request bodies: capped on the wire and after decompression, slow senders cut off.
 *
 * Small bodies are counted by what they announce, because reading them in one go is cheap. Where they are too many, the
 * next ones are counted by what has come of them, like large ones: who announces and sends nothing shuts nobody out.
 */
export function createBodyReader(bodyBytesMax: number, inFlightBytesMax = bodiesInFlightBytesMax): BodyReader {
  const shareOfSmall = createRoom(inFlightBytesMax);
  const shareOfRoom = createRoom(inFlightBytesMax);
  return {
    async read(request, use) {
      const [small, share] = [shareOfSmall(), shareOfRoom()];
      try {
        return await use(await readCapped(request, bodyBytesMax, small.take, share.take));
      } finally {
        small.giveBack();
        share.giveBack();
      }
    },
  };
}

function createRoom(bytesMax: number): () => Share {
  let inFlightBytes = 0;
  return function share() {
    let taken = 0;
    return {
      take(bytes) {
        if (inFlightBytes + bytes > bytesMax) return false;
        inFlightBytes += bytes;
        taken += bytes;
        return true;
      },
      giveBack() {
        inFlightBytes -= taken;
        taken = 0;
      },
    };
  };
}

/** Words why a body was not read. */
export function unreadAnswer(code: ErrorCode, requestId: string): Answer {
  if (code === "unavailable") return unavailableAnswer("bodies_full", requestId, busyRetryMs);
  return errorAnswer(code, requestId);
}

async function readCapped(
  request: Request,
  bytesMax: number,
  takeSmall: Share["take"],
  take: Share["take"],
): Promise<BodyResult> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (!["", "identity", "gzip", "x-gzip"].includes(encoding)) return { ok: false, code: "encoding_unsupported" };
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > bytesMax) return { ok: false, code: "body_too_large" };
  const atOnce = announced <= smallBodyBytesMax && takeSmall(announced);
  const wire = atOnce ? await readWhole(request) : await readStream(request, bytesMax, take);
  if (!(wire instanceof Uint8Array)) return { ok: false, code: wire };
  if (wire.length > bytesMax) return { ok: false, code: "body_too_large" };
  const zipped = encoding.endsWith("gzip") || (wire[0] === 0x1f && wire[1] === 0x8b);
  if (!zipped) return { ok: true, value: { wire, plain: withoutByteOrderMark(wire) } };
  if (!take(bytesMax)) return { ok: false, code: "unavailable" };
  const plain = await unzip(wire, bytesMax);
  if (!(plain instanceof Uint8Array)) return { ok: false, code: plain };
  return { ok: true, value: { wire, plain: withoutByteOrderMark(plain) } };
}

/** UTF-8's mark of three bytes says nothing and is no JSON; some libraries write it. */
function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

async function readWhole(request: Request): Promise<Uint8Array | ErrorCode> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch {
    return "body_incomplete";
  }
}

async function readStream(request: Request, bytesMax: number, take: Share["take"]): Promise<Uint8Array | ErrorCode> {
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  let late = false;
  const stop = () => void reader.cancel().catch(() => undefined);
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, bodyReadMaxMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return late ? "body_too_slow" : joined(parts, length);
      length += value.length;
      if (length > bytesMax || !take(Math.max(value.length, partBytesMin))) {
        stop();
        return length > bytesMax ? "body_too_large" : "unavailable";
      }
      parts.push(value);
    }
  } catch {
    return late ? "body_too_slow" : "body_incomplete";
  } finally {
    clearTimeout(timer);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Decompresses no further than the cap: a small body that would become a huge one is refused. */
function unzip(wire: Uint8Array, bytesMax: number): Promise<Uint8Array | ErrorCode> {
  return new Promise((resolve) => {
    gunzip(wire, { maxOutputLength: bytesMax }, (error, plain) => {
      if (!error) return resolve(plain);
      resolve((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "body_too_large" : "gzip_invalid");
    });
  });
}
