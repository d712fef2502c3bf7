import type { SendResult } from "../../domain/model/delivery.ts";
import type { FailureMeaning } from "../vendor-http/request.ts";
import { retryAfterMs, retryAfterMsMax } from "../vendor-http/retry-after.ts";
import type { PostOutcome } from "./pinned-post.ts";

const event: FailureMeaning = { class: "event", effect: "none" };
const auth: FailureMeaning = { class: "auth", effect: "none" };
const config: FailureMeaning = { class: "config", effect: "none" };
const throttle: FailureMeaning = { class: "throttle", effect: "none" };
const outage: FailureMeaning = { class: "transient", effect: "unknown" };

/**
 * Statuses that are about the receiver and not about the events it was sent: those wait until it is mended.
 * 410 is how a receiver says that it is not one any more.
 */
const listed: ReadonlyMap<number, FailureMeaning> = new Map([
  [401, auth],
  [403, auth],
  [404, config],
  [405, config],
  [407, config],
  [408, outage],
  [410, config],
  [421, config],
  [425, { class: "transient", effect: "none" }],
  [429, throttle],
]);

const unavailable = 503;

/** What a status means. A redirect is not followed, so an address that moved has to be set anew. */
function meaningOf(status: number, retryAfter: string | null): FailureMeaning {
  const known = listed.get(status);
  if (known) return known;
  if (status >= 400 && status < 500) return event;
  if (status >= 300 && status < 400) return config;
  if (status === unavailable && retryAfter !== null) return { class: "throttle", effect: "unknown" };
  return outage;
}

/** A request that was not made, because there was nothing to sign it with. */
export interface Unsigned {
  readonly kind: "unsigned";
}

/**
 * Reads how a request ended, by its status alone: 2xx is delivered.
 *
 * Errors: codes are `http_{status}`, `egress_refused`, `secret_missing`, `tls_untrusted`, `unreachable`, `socket`,
 * `timeout`; the last two may have had an effect, and a receiver knows an event again by its messageId.
 */
export function classifyOutcome(outcome: PostOutcome | Unsigned, sent: number, nowMs: number): SendResult {
  switch (outcome.kind) {
    case "refused":
      return failed(config, "egress_refused");
    case "unsigned":
      return failed(config, "secret_missing");
    case "untrusted":
      return failed(config, "tls_untrusted");
    case "unreachable":
      return failed({ class: "transient", effect: "none" }, "unreachable");
    case "broken":
      return failed(outage, "socket");
    case "timeout":
      return failed({ class: "transient", effect: outcome.begun ? "unknown" : "none" }, "timeout");
    case "answered": {
      const { status, retryAfter } = outcome;
      if (status >= 200 && status < 300) return { ok: true, traceId: null, received: sent, warnings: 0 };
      const headers = new Headers(retryAfter === null ? {} : { "retry-after": retryAfter });
      const askedMs = Math.min(retryAfterMs(headers, nowMs), retryAfterMsMax);
      return failed(meaningOf(status, retryAfter), `http_${status}`, askedMs > 0 ? askedMs : null);
    }
  }
}

function failed(meaning: FailureMeaning, code: string, askedMs: number | null = null): SendResult {
  return { ok: false, ...meaning, code, eventIndex: null, retryAfterMs: askedMs, traceId: null };
}
