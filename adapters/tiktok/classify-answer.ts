import type { SendResult } from "../../domain/model/delivery.ts";
import { own } from "../../domain/model/json/json.ts";
import { answerObject, codeNumber, type FailureMeaning, traceIdOf, type VendorAnswer } from "../vendor-http/request.ts";
import { retryAfterMs, retryAfterMsMax } from "../vendor-http/retry-after.ts";
import { meaningOf, misconfigured, takenOf, throttled, unreadable } from "./failure-table.ts";

const tooManyRequests = 429;
/** Only at the start: further on, a value that an event holds might be repeated. */
const indexPattern = /^Batch\.(\d{1,4})[.:]/;
const requestPattern = /^(?:Invalid value for )?(?:event_source|event_source_id|test_event_code|partner_name)\b/;

/**
 * Reads TikTok's answer: the envelope's code decides, because the status is 200 for nearly every failure too.
 *
 * Two texts are looked at and none is kept: the path that names the offending event, and the name of a parameter of
 * the request itself. Taking the latter for an event's fault would bury a whole backlog for a mistyped setting.
 * Errors: codes are `tiktok_{code}` or `http_{status}`.
 */
export function classifyAnswer(answer: VendorAnswer, sent: number, nowMs: number): SendResult {
  const body = answerObject(answer.body);
  const code = body === null ? null : codeNumber(own(body, "code"));
  if (body === null || code === null) {
    const meaning = answer.status === tooManyRequests ? throttled : unreadable;
    return failed(meaning, `http_${answer.status}`, answer, nowMs);
  }
  const traceId = traceIdOf(own(body, "request_id"));
  const taken = takenOf(code);
  if (taken === "all") return { ok: true, traceId, received: sent, warnings: 0 };
  if (taken === "part")
    return { ok: true, traceId, received: sent, warnings: 1, warningCodes: ["tiktok_20001"], inPart: true };

  const message = own(body, "message");
  const text = typeof message === "string" ? message : "";
  const listed = meaningOf(code);
  const meaning = listed.class === "event" && requestPattern.test(text) ? misconfigured : listed;
  const index = meaning.class === "event" ? indexPattern.exec(text)?.[1] : undefined;
  const eventIndex = index === undefined ? null : Number(index);
  return { ...failed(meaning, `tiktok_${code}`, answer, nowMs), eventIndex, traceId };
}

function failed(
  meaning: FailureMeaning,
  code: string,
  answer: VendorAnswer,
  nowMs: number,
): Extract<SendResult, { ok: false }> {
  const askedMs = Math.min(retryAfterMs(answer.headers, nowMs), retryAfterMsMax);
  return { ok: false, ...meaning, code, eventIndex: null, retryAfterMs: askedMs > 0 ? askedMs : null, traceId: null };
}
