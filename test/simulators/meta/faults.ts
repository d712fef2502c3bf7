import { type Answer, htmlAnswer } from "../answer.ts";
import { connectionFaults, pickRefusal, type Strike } from "../fault-queue.ts";
import { badToken, type Refusal, refusedAnswer, usageHeaders } from "./answers.ts";

export const faultNames = [
  "throttle",
  "tokenRevoked",
  "transient",
  "quotaNearlyUsed",
  "quotaUsedUp",
  ...connectionFaults,
] as const;

export type Fault = (typeof faultNames)[number];

const nearlyUsedPercent = 95;

const throttles: readonly Refusal[] = [
  { status: 500, code: 17, subcode: 2446079, message: "User request limit reached", transient: true },
  { status: 400, code: 613, subcode: 1487742, message: "Calls to this api have exceeded the rate limit." },
  { status: 400, code: 4, subcode: 1504022, message: "Application request limit reached", transient: true },
];

const transients: readonly Refusal[] = [
  { status: 500, code: 1, message: "An unknown error occurred", transient: true },
  { status: 503, code: 2, message: "Service temporarily unavailable", transient: true },
];

/** A revoked token is answered with either status: callers must read the code. */
const revocations: readonly Refusal[] = [badToken(401), badToken(500)];

/** The answer that stands in for the vendor's own, or null where the request goes on. */
export function answerInstead(strike: Strike<Fault>, dataset: string, traceId: string): Answer | null {
  switch (strike.fault) {
    case "throttle": {
      const answer = refusedAnswer(pickRefusal(throttles, strike), traceId);
      const headers = usageHeaders({ dataset, percent: 100, regainMinutes: strike.regainMinutes });
      return { ...answer, headers: { ...answer.headers, ...headers } };
    }
    case "tokenRevoked":
      return refusedAnswer(pickRefusal(revocations, strike), traceId);
    case "transient":
      return refusedAnswer(pickRefusal(transients, strike), traceId);
    case "html502":
      return htmlAnswer();
    default:
      return null;
  }
}

/** What a good answer says of the quota: nearly used, or used up by this very request. */
function usageUnder(strike: Strike<Fault> | null): { percent: number; regainMinutes: number } | null {
  if (strike?.fault === "quotaNearlyUsed") return { percent: nearlyUsedPercent, regainMinutes: 0 };
  return strike?.fault === "quotaUsedUp" ? { percent: 100, regainMinutes: strike.regainMinutes } : null;
}

/** Adds what a good answer carries under this fault. */
export function dressAnswer(answer: Answer, strike: Strike<Fault> | null, dataset: string): Answer {
  const usage = usageUnder(strike);
  if (usage === null) return answer;
  const headers = usageHeaders({ dataset, ...usage });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
