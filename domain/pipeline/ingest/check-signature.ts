import type { Vault } from "../../../ports/vault.ts";
import { type Result, succeed } from "../../model/failure.ts";
import type { SourceBinding } from "../../model/tenant.ts";

/** What a signed request carries beside its body. */
export interface RequestSignature {
  /** As sent: Unix seconds, or milliseconds. */
  readonly timestamp: string;
  /** As sent: `sha256=` and 64 hex digits. */
  readonly signature: string;
  /** The body as it came over the wire, compressed if it was. */
  readonly signedBytes: Uint8Array;
}

/** Compares `signatureHex` with HMAC-SHA256(secret, timestamp + "." + body) in constant time. */
export type VerifySignature = (
  secret: string,
  timestamp: string,
  body: Uint8Array,
  signatureHex: string,
) => boolean | Promise<boolean>;

export const signatureAgeMaxMs = 5 * 60_000;
const millisecondsFrom = 100_000_000_000;
const timestampForm = /^\d{9,14}$/;
const signatureForm = /^sha256=([0-9a-f]{64})$/i;

export type SignatureFault = "signature_missing" | "signature_expired" | "signature_invalid";

/** Makes the step that lets a signed request pass (null) or names what is wrong with its signature. */
export function createCheckSignatureStep(parts: { readonly vault: Vault; readonly verifySignature: VerifySignature }) {
  return async function checkSignature(
    binding: SourceBinding,
    request: RequestSignature,
    nowMs: number,
  ): Promise<Result<SignatureFault | null>> {
    const hex = signatureForm.exec(request.signature.trim())?.[1];
    const timestamp = request.timestamp.trim();
    if (hex === undefined || !timestampForm.test(timestamp)) return succeed("signature_missing");
    const sentMs = Number(timestamp) < millisecondsFrom ? Number(timestamp) * 1000 : Number(timestamp);
    if (Math.abs(nowMs - sentMs) > signatureAgeMaxMs) return succeed("signature_expired");
    if (binding.sealedSigningSecret === null) return succeed("signature_invalid");
    const { id, orgId } = binding.source;
    const place = { orgId, table: "sources", column: "signing_secret", id };
    const secret = await parts.vault.open(binding.sealedSigningSecret, place);
    if (!secret.ok) return secret;
    const genuine = await parts.verifySignature(secret.value, timestamp, request.signedBytes, hex.toLowerCase());
    return succeed(genuine ? null : "signature_invalid");
  };
}
