import { assert } from "../domain/model/failure.ts";

/** Bytes of an encoded program: past it a data layer can't be prepared. */
export const programBytesMax = 16 * 1024 * 1024;

const encoder = new TextEncoder();
const firstBytes = 1024;

/** Little-endian words and texts, one after another; offsets are from the first byte. */
export class ByteWriter {
  private bytes = new Uint8Array(firstBytes);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  /** Room for `count` words, aligned; returns its offset. */
  words(count: number): number {
    this.length = (this.length + 7) & ~7;
    return this.room(count * 4);
  }

  setWord(offset: number, value: number): void {
    this.view.setUint32(offset, value, true);
  }

  setLong(offset: number, value: bigint): void {
    this.view.setBigInt64(offset, value, true);
  }

  /** Sets a bit of longs, as the kernel numbers them. */
  setBit(offset: number, bit: number): void {
    const at = offset + (bit >> 3);
    this.bytes[at] = (this.bytes[at] as number) | (1 << (bit & 7));
  }

  setByte(offset: number, value: number): void {
    this.bytes[offset] = value;
  }

  /** Writes numbers of two bytes, aligned; returns where they are. */
  shorts(values: readonly number[]): number {
    this.length = (this.length + 1) & ~1;
    const offset = this.room(values.length * 2);
    values.forEach((value, i) => {
      this.view.setUint16(offset + i * 2, value, true);
    });
    return offset;
  }

  /** Writes a text as UTF-8, with eight bytes behind it that may be read past its end. */
  text(text: string): { readonly offset: number; readonly bytes: number } {
    const encoded = encoder.encode(text);
    return { offset: this.writeBytes(encoded), bytes: encoded.length };
  }

  /** Writes bytes, with eight behind them; returns where they are. */
  writeBytes(bytes: Uint8Array): number {
    const offset = this.room(bytes.length + 8);
    this.bytes.set(bytes, offset);
    return offset;
  }

  done(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private room(bytes: number): number {
    const offset = this.length;
    this.length += bytes;
    assert(this.length <= programBytesMax, "a data layer is too large for the kernel");
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return offset;
  }
}

/** FNV-1a with the last bits mixed in, as the kernel computes it. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash >>>= 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}
