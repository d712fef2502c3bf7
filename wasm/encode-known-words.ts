import { knownWords } from "../domain/data-layer/detector/known-words.ts";
import { assert } from "../domain/model/failure.ts";
import { hashBytes } from "./byte-writer.ts";

const tableBytesMax = 4_096;
const headBytes = 4;
const slotCount = 512;
const encoder = new TextEncoder();

/** The words that tell a file or a version, for the kernel's memory. Shape: assembly/known-words.ts. */
export function encodeKnownWords(): Uint8Array {
  const table = new Uint8Array(tableBytesMax);
  const view = new DataView(table.buffer);
  let at = headBytes + slotCount * 2;
  const put = (bytes: readonly number[]): number => {
    const start = at;
    at += bytes.length;
    assert(at <= tableBytesMax - 8, "the known words are too long for the kernel");
    table.set(bytes, start);
    return start;
  };
  const list = (texts: readonly string[]): number =>
    put([texts.length, ...texts.flatMap((text) => [text.length, ...encoder.encode(text)])]);
  view.setUint16(0, list(knownWords.versionEnding), true);
  view.setUint16(2, list(knownWords.qualifier), true);
  [knownWords.fileEnding, knownWords.versionName, knownWords.answer, knownWords.hostName].forEach((words, index) => {
    for (const word of words) {
      const bytes = encoder.encode(word);
      let slot = hashBytes(bytes) % slotCount;
      while (view.getUint16(headBytes + slot * 2, true) !== 0) slot = (slot + 1) % slotCount;
      view.setUint16(headBytes + slot * 2, put([bytes.length, index + 1, ...bytes]), true);
    }
  });
  return table;
}
