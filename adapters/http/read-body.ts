import { gunzip } from "node:zlib";
import type { Answer } from "./answer.ts";
import { type ErrorCode, errorAnswer, unavailableAnswer } from "./errors.ts";

/** A request's body as it came (`wire`) and as it is meant (`plain`). */
export interface ReadBody {
  readonly wire: Uint8Array;
  readonly plain: Uint8Array;
}

export type BodyResult =
  | { readonly ok: true; readonly value: ReadBody }
  | { readonly ok: false; readonly code: ErrorCode };

/** All bodies being read or worked on may together hold this much; past it: 503. */
export const bodiesInFlightBytesMax = 256 * 1024 * 1024;
/** Bodies announced as no larger than this are read in one go and not counted. */
const smallBodyBytesMax = 64 * 1024;
const bodyReadMaxMs = 30_000;
const busyRetryMs = 1_000;

export interface BodyReader {
  /** Reads a body, hands it to `use`, and forgets it. */
  read<T>(request: Request, use: (body: BodyResult) => Promise<T>): Promise<T>;
}

/** Makes the reader of request bodies: capped on the wire and after decompression, slow senders cut off. */
export function createBodyReader(bodyBytesMax: number, inFlightBytesMax = bodiesInFlightBytesMax): BodyReader {
  let inFlightBytes = 0;

  function createShare(): { take(bytes: number): boolean; giveBack(): void } {
    let taken = 0;
    return {
      take(bytes) {
        if (inFlightBytes + bytes > inFlightBytesMax) return false;
        inFlightBytes += bytes;
        taken += bytes;
        return true;
      },
      giveBack() {
        inFlightBytes -= taken;
        taken = 0;
      },
    };
  }

  return {
    async read(request, use) {
      const share = createShare();
      try {
        return await use(await readCapped(request, bodyBytesMax, share.take));
      } finally {
        share.giveBack();
      }
    },
  };
}

/** Words why a body was not read. */
export function unreadAnswer(code: ErrorCode, requestId: string): Answer {
  if (code === "unavailable") return unavailableAnswer("bodies_full", requestId, busyRetryMs);
  return errorAnswer(code, requestId);
}

async function readCapped(request: Request, bytesMax: number, take: (bytes: number) => boolean): Promise<BodyResult> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (!["", "identity", "gzip", "x-gzip"].includes(encoding)) return { ok: false, code: "encoding_unsupported" };
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > bytesMax) return { ok: false, code: "body_too_large" };
  const wire = announced <= smallBodyBytesMax ? await readWhole(request) : await readStream(request, bytesMax, take);
  if (!(wire instanceof Uint8Array)) return { ok: false, code: wire };
  if (wire.length > bytesMax) return { ok: false, code: "body_too_large" };
  const zipped = encoding.endsWith("gzip") || (wire[0] === 0x1f && wire[1] === 0x8b);
  if (!zipped) return { ok: true, value: { wire, plain: wire } };
  if (!take(bytesMax)) return { ok: false, code: "unavailable" };
  const plain = await unzip(wire, bytesMax);
  return plain instanceof Uint8Array ? { ok: true, value: { wire, plain } } : { ok: false, code: plain };
}

async function readWhole(request: Request): Promise<Uint8Array | ErrorCode> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch {
    return "body_incomplete";
  }
}

async function readStream(
  request: Request,
  bytesMax: number,
  take: (bytes: number) => boolean,
): Promise<Uint8Array | ErrorCode> {
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
      if (length > bytesMax || !take(value.length)) {
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
