// Numbers as text: what the store can hold, and exact comparison. No number is ever turned into a double.
//
// A number is ±0.d₁d₂… × 10^exponent with digits from `digitsAt` on (points skipped), zeros at both ends left out.
// Worked value: `-012.50e1` is not JSON; `-12.50e1` has digits 125, exponent 3, one fraction digit that counts: 2.

/** Exponents beyond this are all alike: no such number can be stored. */
const exponentAbsMax: i32 = 1000000;
const exponentMin: i32 = -324;
const exponentMax: i32 = 308;
const scaleMax: i32 = 16383;

let negative: bool = false;
/** First digit that is not 0 and the byte behind the last one; equal for zero. */
let digitsAt: u32 = 0;
let digitsEnd: u32 = 0;
let digitCount: i32 = 0;
let exponent: i32 = 0;
let fractionDigits: i32 = 0;
let writtenExponent: i32 = 0;

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

function readDecimal(at: u32, end: u32): void {
  let p = at;
  const minus = load<u8>(p) == 0x2d;
  if (minus) p++;
  let wholeDigits: i32 = 0;
  let zeros: i32 = 0;
  let point = false;
  digitsAt = 0;
  digitsEnd = 0;
  fractionDigits = 0;
  for (; p < end; p++) {
    const byte = <u32>load<u8>(p);
    if (byte == 0x2e) {
      point = true;
      continue;
    }
    if (!isDigit(byte)) break;
    if (point) fractionDigits++;
    else wholeDigits++;
    if (byte != 0x30) {
      if (digitsAt == 0) digitsAt = p;
      digitsEnd = p + 1;
    } else if (digitsAt == 0) {
      zeros++;
    }
  }
  writtenExponent = p < end ? readExponent(p + 1, end) : 0;
  exponent = digitsAt == 0 ? 0 : wholeDigits - zeros + writtenExponent;
  negative = minus && digitsAt != 0;
  digitCount = 0;
  for (let q = digitsAt; q < digitsEnd; q++) if (load<u8>(q) != 0x2e) digitCount++;
}

function readExponent(at: u32, end: u32): i32 {
  let p = at;
  const minus = load<u8>(p) == 0x2d;
  if (minus || load<u8>(p) == 0x2b) p++;
  let value: i32 = 0;
  for (; p < end; p++) {
    value = value * 10 + <i32>load<u8>(p) - 0x30;
    if (value > exponentAbsMax) value = exponentAbsMax;
  }
  return minus ? -value : value;
}

/** False for a number that jsonb refuses, or would blow up. Source: the bounds of PostgreSQL's numeric. */
export function isStorable(at: u32, end: u32): bool {
  readDecimal(at, end);
  if (writtenExponent < exponentMin || fractionDigits - writtenExponent > scaleMax) return false;
  if (digitsAt == 0) return writtenExponent <= exponentMax;
  if (exponent <= exponentMax) return true;
  return exponent == exponentMax + 1 && digitCount == 1 && load<u8>(digitsAt) == 0x31;
}

/** What `readOrder` returns for numbers that have no such form. */
export const WIDE: i64 = i64.MIN_VALUE;
const wholeDigitsMax: u32 = 13;
/** 10^0 to 10^5. */
const scales: u32 = <u32>memory.data<i64>([1, 10, 100, 1000, 10000, 100000]);

/**
 * A plain number of at most 13 digits before the point as one that has the same order: twice its value times 10^5
 * without fraction, and one more (away from zero) if a fraction was left. Two that are equal and odd may still differ.
 * Worked values: 1.5 is 300000; 0.0000012 is 1, between 0 and 0.00001, which is 2.
 */
