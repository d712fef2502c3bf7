// An event's output as its source with edits: what lies between `from` and the next edit is copied when that edit
// comes, so an untouched event is a single copy, and the place of any later byte is known before it is written.
//
// Worked value: of `{"a":1,"ip":"x","b":2}` the cut of ip writes `{"a":1` and leaves `from` at `,"b":2}`.
import { copy, copyRun } from "./memory";
import { checkRoom, outputBase, outputEnd } from "./output";
import { endOf, keyStartOf, startOf } from "./tree";

/** Source up to here is written or left out. */
export let from: u32 = 0;
/** Where the next byte goes. */
export let out: u32 = 0;

export function startEdits(event: u32): void {
  from = startOf(event);
  out = outputEnd();
}

/** Where a byte of the source, or of what was placed, comes to lie in the output. */
@inline
export function placeOf(at: u32): u32 {
  return at >= outputBase() ? at : out + (at - from);
}

/** Copies the source up to `to`. */
@inline
export function emit(to: u32): void {
  if (to <= from) return;
  checkRoom(out, to - from);
  copyRun(out, from, to - from);
  out += to - from;
  from = to;
}

/** Leaves the source out up to `to`, for what was written up to `end`. */
@inline
export function replaced(to: u32, end: u32): void {
  from = to;
  out = end;
}

/** Takes back what was copied since `from` was at `to`, if nothing else was written. */
export function takeBack(to: u32): void {
  out -= from - to;
  from = to;
}

/** Puts a node's new text in place of the source [start, end). */
export function place(node: u32, start: u32, end: u32): void {
  const bytes = endOf(node) - startOf(node);
  emit(start);
  checkRoom(out, bytes);
  copy(out, startOf(node), bytes);
  store<u32>(node, out, 4);
  out += bytes;
  store<u32>(node, out, 8);
  from = end;
}

/** Leaves a member out, and one comma with it. */
export function cut(member: u32): void {
  const key = keyStartOf(member);
  const end = endOf(member);
  if (from < key && load<u8>(key - 1) == 0x2c) {
    emit(key - 1);
    from = end;
  } else {
    emit(key);
    from = load<u8>(end) == 0x2c ? end + 1 : end;
  }
  // Nothing finds it any more.
  store<u32>(member, 0);
  store<u32>(member, key, 16);
}

/** Puts members at the end of an object that ended at `end` in the source; returns where their text begins. */
export function putMembers(end: u32, text: u32, bytes: u32): u32 {
  emit(end - 1);
  checkRoom(out, bytes + 1);
  if (load<u8>(out - 1) != 0x7b) store<u8>(out++, 0x2c);
  const start = out;
  copyRun(start, text, bytes);
  out += bytes;
  return start;
}
