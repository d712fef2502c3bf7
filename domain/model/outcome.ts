/**
 * What can become of one event, as numbers the kernels write and names people read.
 * Numbers are part of stored records: never reuse or renumber one.
 */
export const verdicts = { pass: 0, drop: 1, reject: 2 } as const;
export type Verdict = (typeof verdicts)[keyof typeof verdicts];

/** Why the data layer dropped an event that was well formed. The event counts as accepted, then as dropped. */
export const dropCodes = {
  consent: 1,
  bot_known: 2,
  bot_empty_user_agent: 3,
  bot_custom_pattern: 4,
  routing_rule: 5,
  custom_js: 6,
  /** The script failed or was paused, and its organisation chose to lose the event rather than pass it as it was. */
  custom_js_failed: 7,
} as const;
export type DropReason = keyof typeof dropCodes;
export type DropCode = (typeof dropCodes)[DropReason];

/** Why one event of a well-formed body was refused. The event was never accepted; the sender is told. */
export const rejectCodes = {
  not_an_object: 32,
  type_missing: 33,
  type_unknown: 34,
  event_missing: 35,
  identity_missing: 36,
  field_type: 37,
  field_too_long: 38,
  event_too_large: 39,
  unstorable: 40,
  too_deep: 41,
} as const;
export type RejectReason = keyof typeof rejectCodes;
export type RejectCode = (typeof rejectCodes)[RejectReason];

const dropNames = new Map<number, DropReason>(Object.entries(dropCodes).map(([k, v]) => [v, k as DropReason]));
const rejectNames = new Map<number, RejectReason>(Object.entries(rejectCodes).map(([k, v]) => [v, k as RejectReason]));

/** The name of a drop code, or undefined for a number that is none. */
export function dropReasonOf(code: number): DropReason | undefined {
  return dropNames.get(code);
}

/** The name of a reject code, or undefined for a number that is none. */
export function rejectReasonOf(code: number): RejectReason | undefined {
  return rejectNames.get(code);
}

/** Why a whole body was refused: nothing of it is kept. `position` is a byte offset into the decoded body. */
export interface BodyFault {
  readonly code: BodyFaultCode;
  readonly position: number;
}
export type BodyFaultCode =
  | "invalid_json"
  | "invalid_utf8"
  | "too_deep"
  | "body_not_an_object"
  | "events_missing"
  | "too_many_events"
  | "batch_members_too_large";
