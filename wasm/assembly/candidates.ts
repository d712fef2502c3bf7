// Which of many rules can hold for an event at all: by its values, without a look at the rules themselves.
//
//   index   0 rules that can always hold, a bit each, 64 to a long · 4 longs · 8 room for as many bits: the candidates
//           12 offset, 16 count of gates, 24 bytes each: 0 source · 4, 8, 12, 16 tables (0: none) of the rules that ask
//           for a tag, a whole text, its beginning, its end
//   table   0 mask · 4 offset of each bucket's rules, u32, and of the end of the last · rules, u16
//
// A rule that a table lists can hold if the value's key falls into the same bucket; one in none of them can't.
// Worked value: of `event == 'Debug'` and `userId starts_with 'qa-1'` neither is a candidate for the event "Signed Up"
// of the user "user_7", unless keys collide: then the rule is tried, and does not hold.
import { programAt, programWord } from "./program";
import { find, tagOf, V_STRING, valueAtOf, valueBytesOf } from "./sources";

/** Address of the candidates' bits, rule 0 first. */
export let candidates: u32 = 0;
export let candidateLongs: u32 = 0;

/** Fills `candidates` for the event that the sources are about. */
export function findCandidates(): void {
  const index = programAt(programWord(12));
  const always = programAt(load<u32>(index));
  candidateLongs = load<u32>(index, 4);
  candidates = programAt(load<u32>(index, 8));
  for (let i: u32 = 0; i < candidateLongs; i++) store<u64>(candidates + (i << 3), load<u64>(always + (i << 3)));
  let gate = programAt(load<u32>(index, 12));
  const end = gate + load<u32>(index, 16) * 24;
  for (; gate < end; gate += 24) {
    const source = programAt(load<u32>(gate));
    find(source);
    const tag = tagOf(source);
    const byTag = load<u32>(gate, 4);
    if (byTag != 0) add(byTag, tag);
    if (tag == V_STRING) addByText(gate, valueAtOf(source), valueBytesOf(source));
  }
}

function addByText(gate: u32, at: u32, bytes: u32): void {
  const byWhole = load<u32>(gate, 8);
  if (byWhole != 0) add(byWhole, wholeKey(at, bytes));
  const byBeginning = load<u32>(gate, 12);
  if (byBeginning != 0 && bytes >= 4) add(byBeginning, mixed(load<u32>(at)));
  const byEnd = load<u32>(gate, 16);
  if (byEnd != 0 && bytes >= 2) add(byEnd, mixed(<u32>load<u16>(at + bytes - 2)));
}

/** Makes candidates of the rules in the key's bucket. */
@inline
function add(table: u32, key: u32): void {
  const at = programAt(table);
  const bucket = at + ((key & load<u32>(at)) << 2);
  const end = programAt(load<u32>(bucket, 8));
  for (let p = programAt(load<u32>(bucket, 4)); p < end; p += 2) {
    const rule = <u32>load<u16>(p);
    const long = candidates + ((rule >> 6) << 3);
    store<u64>(long, load<u64>(long) | ((<u64>1) << (rule & 63)));
  }
}

/** Of a text: length, first four bytes and last four; of a shorter one these are the same, zeros behind them. */
@inline
function wholeKey(at: u32, bytes: u32): u32 {
  const first = load<u32>(at);
  if (bytes >= 4) return mixed(((first * 0x9e3779b1) ^ load<u32>(at + bytes - 4)) + bytes);
  const short = first & ((1 << (bytes << 3)) - 1);
  return mixed(((short * 0x9e3779b1) ^ short) + bytes);
}

@inline
function mixed(key: u32): u32 {
  return (key * 0x85ebca6b) >> 16;
}
