/** Finds where `needle` stands in `bytes` at or after `from`, by the runtime's own search. Shape: -1 if it doesn't. */
export function findBytes(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(needle, from);
}
