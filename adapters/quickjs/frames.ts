import { assert } from "../../domain/model/failure.ts";

const headBytes = 8;
/** Bound of one frame in either direction: what comes from a sandbox is not believed. */
export const frameBytesMax = 64 * 1024 * 1024;

/** A message between the sandbox's owner and its process. */
export interface Frame {
  readonly head: unknown;
  readonly body: Uint8Array;
}

/** Writes a frame. Layout, little endian: u32 bytes of the head · u32 bytes of the body · head (JSON) · body. */
export function encodeFrame(head: unknown, chunks: readonly Uint8Array[]): Uint8Array {
  const headJson = new TextEncoder().encode(JSON.stringify(head));
  const bodyBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  assert(headJson.length + bodyBytes <= frameBytesMax, "a frame for the sandbox is too large");
  const frame = new Uint8Array(headBytes + headJson.length + bodyBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, headJson.length, true);
  view.setUint32(4, bodyBytes, true);
  frame.set(headJson, headBytes);
  let at = headBytes + headJson.length;
  for (const chunk of chunks) {
    frame.set(chunk, at);
    at += chunk.length;
  }
  return frame;
}

/** Makes what puts frames together again from the chunks of a pipe. Errors: it throws on what is no frame. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let wanted = headBytes;

  /** What has come so far in one piece; mostly it is one already. */
  function take(): Uint8Array {
    if (chunks.length === 1) return chunks[0] as Uint8Array;
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  return function readChunk(chunk) {
    chunks.push(chunk);
    bytes += chunk.length;
    while (bytes >= wanted) {
      const all = take();
      const view = new DataView(all.buffer, all.byteOffset);
      const headEnd = headBytes + view.getUint32(0, true);
      wanted = headEnd + view.getUint32(4, true);
      if (wanted > frameBytesMax + headBytes) throw new Error("a frame is too large");
      chunks = [all];
      if (bytes < wanted) return;
      const head: unknown = JSON.parse(new TextDecoder().decode(all.subarray(headBytes, headEnd)));
      onFrame({ head, body: all.subarray(headEnd, wanted) });
      chunks = [all.subarray(wanted)];
      bytes -= wanted;
      wanted = headBytes;
    }
  };
}

/** Cuts a body into its parts, given the length of each. Errors: it throws on lengths that don't fit. */
export function cutBody(body: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => {
    const part = body.subarray(at, at + length);
    if (!(length >= 0) || part.length !== length) throw new Error("a frame is shorter than it says");
    at += length;
    return part;
  });
}
