// Routing: the first rule whose condition holds for the sanitised event.
//
// A condition is a chain of flat tests; and, or, not are where they lead (wasm/encode-rules.ts). A test is 40 bytes:
//   0 op u8 · 1 accepted orders u8 (bits: below, equal, above) · 2 tags u16, a bit each, of values that can pass
//   4 source (sources.ts) · 8 next if refuted · 12 next if it holds: a test's offset, or an end, which is odd
//   16, 24 first eight bytes of what can pass and their mask; of numbers the least and the greatest order (number.ts)
//   32 offset, 36 bytes of the literal
//
// Ops: 0 tags alone · 1 equals · 2 starts with · 3 ends with · 4 contains · 5 matches the glob · 6 order of texts ·
// 7 number between 16 and 24 · 8 the same, by the exact comparison · 9 the condition at 4 (conditions.ts)
//
// Ends: 1 the rule does not hold, go on with the next candidate · 3 the event passes · 5 + 2 × n rule n drops it.
// Without an index all rules are one chain: what refutes one leads to the next.
//
// Worked value: of rule 0, `event == 'Debug Event' and exists properties.debug`, the first test has the bytes `Debug Ev`
// and leads to the second or on to rule 1; the second has the tags 0x7e and leads to 5 or on to rule 1.
import { candidateLongs, candidates, findCandidates } from "./candidates";
import { conditionHolds } from "./conditions";
import { matches } from "./glob";
import { same, setTop, top } from "./memory";
import { compareNumbers, NUMBER_BYTES, WIDE } from "./number";
import { programAt, programWord } from "./program";
import { contains, orderOfTexts } from "./search";
import { find, orderOf, startSources, tagOf, valueAtOf, valueBytesOf } from "./sources";
import { viewOf } from "./view";

const STARTS: u32 = 2;
const ENDS: u32 = 3;
const CONTAINS: u32 = 4;
const GLOB: u32 = 5;
const TEXT_ORDER: u32 = 6;
const NUMBER: u32 = 7;
const EXACT_NUMBER: u32 = 8;
const CONDITION: u32 = 9;

const REFUTED: u32 = 1;
const PASSES: u32 = 3;
const DROPS: i32 = 5;

/** Index of the first rule that holds and drops, or -1: what passes first wins, too. */
export function droppingRule(event: u32, number: u32): i32 {
  const first = programWord(10);
  if (first == PASSES) return -1;
  const mark = top;
  startSources(event, number);
  const end = <i32>(programWord(12) == 0 ? endOfChain(first) : endOfCandidates(programAt(first)));
  setTop(mark);
  return end < DROPS ? -1 : (end - DROPS) >> 1;
}

/** `chains`: the offset of each rule's first test, or where it ends at once. */
function endOfCandidates(chains: u32): u32 {
  findCandidates();
  for (let i: u32 = 0; i < candidateLongs; i++) {
    for (let left = load<u64>(candidates + (i << 3)); left != 0; left &= left - 1) {
      const rule = (i << 6) + <u32>ctz(left);
      const end = endOfChain(load<u32>(chains + (rule << 2)));
      if (end != REFUTED) return end;
    }
  }
  return PASSES;
}

function endOfChain(first: u32): u32 {
  let next = first;
  while ((next & 1) == 0) {
    const test = programAt(next);
    const op = <u32>load<u8>(test);
    next = load<u32>(test, 8);
    if (op == CONDITION) {
      if (conditionHolds(load<u32>(test, 4))) next = load<u32>(test, 12);
      continue;
    }
    const source = programAt(load<u32>(test, 4));
    find(source);
    if (op == NUMBER) {
      const order = orderOf(source);
      if (order >= load<i64>(test, 16)) {
        if (order <= load<i64>(test, 24)) next = load<u32>(test, 12);
      } else if (order == WIDE && passes(test, EXACT_NUMBER, source, valueAtOf(source))) {
        next = load<u32>(test, 12);
      }
      continue;
    }
    // One branch for both: it hardly ever goes the other way.
    const at = valueAtOf(source);
    const differs = (load<u64>(at) ^ load<u64>(test, 16)) & load<u64>(test, 24);
    const wrongTag = ~(<u32>load<u16>(test, 2) >> tagOf(source)) & 1;
    if ((differs | <u64>wrongTag) != 0) continue;
    if (op == 0 || passes(test, op, source, at)) next = load<u32>(test, 12);
  }
  return next;
}

/** The test of a value with the right tag and first bytes, which may lie behind the value's end. */
function passes(test: u32, op: u32, source: u32, at: u32): bool {
  const bytes = valueBytesOf(source);
  const literal = programAt(load<u32>(test, 32));
  const literalBytes = load<u32>(test, 36);
  if (op == EXACT_NUMBER) {
    return bytes <= NUMBER_BYTES && accepts(test, compareNumbers(at, at + bytes, literal, literal + literalBytes));
  }
  if (op == TEXT_ORDER) return accepts(test, orderOfTexts(at, bytes, literal, literalBytes));
  if (op == GLOB) return matches(at, at + viewOf(at, bytes), literal, literal + literalBytes);
  if (bytes < literalBytes) return false;
  if (op == CONTAINS) return contains(at, at + viewOf(at, bytes), literal, literalBytes);
  if (op == ENDS) return same(at + bytes - literalBytes, literal, literalBytes);
  return (op == STARTS || bytes == literalBytes) && same(at, literal, literalBytes);
}

@inline
function accepts(test: u32, sign: i32): bool {
  const bit: u32 = sign < 0 ? 1 : sign == 0 ? 2 : 4;
  return (<u32>load<u8>(test, 1) & bit) != 0;
}
