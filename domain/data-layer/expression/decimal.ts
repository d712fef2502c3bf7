/** A JSON number taken apart: ±0.d₁d₂… × 10^exponent, digits without zeros at either end, "" for zero. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
  /** Digits behind the point, as written. */
  readonly fractionDigits: number;
  /** The exponent as written, clamped to ±exponentAbsMax. */
  readonly writtenExponent: number;
}

/** Exponents beyond this are all alike: no such number can be stored. */
export const exponentAbsMax = 1_000_000;

const shape = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Takes the text of a JSON number apart without loss, whatever its size. */
export function readDecimal(text: string): Decimal {
  const match = shape.exec(text);
  const whole = match?.[2] ?? "0";
  const fraction = match?.[3] ?? "";
  const written = Number(match?.[4] ?? 0);
  const writtenExponent = Math.max(-exponentAbsMax, Math.min(exponentAbsMax, written));
  const all = whole + fraction;
  let first = 0;
  while (all[first] === "0") first++;
  let end = all.length;
  while (end > first && all[end - 1] === "0") end--;
  const digits = all.slice(first, end);
  const exponent = digits === "" ? 0 : whole.length - first + writtenExponent;
  const negative = match?.[1] === "-" && digits !== "";
  return { negative, digits, exponent, fractionDigits: fraction.length, writtenExponent };
}

/** Order of two JSON numbers by their exact decimal values: integers beyond 2^53 compare right, `1.0` equals `1`. */
export function compareDecimals(left: string, right: string): number {
  const a = readDecimal(left);
  const b = readDecimal(right);
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const sign = a.negative ? -1 : 1;
  if (a.digits === "" || b.digits === "") return sign * (a.digits.length - b.digits.length);
  if (a.exponent !== b.exponent) return sign * (a.exponent - b.exponent);
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -sign : sign;
}
