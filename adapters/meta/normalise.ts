import { createHash } from "node:crypto";
import { rememberWords } from "../../domain/model/vendor/remember.ts";
import { usStateCodes } from "./us-states.ts";

const hashedPattern = /^[0-9a-f]{64}$/i;
/** SHA-256 of nothing: somebody hashed a field that was empty. */
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Values that Meta wants as a hash, and how each is written before it is hashed. */
export type HashedField = "fn" | "ln" | "db" | "ge" | "ct" | "st" | "zp" | "country" | "external_id";

/** Letters and digits of every script; no punctuation, spaces or signs. */
function lettersAndDigits(value: string): string {
  return value.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
}

/** Names keep the spaces within: the documentation asks for no punctuation and says nothing of them. */
function personName(value: string): string {
  return value
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** `YYYYMMDD` of an ISO date, of eight digits, or of the US order with slashes; anything else is nobody's birthday. */
function birthDate(value: string): string {
  const [, year, month, day] =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?$/.exec(value) ?? usOrder(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(value));
  if (!year || !month || !day || !isWithin(month, 12) || !isWithin(day, 31)) return "";
  return year + month.padStart(2, "0") + day.padStart(2, "0");
}

function isWithin(digits: string, max: number): boolean {
  return Number(digits) >= 1 && Number(digits) <= max;
}

function usOrder(parts: RegExpExecArray | null): readonly (string | undefined)[] {
  return parts ? [parts[0], parts[3], parts[1], parts[2]] : [];
}

function gender(value: string): string {
  const first = value.toLowerCase();
  if (first === "f" || first === "female") return "f";
  return first === "m" || first === "male" ? "m" : "";
}

/** Without spaces and dashes; of a US code with its four more digits, the first five. */
function zip(value: string): string {
  const plusFour = /^(\d{5})-\d{4}$/.exec(value);
  return plusFour?.[1] ?? value.toLowerCase().replace(/[\s-]/g, "");
}

function country(value: string): string {
  const code = value.toLowerCase();
  return /^[a-z]{2}$/.test(code) ? code : "";
}

const normalisers: Readonly<Record<HashedField, (value: string) => string>> = {
  fn: personName,
  ln: personName,
  db: birthDate,
  ge: gender,
  ct: lettersAndDigits,
  st: (value) => usStateCodes.get(lettersAndDigits(value)) ?? lettersAndDigits(value),
  zp: zip,
  country,
  external_id: (value) => value,
};

/**
 * A value in the form that Meta hashes; empty if there is nothing to match.
 *
 * Source: the Conversions API's page "Customer information parameters" on developers.facebook.com
 */
export function normalise(field: HashedField, value: string): string {
  return normalisers[field](value.trim());
}

/**
 * The hash that Meta is sent for a value: SHA-256 in lowercase hex of its normalised form.
 *
 * What is a hash already stays one, so that a value hashed at the edge matches; null if there is nothing to hash.
 */
export function hashFor(field: HashedField, value: string): string | null {
  const trimmed = value.trim();
  if (hashedPattern.test(trimmed)) {
    const hash = trimmed.toLowerCase();
    return hash === hashOfNothing ? null : hash;
  }
  const normalised = normalise(field, trimmed);
  if (normalised === "") return null;
  return field === "country" ? countryHash(normalised) : sha256Hex(normalised);
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Nearly every event has a country, and they all have the same few: each is hashed once. */
const countryHash = rememberWords(sha256Hex);
