import type { DataLayerVersion } from "./data-layer.ts";

/** All ids are UUIDs in lowercase text. */
export type OrgId = string;

export type SourceKind = "browser" | "mobile" | "server";

/** Where events come from: an app or site with its own write key and app id. */
export interface Source {
  readonly id: string;
  readonly orgId: OrgId;
  readonly projectId: string;
  readonly name: string;
  readonly kind: SourceKind;
  /** Public: it can only ingest. */
  readonly writeKey: string;
  /** Public: what the Layers dialect sends as X-App-Id. */
  readonly appId: string;
  readonly defaultCallingCode: string | null;
  readonly enabled: boolean;
}

/** All that ingest needs to know of a source, from one look-up. */
export interface SourceBinding {
  readonly source: Source;
  /** HMAC key of the signed dialect, sealed by the vault; null if the source has none. */
  readonly sealedSigningSecret: SealedSecret | null;
  readonly dataLayer: DataLayerVersion;
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

/** A secret as the vault keeps it: opaque text, useless without the key and the place it was sealed for. */
export type SealedSecret = string & { readonly __sealed: true };
