import type { Principal, Role } from "./tenant.ts";

/** A person who may call the admin API. The login name is kept as a hash, so that there is nothing to show of it. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Whether a password was set; without one only tokens open the account. */
  readonly logsIn: boolean;
  readonly createdAtMs: number;
}

/** A caller whose role may be less than the member's: a token's own role bounds what it may. */
export interface Caller extends Principal {
  readonly memberRole: Role;
  readonly via: "api_token" | "login";
  /** Of the API token that called; null for a login. */
  readonly tokenId: string | null;
}

export interface ApiToken {
  readonly id: string;
  readonly memberId: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** `sha256` is all that is kept of the token itself. */
export interface NewApiToken extends Omit<ApiToken, "memberId"> {
  readonly sha256: string;
}

/** The least role that may invite; an invitation ends with its maker's. */
export const inviterRole: Role = "admin";

export interface Invitation {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface NewInvitation extends Omit<Invitation, "createdBy"> {
  readonly sha256: string;
}

/** One change: what was, what is. Secrets are masked before they get here. */
export interface AuditEntry {
  readonly id: number;
  readonly atMs: number;
  readonly memberId: string;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}
