import { flagBits } from "../../domain/model/event.ts";
import { type JsonObject, type JsonScalar, nodeAt } from "./nodes.ts";

const granted = 1;
const denied = 2;

/** The consent bits of the flags column: `context.consent.<purpose>`, else its categoryPreferences; booleans only. */
export function consentFlags(event: JsonObject): number {
  const advertising = consentBits(event, "advertising") << flagBits.advertisingShift;
  return advertising | (consentBits(event, "analytics") << flagBits.analyticsShift);
}

export function deniesAnalytics(flags: number): boolean {
  return ((flags >> flagBits.analyticsShift) & 3) === denied;
}

function consentBits(event: JsonObject, purpose: "advertising" | "analytics"): number {
  const consent = nodeAt(event, ["context", "consent"]);
  if (consent?.kind !== "object") return 0;
  const stated = booleanOf(consent, purpose);
  if (stated !== 0) return stated;
  const preferences = nodeAt(consent, ["categoryPreferences"]);
  return preferences?.kind === "object" ? booleanOf(preferences, purpose) : 0;
}

/** The last member of that name, whatever its case; not a boolean: unknown. */
function booleanOf(object: JsonObject, purpose: string): number {
  const value = object.members.findLast((member) => member.key.toLowerCase() === purpose)?.value as
    | JsonScalar
    | undefined;
  return value?.kind === "true" ? granted : value?.kind === "false" ? denied : 0;
}
