// Conditions that no flat test can do (domain/data-layer/expression/evaluate.ts is the twin).
//
// An expression is 16 bytes: 0 op · 4 a · 8 b · 12 c; sub-expressions and texts are offsets from the program's start.
//   0 null · 1 false · 2 true · 3 string a, b bytes · 4 number a, b bytes (JSON text) · 5 the source a (sources.ts)
//   6 lower a · 7 length a · 8 exists a · 9 not a · 10 a and b · 11 a or b
//   12 a == b · 13 != · 14 < · 15 <= · 16 > · 17 >= · 18 contains · 19 starts_with · 20 ends_with
//   21 a matches glob at b, c bytes · 22 a in the c literals at b
//
// A value is a tag and, for strings and numbers, a text in `valueAt`, `valueBytes` (items of an array: `valueBytes`).
import { matches } from "./glob";
import { same, take } from "./memory";
import { compareNumbers, NUMBER_BYTES } from "./number";
import { programAt } from "./program";
import { codePoints, contains, orderOfTexts } from "./search";
import {
  find, tagOf, V_FALSE, V_ITEMS, V_NULL, V_NUMBER, V_STRING, V_TRUE, valueAtOf, valueBytesOf,
} from "./sources";
import { lower, lowerAt, lowerBytes } from "./text";
import { viewOf } from "./view";

let valueAt: u32 = 0;
let valueBytes: u32 = 0;

/** True if the condition holds. Memory that it takes is given back with the event; its cost bounds how much that is. */
export function conditionHolds(offset: u32): bool {
  return evaluate(offset) == V_TRUE;
}

function truth(holds: bool): u32 {
  return holds ? V_TRUE : V_FALSE;
}

function evaluate(offset: u32): u32 {
  const at = programAt(offset);
  const op = load<u32>(at);
  const a = load<u32>(at, 4);
  const b = load<u32>(at, 8);
  if (op <= V_TRUE) return op;
  if (op <= V_NUMBER) {
    valueAt = programAt(a);
    valueBytes = b;
    return op;
  }
  if (op >= 12 && op <= 20) return truth(compare(op, a, b));
  switch (op) {
    case 5:
      return valueOf(programAt(a));
    case 6:
      return lowered(a);
    case 7:
      return lengthOf(a);
    case 8:
      return truth(evaluate(a) != V_NULL);
    case 9:
      return truth(evaluate(a) != V_TRUE);
    case 10:
      return truth(evaluate(a) == V_TRUE && evaluate(b) == V_TRUE);
    case 11:
      return truth(evaluate(a) == V_TRUE || evaluate(b) == V_TRUE);
    case 21:
      return truth(evaluate(a) == V_STRING && matchesGlob(programAt(b), load<u32>(at, 12)));
    default:
      return truth(isIn(a, b, load<u32>(at, 12)));
  }
}

function valueOf(source: u32): u32 {
  find(source);
  valueAt = valueAtOf(source);
  valueBytes = valueBytesOf(source);
  return tagOf(source);
}

function lowered(a: u32): u32 {
  if (evaluate(a) != V_STRING) return V_NULL;
  lower(valueAt, viewOf(valueAt, valueBytes));
  valueAt = lowerAt;
  valueBytes = lowerBytes;
  return V_STRING;
}

/** Code points of a string, items of an array; else null. */
function lengthOf(a: u32): u32 {
  const tag = evaluate(a);
  let count: u32 = 0;
  if (tag == V_ITEMS) {
    count = valueBytes;
  } else if (tag == V_STRING) {
    count = codePoints(valueAt, valueBytes);
  } else {
    return V_NULL;
  }
  const room = take(16) + 12;
  let p = room;
  do {
    store<u8>(--p, 0x30 + (count % 10));
    count /= 10;
  } while (count != 0);
  valueAt = p;
  valueBytes = room - p;
  return V_NUMBER;
}

function compare(op: u32, a: u32, b: u32): bool {
  const left = evaluate(a);
  const leftAt = valueAt;
  const leftBytes = valueBytes;
  const right = evaluate(b);
  if (op <= 13) return (op == 12) == equal(left, leftAt, leftBytes, right);
  if (op >= 18) return left == V_STRING && right == V_STRING && holdsText(op, leftAt, leftBytes);
  if (left != right || (left != V_STRING && left != V_NUMBER)) return false;
  if (left == V_NUMBER && !hasOrder(leftBytes)) return false;
  const sign = left == V_STRING
    ? orderOfTexts(leftAt, leftBytes, valueAt, valueBytes)
    : orderOfNumbers(leftAt, leftBytes);
  switch (op) {
    case 14:
      return sign < 0;
    case 15:
      return sign <= 0;
    case 16:
      return sign > 0;
    default:
      return sign >= 0;
  }
}

/** Type-strict: values of two types are never equal; objects and arrays equal nothing. */
function equal(left: u32, leftAt: u32, leftBytes: u32, right: u32): bool {
  if (left != right || left >= V_ITEMS) return false;
  if (left == V_STRING) return leftBytes == valueBytes && same(leftAt, valueAt, leftBytes);
  return left != V_NUMBER || (hasOrder(leftBytes) && orderOfNumbers(leftAt, leftBytes) == 0);
}

/** Whether the number on the left, of so many bytes, and the one in `valueBytes` can be compared. */
function hasOrder(bytes: u32): bool {
  return bytes <= NUMBER_BYTES && valueBytes <= NUMBER_BYTES;
}

function orderOfNumbers(at: u32, bytes: u32): i32 {
  return compareNumbers(at, at + bytes, valueAt, valueAt + valueBytes);
}

function holdsText(op: u32, at: u32, bytes: u32): bool {
  if (valueBytes > bytes) return false;
  if (op == 19) return same(at, valueAt, valueBytes);
  if (op == 20) return same(at + bytes - valueBytes, valueAt, valueBytes);
  return contains(at, at + viewOf(at, bytes), valueAt, valueBytes);
}

function matchesGlob(pattern: u32, bytes: u32): bool {
  return matches(valueAt, valueAt + viewOf(valueAt, valueBytes), pattern, pattern + bytes);
}

function isIn(a: u32, list: u32, count: u32): bool {
  const tag = evaluate(a);
  const at = valueAt;
  const bytes = valueBytes;
  for (let i: u32 = 0; i < count; i++) if (equal(tag, at, bytes, evaluate(list + i * 16))) return true;
  return false;
}
