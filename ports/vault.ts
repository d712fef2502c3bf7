import type { Result } from "../domain/model/failure.ts";
import type { SealedSecret } from "../domain/model/tenant.ts";

/** Where a secret lives; part of what is authenticated, so that a sealed value can't be moved to another place. */
export interface SecretPlace {
  readonly orgId: string;
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/** Under which key a secret is sealed: the one that seals now, one before it, or one that is not known here. */
export type KeyAge = "current" | "old" | "unknown";

/** Seals credentials: AES-256-GCM, the keys apart from the data. Old keys open what they sealed, and seal nothing. */
export interface Vault {
  seal(secret: string, place: SecretPlace): Promise<SealedSecret>;
  /** Errors: `secret_unreadable` if the key or the place is another. */
  open(sealed: SealedSecret, place: SecretPlace): Promise<Result<string>>;
  /** By what the sealed form says; whether it opens is another matter. */
  ageOf(sealed: SealedSecret): KeyAge;
}
