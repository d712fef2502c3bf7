import { type Answer, htmlAnswer } from "../answer.ts";
import { connectionFaults, pickRefusal, type Strike } from "../fault-queue.ts";
import { badToken, envelope, expiredToken, type Refusal, tooManyRequests } from "./answers.ts";

export const faultNames = ["throttle", "tokenRevoked", "transient", ...connectionFaults] as const;

export type Fault = (typeof faultNames)[number];

const throttles: readonly Refusal[] = [
  tooManyRequests,
  { code: 40132, message: "Too many requests of this user" },
  { code: 61000, message: "Too many requests", status: 429 },
];

const revocations: readonly Refusal[] = [
  badToken,
  expiredToken,
  { code: 40118, message: "Not in the allowlist", status: 403 },
];

const transients: readonly Refusal[] = [
  { code: 50000, message: "System error" },
  { code: 50002, message: "Internal service timed out" },
];

/** The answer that stands in for the vendor's own, or null where the request goes on. */
export function answerInstead(strike: Strike<Fault>, requestId: string): Answer | null {
  switch (strike.fault) {
    case "throttle":
      return envelope(pickRefusal(throttles, strike), requestId);
    case "tokenRevoked":
      return envelope(pickRefusal(revocations, strike), requestId);
    case "transient":
      return envelope(pickRefusal(transients, strike), requestId);
    case "html502":
      return htmlAnswer();
    default:
      return null;
  }
}
