import type { Consent } from "../../../domain/model/event/event.ts";
import type { Sha256Hex } from "../../../domain/model/identity/identity.ts";
import { joinableId } from "../../../domain/model/identity/placeholder-id.ts";

/** What the store knows under one id that may be a person's. */
export interface KnownRow {
  readonly n: number;
  /**
   * `own`: the visitor that the event names. `user`: the user it names, or the only one that its visitor was seen with.
   * `joined`: an id that was joined into that user. `heir`: a user whom one of the event's ids was joined into.
   */
  readonly role: "own" | "user" | "joined" | "successor";
  /** Steps from the event's own ids. */
  readonly depth: number;
  readonly kind: "alias" | "seen" | null;
  readonly visitor_id: string;
  /** Whether others than the user in question were seen with it: then it says nothing of this person. */
  readonly shared: boolean;
  readonly email_sha256: Sha256Hex | null;
  readonly phone_sha256: Sha256Hex | null;
  readonly phone_e164_sha256: Sha256Hex | null;
  readonly advertising: Consent | null;
  readonly advertising_at: number | null;
}

const bySource = { own: 0, user: 1, joined: 2, successor: 3 } as const;

/** Rows that may bring hashes, the nearest first. */
export function hashRows(rows: readonly KnownRow[], namesUser: boolean): KnownRow[] {
  return rows
    .filter(({ role, shared, visitor_id: id }) => {
      if (role === "successor" || joinableId(id) === null) return false;
      return role === "own" ? !namesUser : role === "user" || !shared;
    })
    .sort((a, b) => bySource[a.role] - bySource[b.role] || a.depth - b.depth);
}

/**
 * The word on advertising that counts beside the event's own.
 *
 * A refusal under any id of the person counts; one under a joined id ends where the person granted later under an own
 * one. A grant counts only from the event's own ids, and from its visitor's only if no other user was seen with it:
 * it may be somebody else's.
 */
export function wordOf(rows: readonly KnownRow[], namesUser: boolean): Consent {
  const own = rows.filter(({ role }) => role === "own" || (role === "user" && namesUser));
  if (own.some(({ advertising }) => advertising === "denied")) return "denied";
  const grants = own.filter(
    ({ advertising, role, shared }) => advertising === "granted" && !(role === "own" && shared),
  );
  const grantedAtMs = grants.reduce(
    (last, { advertising_at: at }) => Math.max(last, at ?? 0),
    Number.NEGATIVE_INFINITY,
  );
  const refused = rows.some((row) => {
    if (own.includes(row) || row.advertising !== "denied" || joinableId(row.visitor_id) === null) return false;
    return (!row.shared || row.kind === "alias") && (row.advertising_at ?? Number.POSITIVE_INFINITY) >= grantedAtMs;
  });
  return refused ? "denied" : grants.length > 0 ? "granted" : "unknown";
}