export function readOrder(at: u32, end: u32): i64 {
  let p = at;
  const minus = load<u8>(p) == 0x2d;
  if (minus) p++;
  if (end - p <= 8) {
    const order = readShortOrder(p, (end - p) << 3);
    if (order >= 0) return minus ? -order : order;
  }
  let value: i64 = 0;
  const whole = p;
  let digit: u32 = 0;
  for (; p < end; p++) {
    digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) break;
    value = value * 10 + <i64>digit;
  }
  if (p - whole > wholeDigitsMax) return WIDE;
  let missing: u32 = 5;
  let rest: u32 = 0;
  if (p < end && load<u8>(p) == 0x2e) {
    for (p++; p < end; p++) {
      digit = <u32>load<u8>(p) - 0x30;
      if (digit > 9) break;
      if (missing != 0) {
        value = value * 10 + <i64>digit;
        missing--;
      } else {
        rest |= digit;
      }
    }
  }
  if (p != end) return WIDE;
  value = ((value * load<i64>(scales + (missing << 3))) << 1) + <i64>(rest != 0);
  return minus ? -value : value;
}

/**
 * The order of a number without sign of at most eight bytes, given in bits; below 0 if it takes a closer look.
 * Without a branch for each digit: the point is squeezed out, then eight digits become a number in three steps.
 * Worked value: `12.5` is 0000012.5, then 00000125 with one digit behind the point: 125, times 10^4, times 2.
 */
function readShortOrder(at: u32, bits: u32): i64 {
  const zeros: u64 = 0x3030303030303030;
  const padding = <u64>(64 - bits);
  let x = load<u64>(at) << padding;
  if (bits < 64) x |= zeros >> <u64>bits;
  const off = x ^ 0x2e2e2e2e2e2e2e2e;
  const points = (off - 0x0101010101010101) & ~off & 0x8080808080808080;
  let fraction: u32 = 0;
  if (points != 0) {
    // Bits below the point.
    const below = ctz(points) - 7;
    fraction = 7 - (<u32>below >> 3);
    if (fraction > 5) return -1;
    const first = x & (((<u64>1) << below) - 1);
    x = ((x >> below >> 8) << below << 8) | (first << 8) | 0x30;
  }
  if ((((x + 0x4646464646464646) | (x - zeros)) & 0x8080808080808080) != 0) return -1;
  x -= zeros;
  x = x * 10 + (x >> 8);
  x = ((x & 0x000000ff000000ff) * 0x000f424000000064 + ((x >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
  return ((<i64>x & 0xffffffff) * load<i64>(scales + ((5 - fraction) << 3))) << 1;
}

/** Bytes of a number that conditions compare; a longer one equals none and has no order. */
export const NUMBER_BYTES: u32 = 100;

/** Order of two JSON numbers by their exact decimal values: below, at or above 0. */
export function compareNumbers(left: u32, leftEnd: u32, right: u32, rightEnd: u32): i32 {
  const x = readOrder(left, leftEnd);
  const y = readOrder(right, rightEnd);
  if (x != WIDE && y != WIDE && (x != y || (x & 1) == 0)) return <i32>(x > y) - <i32>(x < y);
  readDecimal(left, leftEnd);
  const aNegative = negative;
  const aExponent = exponent;
  const aEnd = digitsEnd;
  let a = digitsAt;
  readDecimal(right, rightEnd);
  let b = digitsAt;
  if (aNegative != negative) return aNegative ? -1 : 1;
  const sign: i32 = aNegative ? -1 : 1;
  if (a == 0 || b == 0) return sign * (<i32>(a != 0) - <i32>(b != 0));
  if (aExponent != exponent) return aExponent < exponent ? -sign : sign;
  while (true) {
    if (a < aEnd && load<u8>(a) == 0x2e) a++;
    if (b < digitsEnd && load<u8>(b) == 0x2e) b++;
    if (a >= aEnd || b >= digitsEnd) return sign * (<i32>(a < aEnd) - <i32>(b < digitsEnd));
    const differ = <i32>load<u8>(a++) - <i32>load<u8>(b++);
    if (differ != 0) return differ < 0 ? -sign : sign;
  }
}
