import { type Answer, htmlAnswer, jsonAnswer } from "../answer.ts";
import { connectionFaults, type Strike } from "../fault-queue.ts";

export const faultNames = [
  "throttle",
  "unavailable",
  "transient",
  "gone",
  "refused",
  "badRequest",
  "tooLarge",
  "redirect",
  "hugeAnswer",
  ...connectionFaults,
] as const;

export type Fault = (typeof faultNames)[number];

const statuses: Partial<Record<Fault, number>> = {
  throttle: 429,
  unavailable: 503,
  transient: 500,
  gone: 410,
  refused: 401,
  badRequest: 400,
  tooLarge: 413,
  redirect: 307,
};
const secondsOfMinute = 60;
const hugeBytes = 4 * 1024 * 1024;

/** The answer that stands in for the receiver's own, or null where the request goes on. */
export function answerInstead(strike: Strike<Fault>): Answer | null {
  if (strike.fault === "html502") return htmlAnswer();
  const status = statuses[strike.fault];
  if (status === undefined) return null;
  const answer = jsonAnswer(status, { error: strike.fault });
  return { ...answer, headers: { ...answer.headers, ...headersOf(strike) } };
}

function headersOf({ fault, regainMinutes }: Strike<Fault>): Record<string, string> {
  if (fault === "redirect") return { location: "http://127.0.0.1:1/elsewhere" };
  const waits = fault === "throttle" || fault === "unavailable";
  return waits ? { "retry-after": String(regainMinutes * secondsOfMinute) } : {};
}

/** An answer that is far longer than anyone should read. */
export function hugeAnswer(): Answer {
  return { status: 200, headers: { "content-type": "text/plain" }, body: "x".repeat(hugeBytes) };
}
