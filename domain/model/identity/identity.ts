/** Lowercase hex SHA-256; branded so that a raw value can't be passed where a hash is wanted. */
export type Sha256Hex = string & { readonly __sha256: true };

/** The identity block of an event: held beside its JSON, never inside it. */
export interface IdentityBlock {
  readonly emailSha256: Sha256Hex | null;
  /** Digits with country code, no plus: Meta's form. */
  readonly phoneSha256: Sha256Hex | null;
  /** E.164 with plus: TikTok's form. */
  readonly phoneE164Sha256: Sha256Hex | null;
}
