import type { FailureClass, SendResult } from "../../domain/model/delivery.ts";
import { isObject, type JsonObject } from "../../domain/model/json/json.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface VendorRequest {
  readonly url: string;
  /** Among them the token: addresses reach logs, headers don't. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, unless the headers say otherwise. */
  readonly body: string;
}

/** What came back over HTTP; `body` is null if it was too long to be a vendor's answer. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | null;
}

/** What an answer means for what was sent. */
export interface FailureMeaning {
  readonly class: FailureClass;
  /** Whether the vendor may have kept the events all the same. */
  readonly effect: "none" | "unknown";
}

const answerBytesMax = 64 * 1024;
const traceIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Faults in which nothing was sent, as Bun, Node and Deno name them. */
const unsentCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ConnectionRefused",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "FailedToOpenSocket",
  "DNSResolveFailed",
]);

/** What a caller makes of an answer, and of none. */
export interface Reading<T> {
  classify(answer: VendorAnswer): T;
  lost(code: "timeout" | "socket" | "unreachable", effect: "none" | "unknown"): T;
}

/**
 * Posts a batch, once, and says what the vendor made of it, as `classify` reads its answer.
 *
 * Errors: `timeout` and `socket` may have had an effect; `unreachable` had none.
 */
export function postOnce(
  fetchAnswer: Fetch,
  { url, headers, body }: VendorRequest,
  timeoutMs: number,
  classify: (answer: VendorAnswer) => SendResult,
): Promise<SendResult> {
  const request = { url, headers: { ...headers, "content-type": "application/json" }, body };
  return callOnce(fetchAnswer, request, timeoutMs, { classify, lost });
}

/**
 * Posts a body, once, and reads no more of the answer than a vendor's answer may hold.
 *
 * Redirects are not followed, because a token must not be taken elsewhere. Never throws, unless `classify` does: a
 * fault of ours must not pass for one of the connection.
 */
export async function callOnce<T>(
  fetchAnswer: Fetch,
  { url, headers, body }: VendorRequest,
  timeoutMs: number,
  reading: Reading<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  let answer: VendorAnswer;
  try {
    const response = await fetchAnswer(url, { method: "POST", redirect: "manual", headers, body, signal });
    answer = { status: response.status, headers: response.headers, body: await readBounded(response) };
  } catch (error) {
    if (signal.aborted) return reading.lost("timeout", "unknown");
    return isUnsent(error) ? reading.lost("unreachable", "none") : reading.lost("socket", "unknown");
  }
  return reading.classify(answer);
}

function lost(code: string, effect: "none" | "unknown"): SendResult {
  return { ok: false, class: "transient", code, eventIndex: null, retryAfterMs: null, effect, traceId: null };
}

/** The body's text; null if it is longer than any answer of a vendor's, the rest unread. */
async function readBounded(response: Response): Promise<string | null> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (bytes > answerBytesMax) {
      await reader.cancel();
      return null;
    }
    chunks.push(part.value);
  }
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return new TextDecoder().decode(joined);
}

/** Whether a fault, or one of its causes, says that no connection came about. */
function isUnsent(error: unknown): boolean {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 4; fault = fault.cause, depth += 1) {
    const code = (fault as { code?: unknown }).code;
    if (typeof code === "string" && unsentCodes.has(code)) return true;
    if (/connection refused|os error 111/i.test(fault.message)) return true;
  }
  return false;
}

/** The object that an answer's body holds; null if it holds none. */
export function answerObject(body: string | null): JsonObject | null {
  if (body === null) return null;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A vendor's code, if it is a whole number as all of theirs are. */
export function codeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A vendor's id of the request, for its support; anything that does not look like one is not kept. */
export function traceIdOf(value: unknown): string | null {
  return typeof value === "string" && traceIdPattern.test(value) ? value : null;
}
