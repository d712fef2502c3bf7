import { type KeyRow, keyTable, type NormaliserName, valueSpellings } from "../domain/data-layer/key-table.ts";
import { assert } from "../domain/model/failure.ts";
import { hashBytes } from "./byte-writer.ts";

/** Normalisers by the number that the kernel knows them by (assembly/normalise.ts). */
export const normaliserNames: readonly NormaliserName[] = [
  "email",
  "phone",
  "name",
  "city",
  "state",
  "zip",
  "country",
  "gender",
  "date_of_birth",
  "plain",
];

const slotCount = 1_024;
const tableBytesMax = 16_384;
const rowsMax = 14;
/** Row of the keys of values, whose row another member may name (assembly/key-table.ts). */
export const valueRow = 15;
/** Rows of which something is done at any depth; they come first. */
const treatedRows = 5;
const encoder = new TextEncoder();

/**
 * The spellings of the key table for the kernel's memory.
 *
 * Shape: u16 offset by hash, 1,024 slots (0: free); entries: bytes u8, row u8 (from 1 on), spelling.
 */
export function encodeKeyTable(): Uint8Array {
  assert(keyTable.length <= rowsMax, "the key table has more rows than a key's info has room for");
  const table = new Uint8Array(tableBytesMax);
  const view = new DataView(table.buffer);
  const treated = keyTable.findLastIndex((row) => row.treatment !== "path") + 1;
  assert(treated === treatedRows, "the kernel counts on the rows that are treated at any depth to come first");
  let at = slotCount * 2;
  const put = (spellings: readonly string[], row: number) => {
    for (const spelling of spellings) {
      const bytes = encoder.encode(spelling);
      assert(at + bytes.length + 2 <= tableBytesMax - 8, "the key table is too long for the kernel");
      let slot = hashBytes(bytes) % slotCount;
      while (view.getUint16(slot * 2, true) !== 0) slot = (slot + 1) % slotCount;
      view.setUint16(slot * 2, at, true);
      table[at] = bytes.length;
      table[at + 1] = row;
      table.set(bytes, at + 2);
      at += bytes.length + 2;
    }
  };
  keyTable.forEach((row, index) => {
    put(row.spellings, index + 1);
  });
  put(valueSpellings().split(" "), valueRow);
  return table;
}

/** What the row of values does, as the kernel numbers it. */
export const valueTreatment = 5;

/** What a row does at any depth, as the kernel numbers it (assembly/program.ts). */
export function treatmentNumber(row: KeyRow): number {
  if (row.treatment === "path") return 0;
  if (row.treatment === "remove") return 1;
  if (row.normaliser === "email") return 2;
  return row.identity === "phoneE164Sha256" ? 4 : 3;
}
