import type { SendResult } from "../../domain/model/delivery.ts";
import { classifyAnswer, type HttpAnswer } from "./classify-answer.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface EventsRequest {
  readonly url: string;
  readonly accessToken: string;
  readonly body: string;
}

const answerBytesMax = 64 * 1024;

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

/**
 * Posts a batch, once, and says what Meta made of it.
 *
 * The token travels in a header, because addresses reach logs; redirects are not followed, because a token must not
 * be taken elsewhere. Never throws.
 * Errors: `timeout` and `socket` may have had an effect; `unreachable` had none.
 */
export async function sendRequest(
  fetchAnswer: Fetch,
  request: EventsRequest,
  limits: { readonly timeoutMs: number; readonly nowMs: () => number },
): Promise<SendResult> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await fetchAnswer(request.url, {
      method: "POST",
      redirect: "manual",
      headers: { authorization: `Bearer ${request.accessToken}`, "content-type": "application/json" },
      body: request.body,
      signal,
    });
    const body = await readBounded(response);
    const answer: HttpAnswer = { status: response.status, headers: response.headers, body };
    return classifyAnswer(answer, limits.nowMs());
  } catch (error) {
    if (signal.aborted) return lost("timeout", "unknown");
    return isUnsent(error) ? lost("unreachable", "none") : lost("socket", "unknown");
  }
}

function lost(code: string, effect: "none" | "unknown"): SendResult {
  return { ok: false, class: "transient", code, eventIndex: null, retryAfterMs: null, effect, traceId: null };
}

/** The body's text; null if it is longer than any answer of Meta's, the rest unread. */
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
