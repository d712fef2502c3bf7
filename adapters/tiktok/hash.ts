import { createHash } from "node:crypto";
import { normalise } from "../../domain/data-layer/normalise.ts";
import { alreadyHashed } from "../../domain/data-layer/text.ts";

/** SHA-256 of nothing: somebody hashed a field that was empty. */
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The hash that TikTok is sent for a value: SHA-256 in lowercase hex of its normalised form.
 *
 * What is a hash already stays one, so that a value hashed at the edge matches; null if there is nothing to hash.
 * Shape: `plain` is trimmed and keeps its case, as ids do.
 */
export function hashFor(form: "plain" | "name" | "zip", value: string | null): string | null {
  if (value === null) return null;
  const hashed = alreadyHashed(value);
  if (hashed !== null) return hashed === hashOfNothing ? null : hashed;
  const normalised = normalise(form, value);
  return normalised === "" ? null : createHash("sha256").update(normalised, "utf8").digest("hex");
}
