// Words that tell a file or a version (domain/data-layer/detector/known-words.ts), as the host encoded them
// (wasm/encode-known-words.ts): 0 offset u16 of the versions' endings, 2 of the qualifiers, each a list: count u8, then
// bytes u8 and text of each; 4 offset u16 by hash, 512 slots (0: free), of: bytes u8, kind u8, text.
import { hashBytes } from "./key-table";
import { same } from "./memory";

const table: u32 = <u32>memory.data(4096, 16);

const FILE_ENDING: u32 = 1;
const VERSION_NAME: u32 = 2;
const ANSWER: u32 = 3;
const HOST_NAME: u32 = 4;
const qualifiedBytesMin: u32 = 3;

export function knownWordsAt(): u32 {
  return table;
}

export function isFileEnding(at: u32, bytes: u32): bool {
  return isKnown(at, bytes, FILE_ENDING);
}

/** True for a word in lower case that answers whether there is a contact, or may be used. */
export function isAnswer(at: u32, bytes: u32): bool {
  return isKnown(at, bytes, ANSWER);
}

/** True for a word in lower case before a slash, behind which stands an address. */
export function isHostName(at: u32, bytes: u32): bool {
  return isKnown(at, bytes, HOST_NAME);
}

function isKnown(at: u32, bytes: u32, kind: u32): bool {
  let slot = hashBytes(at, bytes) & 511;
  while (true) {
    const offset = <u32>load<u16>(table + slot * 2, 4);
    if (offset == 0) return false;
    const entry = table + offset;
    if (<u32>load<u8>(entry) == bytes && <u32>load<u8>(entry, 1) == kind && same(entry + 2, at, bytes)) return true;
    slot = (slot + 1) & 511;
  }
}

/** True for a name in lower case, letters and digits only, behind which stand versions. */
export function namesVersion(at: u32, bytes: u32): bool {
  if (isVersionName(at, bytes)) return true;
  const list = table + <u32>load<u16>(table, 2);
  let entry = list + 1;
  for (let left = <u32>load<u8>(list); left > 0; left--) {
    const length = <u32>load<u8>(entry);
    if (bytes >= length + qualifiedBytesMin && endsWith(entry, at, bytes)) {
      if (isVersionName(at, bytes - length)) return true;
    }
    entry += 1 + length;
  }
  return false;
}

function isVersionName(at: u32, bytes: u32): bool {
  if (isKnown(at, bytes, VERSION_NAME)) return true;
  const list = table + <u32>load<u16>(table);
  let entry = list + 1;
  for (let left = <u32>load<u8>(list); left > 0; left--) {
    const length = <u32>load<u8>(entry);
    if (endsWith(entry, at, bytes)) {
      // conversion
      return !(bytes >= 10 && load<u64>(at + bytes - 10) == 0x69737265766e6f63 && load<u16>(at + bytes - 2) == 0x6e6f);
    }
    entry += 1 + length;
  }
  return false;
}

/** True if a text ends with the entry of a list, at its length. */
function endsWith(entry: u32, at: u32, bytes: u32): bool {
  const length = <u32>load<u8>(entry);
  return bytes >= length && same(entry + 1, at + bytes - length, length);
}
