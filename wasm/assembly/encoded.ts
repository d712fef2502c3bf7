// Undoes one layer of encoding (domain/data-layer/detector/encoded.ts), over the entries of characters.ts.
//
// Worked value: the entries of `&#64;x` have the codes 26 23 36 34 3b 78; what comes out has 40 78.
import { take } from "./memory";

/** Stands for a byte of an encoded character that is not well formed. */
const someLetter: u32 = 0xe9;
const codeMax: u32 = 0x10ffff;
const none: u32 = 0xffffffff;

export let decodedCount: i32 = 0;

/** What was read last: its code, and the entry behind it. */
let code: u32 = 0;
let end: u32 = 0;

/** `from`: `count` entries and one behind them of code 0. Returns the entries that they stand for. */
export function decodeOnce(from: u32, count: i32): u32 {
  const stop = from + (<u32>count << 3);
  const room = take((<u32>count + 1) << 3);
  let out = room;
  for (let at = from; at < stop; ) {
    readOne(at);
    store<u32>(out, code);
    store<u32>(out, load<u32>(at, 4), 4);
    out += 8;
    at = end;
  }
  store<u64>(out, load<u64>(stop));
  decodedCount = <i32>((out - room) >> 3);
  return room;
}

function readOne(at: u32): void {
  code = load<u32>(at);
  end = at + 8;
  if (code == 0x25) readPercent(at);
  else if (code == 0x5c) readBackslashes(at);
  else if (code == 0x26) readEntity(at);
}

function readPercent(at: u32): void {
  readByte(at);
  if (code < 0x80 || code > 0xff) return;
  const first = end;
  const lead = code;
  const more: u32 = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  let whole = lead & (0x3f >> more);
  for (let i: u32 = 0; i < more; i++) {
    code = 0;
    if (load<u32>(end) == 0x25) readByte(end);
    if (code < 0x80 || code > 0xbf) {
      code = someLetter;
      end = first;
      return;
    }
    whole = (whole << 6) | (code & 0x3f);
  }
  code = more == 0 ? someLetter : whole;
}

/** A byte, a code of `%u`, or the sign alone. */
function readByte(at: u32): void {
  let digits = at + 8;
  let last: u32 = 0;
  while (load<u32>(digits) == 0x32 && load<u32>(digits, 8) == 0x35) {
    last = digits;
    digits += 16;
  }
  if ((load<u32>(digits) | 0x20) == 0x75) {
    code = hexAt(digits + 8, 4);
    if (code != none) {
      end = digits + 40;
      return;
    }
  }
  code = hexAt(digits, 2);
  end = digits + 16;
  if (code != none) return;
  code = 0x25;
  end = last == 0 ? at + 8 : last + 16;
}

function readBackslashes(start: u32): void {
  let at = start;
  while (load<u32>(at) == 0x5c) at += 8;
  const next = load<u32>(at);
  end = at + 8;
  code = next;
  if (isEscapable(next)) return;
  const digits: u32 = next == 0x75 ? 4 : next == 0x78 ? 2 : 0;
  code = digits == 0 ? none : hexAt(at + 8, digits);
  end = at + 8 + (digits << 3);
  if (code != none) return;
  code = 0x5c;
  end = at;
}

/** One of @ . : / - _ + = & ? # */
function isEscapable(sign: u32): bool {
  return (
    sign == 0x40 || sign == 0x2e || sign == 0x3a || sign == 0x2f || sign == 0x2d || sign == 0x5f || sign == 0x2b ||
    sign == 0x3d || sign == 0x26 || sign == 0x3f || sign == 0x23
  );
}

function readEntity(start: u32): void {
  let at = start + 8;
  while (load<u32>(at) == 0x61 && load<u32>(at, 8) == 0x6d && load<u32>(at, 16) == 0x70 && load<u32>(at, 24) == 0x3b) {
    at += 32;
  }
  if (load<u32>(at) == 0x23 ? readNumber(at + 8) : readName(at)) return;
  code = 0x26;
  end = at;
}

function readNumber(start: u32): bool {
  const isHex = (load<u32>(start) | 0x20) == 0x78;
  const first = isHex ? start + 8 : start;
  const most = first + (isHex ? 48 : 64);
  let at = first;
  let value: u32 = 0;
  for (; at < most; at += 8) {
    const digit = digitOf(load<u32>(at));
    if (digit > 15 || (digit > 9 && !isHex)) break;
    value = value * (isHex ? 16 : 10) + digit;
  }
  if (at == first || value == 0 || value > codeMax) return false;
  code = value;
  end = load<u32>(at) == 0x3b ? at + 8 : at;
  return true;
}

/** The names' letters are the bytes of a word, first letter lowest. */
function readName(start: u32): bool {
  let name: u64 = 0;
  let at = start;
  for (; at < start + 64; at += 8) {
    const letter = load<u32>(at) | 0x20;
    if (letter - 0x61 >= 26) break;
    name |= (<u64>letter) << (at - start);
  }
  if (load<u32>(at) != 0x3b) return false;
  const sign = named(name);
  if (sign == 0) return false;
  code = sign;
  end = at + 8;
  return true;
}

function named(name: u64): u32 {
  if (name == 0x7461_6d6d_6f63) return 0x40; // commat
  if (name == 0x646f_6972_6570) return 0x2e; // period
  if (name == 0x6e_6f6c_6f63) return 0x3a; // colon
  if (name == 0x736c_6175_7165) return 0x3d; // equals
  if (name == 0x746f_7571) return 0x22; // quot
  if (name == 0x736f_7061) return 0x27; // apos
  if (name == 0x746c) return 0x3c; // lt
  if (name == 0x7467) return 0x3e; // gt
  if (name == 0x6c_6f73) return 0x2f; // sol
  if (name == 0x7375_6c70) return 0x2b; // plus
  if (name == 0x7261_706c) return 0x28; // lpar
  if (name == 0x7261_7072) return 0x29; // rpar
  if (name == 0x7261_6277_6f6c) return 0x5f; // lowbar
  return name == 0x7073_626e ? 0xa0 : 0; // nbsp
}

/** The number that `count` hex digits stand for, or `none`. */
function hexAt(at: u32, count: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const digit = digitOf(load<u32>(at + (i << 3)));
    if (digit > 15) return none;
    value = (value << 4) | digit;
  }
  return value;
}

/** More than 15 for what is no hex digit. */
function digitOf(sign: u32): u32 {
  if (sign - 0x30 < 10) return sign - 0x30;
  const letter = (sign | 0x20) - 0x61;
  return sign < 0x80 && letter < 6 ? letter + 10 : 16;
}
