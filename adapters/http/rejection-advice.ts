import type { RejectReason } from "../../domain/model/outcome.ts";

/** What to do about an event that was refused. */
const advice: Readonly<Record<RejectReason, string>> = {
  not_an_object: "Send each event as a JSON object.",
  type_missing: "Give the event a type: track, identify, page, screen, group or alias.",
  type_unknown: "Use track, identify, page, screen, group or alias, in small letters.",
  event_missing: "Name the event: a text that is not empty.",
  identity_missing:
    "Send a userId or an anonymousId (of a group a groupId, of an alias a previousId and a userId, too).",
  field_type: "This member has a type that it can't have; ids are texts or numbers, times are texts or numbers.",
  field_too_long: "Shorten this member.",
  event_too_large: "Send less with one event.",
  unstorable: "Send it without NUL characters, unpaired surrogates and numbers beyond 1e308: they can't be stored.",
  too_deep: "Nest less deeply.",
};
/** Past as many, a sender has read it. */
const advisedMax = 20;

/** Puts beside what was refused what to do about it. */
export function withAdvice<T extends { readonly code: string }>(rejected: readonly T[]): (T & { message?: string })[] {
  return rejected.map((one, n) => {
    const message = n < advisedMax ? advice[one.code as RejectReason] : undefined;
    return message === undefined ? one : { ...one, message };
  });
}
