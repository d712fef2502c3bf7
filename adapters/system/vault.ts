import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import type { KeyAge, SecretPlace, Vault } from "../../ports/vault.ts";
import { type KeyRing, openKeyRing } from "./key-ring.ts";
import { readOrCreateKeys } from "./vault-key.ts";

const format = "v1";
const cipherName = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const base64url = /^[A-Za-z0-9_-]+$/;

/** Where the keys are: in a file of the vault's own, or handed over by the operator; old ones beside either. */
export type VaultKeys = ({ readonly keyPath: string } | { readonly key: string | Uint8Array }) & {
  /** Keys that open and don't seal. Shape: 64 hexadecimal characters each. */
  readonly oldKeys?: readonly string[];
};

/** What is authenticated beside the secret; JSON keeps the parts apart whatever they contain. */
function placeBytes(keyId: string, { orgId, table, column, id }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([format, keyId, orgId, table, column, id]));
}

function unreadable(cause?: unknown): Result<string> {
  return fail("secret_unreadable", { retry: "never", cause });
}

function keyIdOf(sealed: SealedSecret): string | null {
  const [version, keyId = ""] = sealed.split(".", 2);
  return version === format ? keyId : null;
}

async function readRing(from: VaultKeys): Promise<KeyRing> {
  const { oldKeys = [] } = from;
  if ("keyPath" in from) return openKeyRing([...(await readOrCreateKeys(from.keyPath)), ...oldKeys]);
  const given = typeof from.key === "string" ? from.key.trim() : Buffer.from(from.key).toString("hex");
  return openKeyRing([given, ...oldKeys]);
}

/**
 * Opens the vault with a key file of its own, or with a key that the operator hands over.
 *
 * A key file is read again before each seal, and when a secret is met whose key is not known: a rotation beside a
 * running server needs no restart of it.
 * Shape: a sealed secret is `v1.<key id>.<base64url of nonce, ciphertext, tag>`; the key id, eight hex characters of
 * an HMAC under the key, tells which of several keys it was. The key file is made where it is missing.
 * Errors: throws if a key is not 64 hex characters, or the file may be read by others than its owner.
 */
export async function openVault(from: VaultKeys): Promise<Vault> {
  let ring = await readRing(from);

  /** Keys that can't be read just now leave the known ones at work. */
  async function readAgain(): Promise<void> {
    if ("keyPath" in from) ring = await readRing(from).catch(() => ring);
  }

  async function seal(secret: string, place: SecretPlace): Promise<SealedSecret> {
    await readAgain();
    const { id: keyId, bytes: key } = ring.current;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(placeBytes(keyId, place));
    const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${format}.${keyId}.${sealed.toString("base64url")}` as SealedSecret;
  }

  async function open(sealed: SealedSecret, place: SecretPlace): Promise<Result<string>> {
    const [version, keyId = "", text = "", ...rest] = sealed.split(".");
    if (version !== format || rest.length > 0 || !base64url.test(text)) return unreadable();
    if (!ring.byId.has(keyId)) await readAgain();
    const key = ring.byId.get(keyId)?.bytes;
    if (!key) return unreadable();
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

  function ageOf(sealed: SealedSecret): KeyAge {
    const keyId = keyIdOf(sealed);
    if (keyId === null || !ring.byId.has(keyId)) return "unknown";
    return keyId === ring.current.id ? "current" : "old";
  }

  return { seal, open, ageOf };
}
