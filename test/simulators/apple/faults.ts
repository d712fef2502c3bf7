import { type Answer, htmlAnswer } from "../answer.ts";
import { connectionFaults, type Strike } from "../fault-queue.ts";

const answers = ["throttle", "serverError", "notFound", "forbidden", "unreadable"] as const;
export const faultNames = [...answers, ...connectionFaults] as const;

export type Fault = (typeof faultNames)[number];

/** An answer without a word in it, as Apple's own. */
export function emptyAnswer(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: "" };
}

/** The answer that stands in for Apple's own, or null where the request goes on. */
export function answerInstead({ fault, regainMinutes }: Strike<Fault>): Answer | null {
  switch (fault) {
    case "throttle":
      return emptyAnswer(429, { "retry-after": String(regainMinutes * 60) });
    case "serverError":
      return emptyAnswer(500);
    case "notFound":
      return emptyAnswer(404);
    case "forbidden":
      // As a proxy between would answer: the contract knows no such answer of Apple's.
      return emptyAnswer(403);
    case "unreadable":
      return { status: 200, headers: { "content-type": "application/json" }, body: '{"attribution":' };
    case "html502":
      return htmlAnswer();
    default:
      return null;
  }
}
