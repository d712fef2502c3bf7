import type { Destination, Refusal } from "../../../ports/destination.ts";
import type { OutboundEvent, OutboxClaim } from "../../../ports/outbox.ts";
import type { DeliveryVerdict, FrozenEvent, Integration } from "../../model/delivery.ts";
import { isChosen } from "../../model/event/chosen-integrations.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { BrokenInvariant, placeOfThrow } from "../../model/failure.ts";
import { ambiguityHorizonMs, deliveryAttemptsMax } from "../../model/limits.ts";
import type { Transform } from "../../transformation/compile.ts";
import type { ReadyEvent } from "./delivery.ts";

/** Of a dead letter whose event a transformation or a vendor's mapping threw at: a fault of ours, not the event's. */
export const mappingFailedCode = "mapping_failed";

/** What was thrown while a claim was mapped: at how many events, and where first. */
export interface Thrown {
  events: number;
  place: string | null;
}

/** An event that is still to be sent, with the name, id and time it is sent under on every attempt. */
export interface NamedEvent {
  readonly waiting: OutboundEvent;
  /** What the integration's transformations left of the event. */
  readonly event: StoredEvent;
  readonly frozen: FrozenEvent;
}

export interface Admitted {
  readonly named: readonly NamedEvent[];
  /** What was frozen just now and must be written down before it is sent. */
  readonly newlyFrozen: readonly FrozenEvent[];
  readonly verdicts: ReadonlyMap<string, DeliveryVerdict>;
}

/**
 * Decides which events of a claim may be sent at all, and gives each the name, id and time it keeps.
 *
 * Those that may not are dead with a code that says why; those that are nothing for the vendor, or that their sender
 * or the integration's settings keep from it, leave the queue. Consent and both choices are read off the event as it is
 * stored; everything else that the vendor hears, its name too, is what the integration's transformations leave.
 */
export function admit(
  claim: OutboxClaim,
  destination: Destination,
  transform: Transform,
  nowMs: number,
  thrown: Thrown,
): Admitted {
  const named: NamedEvent[] = [];
  const newlyFrozen: FrozenEvent[] = [];
  const verdicts = new Map<string, DeliveryVerdict>();
  for (const waiting of claim.events) {
    const one = unlessThrown(thrown, () => admitOne(claim.integration, destination, transform, waiting, nowMs));
    if ("kind" in one) {
      verdicts.set(waiting.event.id, one);
      continue;
    }
    if (waiting.frozen === null) newlyFrozen.push(one.frozen);
    named.push(one);
  }
  return { named, newlyFrozen, verdicts };
}

function admitOne(
  integration: Integration,
  destination: Destination,
  transform: Transform,
  waiting: OutboundEvent,
  nowMs: number,
): NamedEvent | DeliveryVerdict {
  const { event: stored } = waiting;
  const isKept = !isChosen(integration, stored) || destination.declines(integration, stored);
  if (isKept) return { kind: "not_applicable" };
  const obstacle = obstacleOf(integration, waiting, nowMs);
  if (obstacle !== null) return { kind: "dead", code: obstacle };
  const event = transform(waiting.event);
  if (event === null) return { kind: "dead", code: "filtered" };
  if (!destination.applies(integration, event)) return { kind: "not_applicable" };
  if (waiting.frozen !== null) return { waiting, event, frozen: waiting.frozen };
  const frozen = destination.freeze(integration, event);
  return frozen.ok ? { waiting, event, frozen: frozen.value } : { kind: "dead", code: frozen.failure.code };
}

/** An event that throws dies alone. Its verdict is a code and no more: what was thrown may hold the event's values. */
function unlessThrown<T>(thrown: Thrown, map: () => T): T | DeliveryVerdict {
  try {
    return map();
  } catch (fault) {
    if (fault instanceof BrokenInvariant) throw fault;
    thrown.events += 1;
    thrown.place ??= placeOfThrow(fault);
    return { kind: "dead", code: mappingFailedCode };
  }
}

/** Why an event must not be sent, as a code; null if it may. */
function obstacleOf(integration: Integration, waiting: OutboundEvent, nowMs: number): string | null {
  if (waiting.advertising === "denied") return "consent_denied";
  const needsConsent = integration.config["require_consent"] === true;
  if (needsConsent && waiting.advertising !== "granted") return "consent_unknown";
  const { ambiguousSinceMs } = waiting;
  if (ambiguousSinceMs !== null && nowMs - ambiguousSinceMs > ambiguityHorizonMs) return "ambiguous";
  return waiting.attempts >= deliveryAttemptsMax ? "attempts_exhausted" : null;
}

/**
 * Maps events to the vendor's form, each when it is asked for; those the vendor would refuse get a verdict instead of
 * costing a batch. The untried come first, so that a suspect at the end holds up nobody.
 *
 * Shape: the verdicts are complete once the last event was asked for.
 */
export function prepare(
  integration: Integration,
  destination: Destination,
  named: readonly NamedEvent[],
  nowMs: number,
  thrown: Thrown,
): { readonly ready: Iterable<ReadyEvent>; readonly verdicts: ReadonlyMap<string, DeliveryVerdict> } {
  const verdicts = new Map<string, DeliveryVerdict>();

  function* readyEvents(): Generator<ReadyEvent, void> {
    const untriedFirst = [...named].sort((a, b) => a.waiting.attempts - b.waiting.attempts);
    for (const { waiting, event, frozen } of untriedFirst) {
      const one = unlessThrown(thrown, () => {
        const prepared = destination.prepare(integration, event, frozen, nowMs);
        if (!prepared.ok) return verdictOf(prepared.refusal);
        const { payload, warnings } = prepared;
        return warnings === undefined ? { waiting, payload } : { waiting, payload, warnings };
      });
      if ("kind" in one) verdicts.set(waiting.event.id, one);
      else yield one;
    }
  }
  return { ready: readyEvents(), verdicts };
}

function verdictOf({ kind, code }: Refusal): DeliveryVerdict {
  return { kind: kind === "expired" ? "expired" : "dead", code };
}
