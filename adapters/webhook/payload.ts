import type { FrozenEvent } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { nameMember, toEnvelope } from "../../domain/transformation/envelope.ts";
import type { Prepared } from "../../ports/destination.ts";

const dayMs = 24 * 3_600_000;
/** A receiver that takes nothing for this long is not waited for any longer. */
const waitMsMax = 7 * dayMs;

/** An event as a receiver gets it: the envelope as it is stored, with Tidegate's own ids. */
export interface WebhookEvent extends Record<string, unknown> {
  readonly id: string;
  readonly messageId: string;
}

/**
 * One event as a receiver gets it: what the integration's transformations left of the stored envelope.
 *
 * Pure. The name is the frozen one; an event that has none of its own and that no map names stays without.
 */
export function prepareEvent(event: StoredEvent, frozen: FrozenEvent, nowMs: number): Prepared {
  if (nowMs - event.receivedAtMs > waitMsMax) return { ok: false, refusal: { kind: "expired", code: "too_old" } };
  const isNamed = event.name !== null || frozen.vendorEventName !== event.type;
  const payload: WebhookEvent = {
    ...toEnvelope(event),
    ...(isNamed ? { [nameMember(event)]: frozen.vendorEventName } : {}),
    id: event.id,
    messageId: frozen.vendorEventId,
    projectId: event.projectId,
    sourceId: event.sourceId,
    ...(event.sessionId === null ? {} : { sessionId: event.sessionId }),
  };
  return { ok: true, payload };
}
