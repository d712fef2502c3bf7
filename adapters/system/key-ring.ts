import { createHmac } from "node:crypto";

/** A key of the vault, and the name that sealed secrets know it by. */
export interface VaultKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The key that seals, and all that open. */
export interface KeyRing {
  readonly current: VaultKey;
  readonly byId: ReadonlyMap<string, VaultKey>;
}

const keyPattern = /^[0-9a-f]{64}$/i;
const keyIdChars = 8;

/**
 * Makes a ring of keys, the one that seals first.
 *
 * Shape: 64 hexadecimal characters each. Errors: throws if one is not, without showing it.
 */
export function openKeyRing(keys: readonly string[]): KeyRing {
  const opened = keys.map((hex) => {
    if (!keyPattern.test(hex)) throw new Error("the vault key is not 64 hexadecimal characters (32 bytes)");
    const bytes = Buffer.from(hex, "hex");
    const id = createHmac("sha256", bytes).update("tidegate vault key id").digest("hex").slice(0, keyIdChars);
    return { id, bytes };
  });
  const [current] = opened;
  if (!current) throw new Error("the vault has no key: 64 hexadecimal characters (32 bytes) are one");
  return { current, byId: new Map(opened.reverse().map((key) => [key.id, key])) };
}
