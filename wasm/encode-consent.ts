import { consentEntries } from "../domain/model/consent/words.ts";
import { assert } from "../domain/model/failure.ts";
import type { Program } from "../domain/model/program.ts";
import { type ByteWriter, hashBytes } from "./byte-writer.ts";

const slotCount = 4_096;
const tableBytesMax = 49_152;
const entryWords = 3;

/** The spellings of consent for the kernel's memory. Shape: assembly/consent-table.ts. */
export function encodeConsentTable(): Uint8Array {
  const table = new Uint8Array(tableBytesMax);
  const view = new DataView(table.buffer);
  let at = slotCount * 2;
  for (const [folded, kinds] of consentEntries) {
    const bytes = foldedBytes(folded);
    assert(at + bytes.length + 3 <= tableBytesMax - 8, "the table of consent is too long for the kernel");
    let slot = hashBytes(bytes) % slotCount;
    while (view.getUint16(slot * 2, true) !== 0) slot = (slot + 1) % slotCount;
    view.setUint16(slot * 2, at, true);
    table[at] = bytes.length;
    view.setUint16(at + 1, kinds, true);
    table.set(bytes, at + 3);
    at += bytes.length + 3;
  }
  return table;
}

/**
 * Writes an organisation's own categories; returns their offset, 0 for none.
 *
 * Shape: slots - 1, a spare word, then entries by hash: offset and bytes of a folded name (0: free), its purposes.
 */
export function encodeCategories(writer: ByteWriter, categories: Program["consentCategories"]): number {
  if (categories.size === 0) return 0;
  let slots = 2;
  while (slots < categories.size * 2) slots *= 2;
  const table = writer.words(2 + slots * entryWords);
  writer.setWord(table, slots - 1);
  const taken = new Set<number>();
  for (const [folded, purposes] of categories) {
    const bytes = foldedBytes(folded);
    let slot = hashBytes(bytes) & (slots - 1);
    while (taken.has(slot)) slot = (slot + 1) & (slots - 1);
    taken.add(slot);
    const text = writer.writeBytes(bytes);
    [text, bytes.length, purposes].forEach((word, i) => {
      writer.setWord(table + 8 + (slot * entryWords + i) * 4, word);
    });
  }
  return table;
}

/** A folded spelling is a text of bytes. */
function foldedBytes(folded: string): Uint8Array {
  return Uint8Array.from(folded, (char) => char.charCodeAt(0));
}
