import { createHash } from "node:crypto";
import { normalise as normaliseAs, type PlainNormaliser } from "../../domain/data-layer/normalise.ts";
import { alreadyHashed } from "../../domain/data-layer/text.ts";
import { hashOfSomething } from "../../domain/mapping/given-hash.ts";
import { rememberWords } from "../../domain/mapping/remember.ts";

/** Values that Meta wants as a hash, and the form in which each is hashed, here as at the edge. */
const forms = {
  fn: "name",
  ln: "name",
  db: "date_of_birth",
  ge: "gender",
  ct: "city",
  st: "state",
  zp: "zip",
  country: "country",
  external_id: "plain",
} as const satisfies Readonly<Record<string, PlainNormaliser>>;
export type HashedField = keyof typeof forms;

/**
 * A value in the form that Meta hashes; empty if there is nothing to match.
 *
 * Source: the Conversions API's page "Customer information parameters" on developers.facebook.com
 */
export function normalise(field: HashedField, value: string): string {
  return normaliseAs(forms[field], value);
}

/**
 * The hash that Meta is sent for a value: SHA-256 in lowercase hex of its normalised form.
 *
 * What is a hash already stays one, so that a value hashed at the edge matches; null if there is nothing to hash.
 */
export function hashFor(field: HashedField, value: string): string | null {
  const hashed = alreadyHashed(value);
  if (hashed !== null) return hashOfSomething(hashed);
  const normalised = normalise(field, value);
  if (normalised === "") return null;
  return field === "country" ? countryHash(normalised) : sha256Hex(normalised);
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Nearly every event has a country, and they all have the same few: each is hashed once. */
const countryHash = rememberWords(sha256Hex);
