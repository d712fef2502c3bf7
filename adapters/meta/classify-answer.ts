import type { SendResult, VendorUsage } from "../../domain/model/delivery.ts";
import { isObject, type JsonObject, own } from "../../domain/model/json/json.ts";
import { answerObject, codeNumber, type FailureMeaning, traceIdOf, type VendorAnswer } from "../vendor-http/request.ts";
import { meaningOf, missingPermission, throttled, unreadable } from "./failure-table.ts";
import { retryAfterOf } from "./retry-after.ts";
import { usageOf } from "./usage.ts";
import { warningCodesOf } from "./warning-codes.ts";

const tooManyRequests = 429;
const indexPattern = /\$\['data'\]\[(\d{1,4})\]/;
const permissionPattern = /^\(#100\) Missing Permission/;

/**
 * Reads Meta's answer: the body before the status, codes before texts.
 *
 * Two texts are looked at and none is kept: the path that names the offending event, and the sentence by which a
 * missing permission differs from an invalid parameter, since both have code 100 and no subcode. Taking one for the
 * other would bury a whole backlog for want of a permission.
 * Errors: codes are `meta_{code}`, `meta_{code}_{subcode}` or `http_{status}`.
 */
export function classifyAnswer(answer: VendorAnswer, nowMs: number): SendResult {
  const body = answerObject(answer.body);
  const error = body === null ? undefined : own(body, "error");
  if (isObject(error)) return classifyError(error, answer, nowMs);
  const received = body === null ? undefined : own(body, "events_received");
  if (answer.status === 200 && body !== null && typeof received === "number") {
    const messages = own(body, "messages");
    const said = Array.isArray(messages) ? messages : [];
    const warned = said.length > 0 ? { warnings: said.length, warningCodes: warningCodesOf(said) } : { warnings: 0 };
    return { ok: true, traceId: traceIdOf(own(body, "fbtrace_id")), received, ...warned, ...usageIn(answer) };
  }
  const meaning = answer.status === tooManyRequests ? throttled : unreadable;
  return failed(meaning, `http_${answer.status}`, answer, nowMs);
}

function classifyError(error: JsonObject, answer: VendorAnswer, nowMs: number): SendResult {
  const code = codeNumber(own(error, "code"));
  if (code === null) return failed(unreadable, `http_${answer.status}`, answer, nowMs);
  const subcode = codeNumber(own(error, "error_subcode"));
  const message = own(error, "message");
  const text = typeof message === "string" ? message : "";
  const lacksPermission = code === 100 && subcode === null && permissionPattern.test(text);
  const meaning = lacksPermission ? missingPermission : meaningOf(code, subcode, own(error, "is_transient") === true);
  const name = subcode === null ? `meta_${code}` : `meta_${code}_${subcode}`;
  const index = indexPattern.exec(text)?.[1];
  return {
    ...failed(meaning, lacksPermission ? "meta_100_permission" : name, answer, nowMs),
    eventIndex: meaning.class === "event" && index !== undefined ? Number(index) : null,
    traceId: traceIdOf(own(error, "fbtrace_id")),
  };
}

function failed(
  meaning: FailureMeaning,
  code: string,
  answer: VendorAnswer,
  nowMs: number,
): Extract<SendResult, { ok: false }> {
  const retryAfterMs = retryAfterOf(answer.headers, nowMs);
  return { ok: false, ...meaning, code, eventIndex: null, retryAfterMs, traceId: null, ...usageIn(answer) };
}

function usageIn({ headers }: VendorAnswer): { readonly usage?: VendorUsage } {
  const usage = usageOf(headers);
  return usage === undefined ? {} : { usage };
}
