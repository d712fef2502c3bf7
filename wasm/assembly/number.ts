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

/** A plain number of at most nine digits on each side of the point, times 10^9; `wide` if it is none. */
function readFixed(at: u32, end: u32): i64 {
  if (end - at > 18) return wide;
  let p = at;
  const minus = load<u8>(p) == 0x2d;
  if (minus) p++;
  let value: i64 = 0;
  const whole = p;
  for (; p < end && isDigit(load<u8>(p)); p++) value = value * 10 + <i64>load<u8>(p) - 0x30;
  if (p - whole > 9) return wide;
  let fractionBytes: u32 = 0;
  if (p < end && load<u8>(p) == 0x2e) {
    const fraction = ++p;
    for (; p < end && isDigit(load<u8>(p)); p++) value = value * 10 + <i64>load<u8>(p) - 0x30;
    fractionBytes = p - fraction;
    if (fractionBytes > 9) return wide;
  }
  if (p != end) return wide;
  const scale = load<i64>(scales + (fractionBytes << 3));
  return minus ? -value * scale : value * scale;
}

const wide: i64 = i64.MIN_VALUE;
/** 10^9 down to 1. */
const scales: u32 = <u32>memory.data<i64>([
  1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
]);

/** Order of two JSON numbers by their exact decimal values: below, at or above 0. */
export function compareNumbers(left: u32, leftEnd: u32, right: u32, rightEnd: u32): i32 {
  const x = readFixed(left, leftEnd);
  const y = readFixed(right, rightEnd);
  if (x != wide && y != wide) return <i32>(x > y) - <i32>(x < y);
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
