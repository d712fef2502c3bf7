import type { Answer } from "./answer.ts";
import type { App, Call } from "./call.ts";
import { errorAnswer, unavailableAnswer } from "./errors.ts";

/**
 * Requests that may take long: an organisation chooses what they work on. Where ingest and admin share a process they
 * are answered by another one, so that nobody's events wait for them.
 */
export const apartRoutes: ReadonlySet<string> = new Set([
  "GET /v1/events",
  "POST /v1/admin/data-layer/dry-run",
  "POST /v1/admin/data-layer/backtest",
  "GET /v1/admin/data-layer/versions",
  "GET /v1/admin/data-layer/diff",
  "POST /v1/admin/transformations/dry-run",
  "GET /v1/admin/dead-letters",
  "GET /v1/admin/deliveries",
  "GET /v1/admin/attributions",
  "GET /v1/admin/audit-log",
]);

/** Answers a request in another process; `body` is decompressed. */
export type AnswerApart = (call: Call, body: Uint8Array) => Promise<Answer>;

export interface ApartParts {
  /** Where the other process listens, waiting for it to start; null if it does not. */
  readonly url: () => Promise<string | null>;
  /** What only these two processes know: the other one answers nobody else. */
  readonly secret: string;
}

const secretHeader = "x-tidegate-apart";
const requestIdHeader = "x-tidegate-request-id";
const sentHeaders = ["authorization", "content-type", "accept"];
const givenHeaders = ["content-type", "etag", "retry-after", "x-ratelimit-reset", "www-authenticate"];
const answerMsMax = 60_000;
const retryAfterMs = 2_000;

/** Makes what hands requests over; the caller's token goes along and is asked for there again. */
export function createAnswerApart({ url, secret }: ApartParts): AnswerApart {
  return async function answerApart({ request, requestId }, body) {
    const origin = await url();
    if (origin === null) return unavailableAnswer("reading_unavailable", requestId, retryAfterMs);
    const headers = new Headers({ [secretHeader]: secret, [requestIdHeader]: requestId });
    for (const name of sentHeaders) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    const { pathname, search } = new URL(request.url);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const sent = body.length === 0 ? {} : { body: body as Uint8Array<ArrayBuffer> };
    try {
      const signal = AbortSignal.timeout(answerMsMax);
      const response = await fetch(`${origin}${pathname}${search}`, { method, headers, signal, ...sent });
      return await answerOf(response);
    } catch {
      return unavailableAnswer("reading_unavailable", requestId, retryAfterMs);
    }
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(
    givenHeaders.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  return { status: response.status, body, headers, code: response.ok ? "ok" : codeOf(body) };
}

function codeOf(body: Uint8Array): string {
  try {
    const { error } = JSON.parse(new TextDecoder().decode(body)) as { readonly error?: { readonly code?: unknown } };
    return typeof error?.code === "string" ? error.code : "unknown";
  } catch {
    return "unknown";
  }
}

/** The request's id as the process that was asked first minted it. */
export function givenRequestId(request: Request): string | null {
  return request.headers.get(requestIdHeader);
}

/** The app for the process that was handed the secret: whoever does not say it finds nothing. */
export function onlyHandedOver(app: App, secret: string): App {
  return {
    ...app,
    fetch(request) {
      if (request.headers.get(secretHeader) === secret) return app.fetch(request);
      const { status, body, headers } = errorAnswer("not_found", "");
      return new Response(body, { status, headers });
    },
  };
}
