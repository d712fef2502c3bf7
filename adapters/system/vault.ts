import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import type { SecretPlace, Vault } from "../../ports/vault.ts";
import { readOrCreateKey } from "./vault-key.ts";

const format = "v1";
const cipherName = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const keyIdChars = 8;
const keyPattern = /^[0-9a-f]{64}$/i;
const base64url = /^[A-Za-z0-9_-]+$/;

/** What is authenticated beside the secret; JSON keeps the parts apart whatever they contain. */
function placeBytes(keyId: string, { orgId, table, column, id }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([format, keyId, orgId, table, column, id]));
}

function unreadable(cause?: unknown): Result<string> {
  return fail("secret_unreadable", { retry: "never", cause });
}

/**
 * Opens the vault with a key file of its own, or with a key that the operator hands over.
 *
 * Shape: a sealed secret is `v1.<key id>.<base64url of nonce, ciphertext, tag>`; the key id, eight hex characters of
 * an HMAC under the key, lets a later version keep several keys. The key file is made where it is missing.
 * Errors: throws if the key is not 64 hex characters, or its file may be read by others than its owner.
 */
export async function openVault(
  from: { readonly keyPath: string } | { readonly key: string | Uint8Array },
): Promise<Vault> {
  const given = "key" in from ? from.key : await readOrCreateKey(from.keyPath);
  const hex = typeof given === "string" ? given.trim() : Buffer.from(given).toString("hex");
  if (!keyPattern.test(hex)) throw new Error("the vault key is not 64 hexadecimal characters (32 bytes)");
  const key = Buffer.from(hex, "hex");
  const keyId = createHmac("sha256", key).update("tidegate vault key id").digest("hex").slice(0, keyIdChars);

  async function seal(secret: string, place: SecretPlace): Promise<SealedSecret> {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(placeBytes(keyId, place));
    const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${format}.${keyId}.${sealed.toString("base64url")}` as SealedSecret;
  }

  async function open(sealed: SealedSecret, place: SecretPlace): Promise<Result<string>> {
    const [version, sealedWith, text = "", ...rest] = sealed.split(".");
    if (version !== format || sealedWith !== keyId || rest.length > 0 || !base64url.test(text)) return unreadable();
    const bytes = Buffer.from(text, "base64url");
    if (bytes.length < nonceBytes + tagBytes || bytes.toString("base64url") !== text) return unreadable();
    try {
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(placeBytes(keyId, place));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const opened = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
      return succeed(opened.toString("utf8"));
    } catch (cause) {
      return unreadable(cause);
    }
  }

  return { seal, open };
}
