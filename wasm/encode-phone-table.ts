import {
  assignedAreas,
  lengthSets,
  type PhoneFacts,
  phoneFacts,
  writtenBare,
} from "../domain/data-layer/phone-facts.ts";
import { assert } from "../domain/model/failure.ts";

const tableBytesMax = 16_384;
const headBytes = 8;
const beginnings = 1_000;
const rowBytes = 16;
const bitmapBytes = 128;
const rowsMax = 255;

/**
 * The facts of phone numbers for the kernel's memory. Shape: assembly/phone-table.ts.
 */
export function encodePhoneTable(): Uint8Array {
  assert(phoneFacts.length <= rowsMax, "there are more calling codes than a byte can tell apart");
  const table = new Uint8Array(tableBytesMax);
  const view = new DataView(table.buffer);
  let at = headBytes + beginnings;
  const take = (bytes: number): number => {
    const start = at;
    at = (at + bytes + 3) & ~3;
    assert(at <= tableBytesMax, "the facts of phone numbers are too long for the kernel");
    return start;
  };
  const list = (texts: readonly string[]): number => {
    const start = take(1 + texts.reduce((bytes, text) => bytes + 1 + text.length, 0));
    table[start] = texts.length;
    let to = start + 1;
    for (const text of texts) {
      table[to++] = text.length;
      for (const char of text) table[to++] = char.charCodeAt(0);
    }
    return start;
  };
  const bitmap = (members: ReadonlySet<string>): number => {
    const start = take(bitmapBytes);
    for (const member of members) table[start + (Number(member) >> 3)]! |= 1 << (Number(member) & 7);
    return start;
  };
  const rows = take(phoneFacts.length * rowBytes);
  const sets = take(lengthSets.length * 4);
  lengthSets.forEach((set, i) => void view.setUint32(sets + i * 4, set, true));
  [rows, sets, bitmap(assignedAreas), bitmap(writtenBare)].forEach(
    (offset, i) => void view.setUint16(i * 2, offset, true),
  );
  const lengths = (facts: PhoneFacts): number => {
    const start = take(facts.lengths.length * 4);
    facts.lengths.forEach(([from, set], i) => {
      view.setUint16(start + i * 4, from, true);
      view.setUint16(start + i * 4 + 2, lengthSets.indexOf(set), true);
    });
    return start;
  };
  phoneFacts.forEach((facts, i) => {
    const row = rows + i * rowBytes;
    const span = 10 ** (3 - facts.code.length);
    const first = Number(facts.code) * span;
    table.fill(i + 1, headBytes + first, headBytes + first + span);
    table[row] = facts.code.length;
    table[row + 1] = (facts.expectsTrunk ? 1 : 0) | (facts.mobileFifteen ? 2 : 0);
    const words = [list([...facts.trunks, "0"]), list(facts.exits), lengths(facts), facts.lengths.length];
    words.forEach((word, k) => void view.setUint16(row + 2 + k * 2, word, true));
    view.setUint32(row + 12, facts.anyLength, true);
  });
  return table;
}
