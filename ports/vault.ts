import type { Result } from "../domain/model/failure.ts";
import type { SealedSecret } from "../domain/model/tenant.ts";

/** Where a secret lives; part of what is authenticated, so that a sealed value can't be moved to another place. */
export interface SecretPlace {
  readonly orgId: string;
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/** Seals credentials: AES-256-GCM, the key apart from the data. */
export interface Vault {
  seal(secret: string, place: SecretPlace): Promise<SealedSecret>;
  /** Errors: `secret_unreadable` if the key or the place is another. */
  open(sealed: SealedSecret, place: SecretPlace): Promise<Result<string>>;
}
