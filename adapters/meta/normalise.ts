import { createHash } from "node:crypto";
import { normalise as normaliseAtEdge } from "../../domain/data-layer/normalise.ts";
import { givenHash } from "../../domain/model/vendor/given-hash.ts";
import { rememberWords } from "../../domain/model/vendor/remember.ts";
import { usStateCodes } from "./us-states.ts";

const hashedPattern = /^[0-9a-f]{64}$/i;
const birthDatePattern = /^(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;

/** Values that Meta wants as a hash, and how each is written before it is hashed. */
export type HashedField = "fn" | "ln" | "db" | "ge" | "ct" | "st" | "zp" | "country" | "external_id";

/** Letters of every script; no punctuation, spaces, signs or digits: what is left of "75008 Paris" is its name. */
function letters(value: string): string {
  return value.toLowerCase().replace(/[^\p{L}\p{M}]/gu, "");
}

/** Names keep the spaces within: the documentation asks for no punctuation and says nothing of them. */
function personName(value: string): string {
  return value
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** `YYYYMMDD`, read as where events come in; anything else is nobody's birthday. */
function birthDate(value: string): string {
  const date = normaliseAtEdge("date_of_birth", value);
  return birthDatePattern.test(date) ? date : "";
}

function gender(value: string): string {
  const word = value.toLowerCase().replace(/[^a-z]/g, "");
  if (word === "f" || word === "female") return "f";
  return word === "m" || word === "male" ? "m" : "";
}

/** Without spaces and dashes; of a US code with its four more digits, the first five. No code has one character. */
function zip(value: string): string {
  const code = value.toLowerCase().replace(/[\s\-\u2010-\u2015]/g, "");
  if (/^\d{9}$/.test(code)) return code.slice(0, 5);
  return code.length > 1 ? code : "";
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
  ct: letters,
  st: (value) => usStateCodes.get(letters(value)) ?? letters(value),
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
  if (hashedPattern.test(trimmed)) return givenHash(trimmed.toLowerCase());
  const normalised = normalise(field, trimmed);
  if (normalised === "") return null;
  return field === "country" ? countryHash(normalised) : sha256Hex(normalised);
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Nearly every event has a country, and they all have the same few: each is hashed once. */
const countryHash = rememberWords(sha256Hex);
