import { lowerText } from "../domain/data-layer/text.ts";
import type { Program } from "../domain/model/program.ts";
import { hashBytes } from "./byte-writer.ts";

const bits = 65_536;
const encoder = new TextEncoder();

/**
 * The segments of all programs' paths, as the kernel's parser wants them: a bit each, by hash, so that whatever there
 * are take 8 KB. A key that is none is told by its bit; a few keys that are none have the bit of one, and are looked at
 * more closely. What was added stays until the process ends: with tens of thousands of segments of their own, all
 * organisations' events take about a fifth longer.
 */
export class KnownSegments {
  readonly filter = new Uint8Array(bits / 8);
  /** How often bits were added. */
  version = 0;

  add({ hashPaths, redactPaths }: Program): void {
    for (const segment of [...hashPaths, ...redactPaths].flat()) {
      const bit = hashBytes(encoder.encode(lowerText(segment))) % bits;
      const byte = this.filter[bit >> 3] as number;
      if ((byte >> (bit & 7)) & 1) continue;
      this.filter[bit >> 3] = byte | (1 << (bit & 7));
      this.version++;
    }
  }
}
