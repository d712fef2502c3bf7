import type { JsonObject } from "../json.ts";
import { invalidParameter, type Refusal } from "./answers.ts";
import { checkEvent } from "./check-event.ts";
import { eventsPerRequestMax, partnerAgentCharsMax, partnerAgentLettersMin } from "./contract.ts";
import type { Strictness } from "./rules.ts";

export type BatchScope = { nowMs: number; strictness: Strictness; admitsAppName: (name: string) => boolean };

export type BatchVerdict =
  | { ok: true; events: JsonObject[]; messages: string[]; isTest: boolean }
  | { ok: false; refusal: Refusal };

/** Judges a whole request: one bad event refuses every event of it. */
export function checkBatch(parameters: JsonObject, scope: BatchScope): BatchVerdict {
  const data = parameters["data"];
  const refusal = checkTopLevel(parameters);
  if (refusal !== null) return { ok: false, refusal };
  const events = data as JsonObject[];
  const messages = new Set<string>();
  for (const [index, event] of events.entries()) {
    const path = `$['data'][${index}]`;
    const refusal = checkEvent(event, { ...scope, path, warn: (message) => messages.add(message) });
    if (refusal !== null) return { ok: false, refusal };
  }
  const isTest = isGiven(parameters["test_event_code"]);
  return { ok: true, events, messages: [...messages], isTest };
}

function checkTopLevel(parameters: JsonObject): Refusal | null {
  const data = parameters["data"];
  if (!Array.isArray(data)) return invalidParameter("The parameter data is required");
  if (data.length === 0) return invalidParameter("No Events");
  if (data.length > eventsPerRequestMax) return invalidParameter("Too Many Events");
  const testCode = parameters["test_event_code"];
  if (isGiven(testCode) && (typeof testCode !== "string" || testCode === "")) {
    return invalidParameter("Invalid Test Event Code");
  }
  const agent = parameters["partner_agent"];
  return isGiven(agent) && !isPartnerAgent(agent) ? invalidParameter("Invalid Partner Agent") : null;
}

/** Meta's own library sends null for every top-level key that it does not use. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isPartnerAgent(value: unknown): boolean {
  if (typeof value !== "string" || value.length > partnerAgentCharsMax) return false;
  return value.replace(/[^a-zA-Z]/g, "").length >= partnerAgentLettersMin;
}
