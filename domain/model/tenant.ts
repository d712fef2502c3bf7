import type { DataLayerVersion } from "./data-layer.ts";

/** All ids are UUIDs in lowercase text. */
export type OrgId = string;

export type SourceKind = "browser" | "mobile" | "server";

/** In what a source may speak; any but `any` refuses the others, `signed` whatever is not signed. */
export const sourceDialects = ["any", "segment", "layers", "signed"] as const;
export type SourceDialect = (typeof sourceDialects)[number];

/** What an administrator sets of a source. */
export interface SourceSettings {
  readonly name: string;
  readonly kind: SourceKind;
  readonly dialect: SourceDialect;
  readonly defaultCallingCode: string | null;
  readonly enabled: boolean;
  /** Null: as many as come. */
  readonly eventsPerSecondMax: number | null;
}

/** Where events come from: an app or site with its own write key and app id. */
export interface Source extends SourceSettings {
  readonly id: string;
  readonly orgId: OrgId;
  readonly projectId: string;
  /** Public: it can only ingest. */
  readonly writeKey: string;
  /** Public: what the Layers dialect sends as X-App-Id. */
  readonly appId: string;
  /** Until when the write key before the current one still counts; null if there is none. */
  readonly previousWriteKeyUntilMs: number | null;
}

/** All that ingest needs to know of a source, from one look-up. */
export interface SourceBinding {
  readonly source: Source;
  /** HMAC key of the signed dialect, sealed by the vault; null if the source has none. */
  readonly sealedSigningSecret: SealedSecret | null;
  readonly dataLayer: DataLayerVersion;
  /** When the key it was looked up by ends; absent where it has no end. */
  readonly keyEndsAtMs?: number;
}

export const roles = ["viewer", "editor", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/** Who calls the admin API. */
export interface Principal {
  readonly orgId: OrgId;
  readonly memberId: string;
  readonly role: Role;
}

/** True if `role` is at least `required`. */
export function allows(role: Role, required: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(required);
}

/** The role that may less. */
export function lesserRole(one: Role, other: Role): Role {
  return allows(one, other) ? other : one;
}

/** A secret as the vault keeps it: opaque text, useless without the key and the place it was sealed for. */
export type SealedSecret = string & { readonly __sealed: true };
