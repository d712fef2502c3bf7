import type { Random } from "../../../ports/random.ts";
import type { DeliveryVerdict } from "../../model/delivery.ts";
import { deliveryAttemptsMax } from "../../model/limits.ts";
import type { Delivered, ReadyEvent, SendFailure } from "./delivery.ts";
import { eventDelayMs } from "./relay-backoff.ts";

/** When the delivery was judged, and from when on its integration may be tried again. */
export interface JudgedAt {
  readonly nowMs: number;
  readonly againMs: number;
  /** How long the vendor was left alone before one event asked whether it is back; null for other requests. */
  readonly probedAfterMs: number | null;
}

/** A request of one event to a vendor that failed before. */
interface Probe {
  readonly afterMs: number;
  /** Whether no other event of the claim waits. */
  readonly isAlone: boolean;
  readonly fraction: number;
}

/** How much later a probe's event is due than others, so that another is the next probe. */
const nextProbeMs = 1_000;

/**
 * Turns what became of events into a verdict for each, so that the outbox can count and schedule them.
 *
 * Jitter is drawn once: what failed together waits together, and stays one row of the outbox and one request.
 */
export function judge(delivered: Delivered, at: JudgedAt, random: Random): Map<string, DeliveryVerdict> {
  const verdicts = new Map<string, DeliveryVerdict>();
  for (const event of delivered.delivered) verdicts.set(idOf(event), { kind: "delivered" });
  for (const { event, code } of delivered.refused) verdicts.set(idOf(event), { kind: "dead", code });
  const { failure, refusal } = delivered;
  const fraction = random.fraction();
  for (const event of delivered.failed) {
    if (!failure) continue;
    const probe = { afterMs: at.probedAfterMs ?? 0, isAlone: delivered.unsent.length === 0, fraction };
    const isProbe = at.probedAfterMs !== null;
    const verdict = isProbe ? judgeProbe(event, failure, at, probe) : judgeFailed(event, failure, at, fraction);
    verdicts.set(idOf(event), verdict);
  }
  for (const event of delivered.suspected) {
    if (refusal) verdicts.set(idOf(event), judgeFailed(event, refusal, at, fraction));
  }
  const code = failure ? failure.code : "not_sent";
  for (const event of delivered.unsent) verdicts.set(idOf(event), postponed(code, at.againMs));
  return verdicts;
}

/** An event waits for its integration, at no cost to its attempts. */
export function postponed(code: string, atMs: number): DeliveryVerdict {
  return { kind: "retry", code, atMs, effect: "none", counted: false };
}

function isCounted(failure: SendFailure): boolean {
  return failure.class === "transient" || failure.class === "unknown" || failure.class === "event";
}

/**
 * A throttled, unauthorised or misconfigured request says nothing about its events, so they only wait; age alone
 * ends them. What failed for a reason that may be theirs is counted, and ends at the bound of attempts: events of a
 * refused batch, too, so that they travel in smaller company, and behind others, when there is time for them again.
 */
function judgeFailed(event: ReadyEvent, failure: SendFailure, at: JudgedAt, fraction: number): DeliveryVerdict {
  const { code, effect } = failure;
  const counted = isCounted(failure);
  if (!counted) return { kind: "retry", code, atMs: at.againMs, effect, counted };
  const attempts = event.waiting.attempts + 1;
  if (attempts >= deliveryAttemptsMax) return { kind: "dead", code, effect };
  const atMs = Math.max(at.againMs, at.nowMs + eventDelayMs(attempts, fraction));
  return { kind: "retry", code, atMs, effect, counted };
}

/**
 * A probe's event waits no longer than its integration, so that the end of an outage is seen.
 *
 * Where others wait, it says nothing about the event: it costs it no attempt, and another is next. An event that waits
 * alone counts an attempt as seldom as if it had waited by its own delays, half of the longest on average.
 */
function judgeProbe(event: ReadyEvent, failure: SendFailure, at: JudgedAt, probe: Probe): DeliveryVerdict {
  const { afterMs, isAlone, fraction } = probe;
  const counts = isAlone && eventDelayMs(event.waiting.attempts + 1, fraction) <= 2 * afterMs;
  const failed = judgeFailed(event, failure, at, fraction);
  if (counts && failed.kind !== "retry") return failed;
  const atMs = isAlone ? at.againMs : at.againMs + nextProbeMs;
  return { kind: "retry", code: failure.code, atMs, effect: failure.effect, counted: counts && isCounted(failure) };
}

function idOf(event: ReadyEvent): string {
  return event.waiting.event.id;
}
