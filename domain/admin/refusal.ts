import type { Failure } from "../model/failure.ts";
import { allows, type Principal, type Role } from "../model/tenant.ts";

/** One thing that is wrong with what an administrator sent; path and advice, never the value. */
export interface InputFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: number;
  readonly caret?: string;
}

/** Refusals that need no more words. */
export type PlainRefusal =
  | ("token_missing" | "token_unknown" | "role_insufficient" | "not_found" | "version_conflict")
  | ("login_invalid" | "refresh_invalid" | "invitation_unknown" | "login_taken")
  | ("limit_reached" | "project_in_use" | "owner_fixed" | "password_required" | "too_many_changes");

/** Why a use case did not do what it was asked. */
export type AdminRefusal =
  | { readonly code: PlainRefusal }
  | { readonly code: "too_many_attempts" | "too_many_requests"; readonly retryAfterMs: number }
  | { readonly code: "invalid_input"; readonly faults: readonly InputFault[] }
  | { readonly code: "unavailable"; readonly cause: string };

export type AdminResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: AdminRefusal };

/** Wraps what a use case made. */
export function granted<T>(value: T): AdminResult<T> {
  return { ok: true, value };
}

/** Wraps a refusal that needs no more words. */
export function refused(code: PlainRefusal) {
  return { ok: false, refusal: { code } } as const;
}

/** Wraps the faults of what was sent. */
export function invalid(faults: readonly InputFault[]) {
  return { ok: false, refusal: { code: "invalid_input", faults } } as const;
}

/** Codes of ports that are a caller's to know. */
const knownCodes: readonly string[] = [
  "not_found",
  "version_conflict",
  "invitation_unknown",
  "login_taken",
  "limit_reached",
  "project_in_use",
  "too_many_changes",
] satisfies PlainRefusal[];

/** Words a port's failure for the caller. */
export function failed(failure: Failure): { readonly ok: false; readonly refusal: AdminRefusal } {
  const { code } = failure;
  if (knownCodes.includes(code)) return { ok: false, refusal: { code: code as PlainRefusal } };
  return { ok: false, refusal: { code: "unavailable", cause: code } };
}

/** Null if the principal's role suffices, else the refusal. */
export function requireRole(by: Principal, required: Role) {
  return allows(by.role, required) ? null : refused("role_insufficient");
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text can be one of our ids at all. */
export function isId(text: string): boolean {
  return uuidForm.test(text);
}
