import { findEmails } from "../data-layer/detector/emails.ts";
import { keyRowOf } from "../data-layer/key-table.ts";
import { normalise } from "../data-layer/normalise.ts";
import { e164Form, normalisePhone } from "../data-layer/normalise-phone.ts";
import { alreadyHashed } from "../data-layer/text.ts";
import type { HashForm, Scalar } from "../model/transformation.ts";

export interface TransformationParts {
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
}

/**
 * What all rules of an integration may add to one event: a short list of ones is mapped to as many long texts, and a
 * batch of such events must fit into memory. Units: characters.
 */
export const writtenCharsMax = 128 * 1024;

/** What is left of it for one event. */
export class Room {
  private left = writtenCharsMax;

  /** The value if there is room for it, and for the keys on its way, in the place of what was there; else undefined. */
  put<T>(value: T, before: unknown, keyChars = 0): T | undefined {
    const grown = keyChars + charsOf(value) - charsOf(before);
    if (grown > this.left) return undefined;
    this.left -= Math.max(0, grown);
    return value;
  }
}

function charsOf(value: unknown): number {
  return typeof value === "string" ? value.length : 0;
}

/** A result that may stand in an event, in its name too; null where it holds an email, which no event does. */
export function withoutEmail<T>(result: T): T | null {
  return typeof result === "string" && findEmails(result).length > 0 ? null : result;
}

/**
 * A value as it may stand under a key that a rule put it under: the key table holds for it as it does at the edge.
 *
 * Shape: undefined where nothing may stand: under keys of addresses and User-Agents, and what can't be hashed.
 */
export function underKey(value: unknown, key: string, parts: TransformationParts): unknown {
  const row = keyRowOf(key);
  if (row === null || row.treatment === "path") return value;
  return row.treatment === "remove" ? undefined : hashedWhole(value, row.normaliser as HashForm, parts);
}

function hashedWhole(value: unknown, form: HashForm, parts: TransformationParts): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => hashedWhole(item, form, parts)).filter((item) => item !== undefined);
  }
  return isScalar(value) ? hashedAs(form, value, parts) : undefined;
}

/** A hash stays as it is; what has nothing left to hash is taken away. */
export function hashedAs(form: HashForm, value: Scalar, { sha256Hex }: TransformationParts): string | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  const text = String(value);
  const known = alreadyHashed(text);
  if (known !== null) return known;
  const plain = normalised(form, text);
  return plain === "" ? undefined : sha256Hex(plain);
}

function normalised(form: HashForm, text: string): string {
  if (form !== "phone" && form !== "phone_e164") return normalise(form, text);
  const { digits, international } = normalisePhone(text, null);
  if (digits === "" || form === "phone") return digits;
  return international === null ? `+${digits}` : e164Form(international);
}

/** Tells text, numbers (integers of any length, too), booleans and null from everything else that JSON has. */
export function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "bigint", "boolean"].includes(typeof value);
}
