import type { Clock } from "../../ports/clock.ts";
import type { DeliveryReceipt } from "../../ports/deliveries.ts";
import type { Destination } from "../../ports/destination.ts";
import type { OutboundEvent } from "../../ports/outbox.ts";
import { codeOf, type Integration, type SendResult } from "../model/delivery.ts";
import { relayBatchEventsMax } from "../model/limits.ts";

export type SendFailure = Extract<SendResult, { ok: false }>;

/** An event that may be sent, with what is sent of it. */
export interface ReadyEvent {
  readonly waiting: OutboundEvent;
  readonly payload: unknown;
}

/** What became of a claim's events. Every one that went in is in exactly one of the lists. */
export interface Delivered {
  readonly delivered: readonly ReadyEvent[];
  /** The vendor will never take these. */
  readonly refused: readonly { readonly event: ReadyEvent; readonly code: string }[];
  /** These were in the request that ended the delivery. */
  readonly failed: readonly ReadyEvent[];
  readonly unsent: readonly ReadyEvent[];
  /** Why the delivery ended early; null if it did not, or was told to stop. */
  readonly failure: SendFailure | null;
  readonly receipts: readonly DeliveryReceipt[];
}

export interface DeliveryParts {
  readonly integration: Integration;
  readonly destination: Destination;
  readonly secrets: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /**
   * Asked before each request: whether there is still time for one. A piece of a refused batch is on the way to its
   * poison, and would begin anew if it were put off.
   */
  readonly mayGoOn: (isPiece: boolean) => boolean;
  /** Told of every answer. */
  readonly hear: (result: SendResult) => void;
}

/** From this attempt on, an event travels in ever smaller company: it may be what its batches fail of. */
const suspectAfterAttempts = 4;

/**
 * Sends events in batches and finds those that the vendor won't take.
 *
 * A vendor refuses a batch for one event in it. Where it names the event, the rest is sent again; where it does not,
 * the batch is halved until the event stands alone. Any other failure is the integration's, and ends the delivery.
 */
export async function deliver(parts: DeliveryParts, ready: readonly ReadyEvent[]): Promise<Delivered> {
  const { destination, integration } = parts;
  const ownMax = destination.batchEventsMaxOf?.(integration) ?? destination.batchEventsMax;
  const groups = intoGroups(ready, Math.min(ownMax, destination.batchEventsMax, relayBatchEventsMax));
  const delivered: ReadyEvent[] = [];
  const refused: { event: ReadyEvent; code: string }[] = [];
  const receipts: DeliveryReceipt[] = [];

  const pieces = new Set<readonly ReadyEvent[]>();
  for (let group = groups[0]; group && parts.mayGoOn(pieces.has(group)); group = groups[0]) {
    groups.shift();
    const { result, receipt } = await sendGroup(parts, group);
    receipts.push(receipt);
    parts.hear(result);
    if (result.ok) {
      delivered.push(...group);
      continue;
    }
    if (result.class !== "event") {
      return { delivered, refused, failed: group, unsent: groups.flat(), failure: result, receipts };
    }
    const poison = poisonOf(group, result);
    if (poison) refused.push({ event: poison, code: result.code });
    const left = withoutPoison(group, poison);
    for (const piece of left) pieces.add(piece);
    groups.unshift(...left);
  }
  return { delivered, refused, failed: [], unsent: groups.flat(), failure: null, receipts };
}

/** Batches with the untried first, so that a suspect at the end holds up nobody. */
function intoGroups(ready: readonly ReadyEvent[], eventsMax: number): ReadyEvent[][] {
  const groups: ReadyEvent[][] = [];
  const untriedFirst = [...ready].sort((a, b) => a.waiting.attempts - b.waiting.attempts);
  for (const event of untriedFirst) {
    const doubts = Math.max(0, event.waiting.attempts - suspectAfterAttempts + 1);
    const companyMax = Math.max(1, Math.floor(eventsMax / 2 ** doubts));
    const last = groups.at(-1);
    if (last && last.length < companyMax) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

async function sendGroup(
  parts: DeliveryParts,
  group: readonly ReadyEvent[],
): Promise<{ result: SendResult; receipt: DeliveryReceipt }> {
  const startedAtMs = parts.clock.nowMs();
  const payloads = group.map((event) => event.payload);
  const result = await parts.destination.send(parts.integration, parts.secrets, payloads);
  const receipt: DeliveryReceipt = {
    eventIds: group.map((event) => event.waiting.event.id),
    attempt: Math.max(...group.map((event) => event.waiting.attempts)) + 1,
    startedAtMs,
    durationMs: parts.clock.nowMs() - startedAtMs,
    ok: result.ok,
    code: codeOf(result),
    failureClass: result.ok ? null : result.class,
    traceId: result.traceId,
  };
  return { result, receipt };
}

/** The event a refusal is about: the only one there is, or the one the vendor names. */
function poisonOf(group: readonly ReadyEvent[], refusal: SendFailure): ReadyEvent | undefined {
  if (group.length === 1) return group[0];
  return refusal.eventIndex === null ? undefined : group[refusal.eventIndex];
}

function withoutPoison(group: readonly ReadyEvent[], poison: ReadyEvent | undefined): ReadyEvent[][] {
  const middle = Math.ceil(group.length / 2);
  const parts = poison ? [group.filter((event) => event !== poison)] : [group.slice(0, middle), group.slice(middle)];
  return parts.filter((part) => part.length > 0);
}
