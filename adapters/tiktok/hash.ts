import { createHash } from "node:crypto";
import { normalise } from "../../domain/data-layer/normalise.ts";
import { alreadyHashed } from "../../domain/data-layer/text.ts";
import { hashOfSomething } from "../../domain/mapping/given-hash.ts";

/**
 * The hash that TikTok is sent for a value: SHA-256 in lowercase hex of its normalised form.
 *
 * What is a hash already stays one, so that a value hashed at the edge matches; null if there is nothing to hash.
 * Shape: `plain` is trimmed and keeps its case, as ids do.
 */
export function hashFor(form: "plain" | "name" | "zip", value: string | null): string | null {
  if (value === null) return null;
  const hashed = alreadyHashed(value);
  if (hashed !== null) return hashOfSomething(hashed);
  const normalised = normalise(form, value);
  return normalised === "" ? null : createHash("sha256").update(normalised, "utf8").digest("hex");
}
