import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether `signatureHex` is HMAC-SHA256(secret, timestamp + "." + body); takes the same time whatever differs. */
export function verifySignature(secret: string, timestamp: string, body: Uint8Array, signatureHex: string): boolean {
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
  const given = Buffer.from(signatureHex, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
