import type { Clock } from "../../../ports/clock.ts";
import type { DeliveryReceipt } from "../../../ports/deliveries.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { OutboundEvent } from "../../../ports/outbox.ts";
import { codeOf, type Integration, type SendResult } from "../../model/delivery.ts";
import { BrokenInvariant } from "../../model/failure.ts";
import { relayBatchEventsMax, requestMsMax } from "../../model/limits.ts";
import { inTime } from "../in-time.ts";

export type SendFailure = Extract<SendResult, { ok: false }>;

/** An event that may be sent, with what is sent of it. */
export interface ReadyEvent {
  readonly waiting: OutboundEvent;
  readonly payload: unknown;
  /** Codes of what the event says and the payload does not. */
  readonly warnings?: readonly string[];
}

/** What became of a claim's events. Every one that went in is in exactly one of the lists, unless making one broke. */
export interface Delivered {
  readonly delivered: readonly ReadyEvent[];
  /** The vendor will never take these. */
  readonly refused: readonly { readonly event: ReadyEvent; readonly code: string }[];
  /** These were in the request that ended the delivery. */
  readonly failed: readonly ReadyEvent[];
  /** These were in a batch that was refused, and there was no time to find out for which of them. */
  readonly suspected: readonly ReadyEvent[];
  /** The last refusal of an event's; null if there was none. */
  readonly refusal: SendFailure | null;
  readonly unsent: readonly ReadyEvent[];
  /** Why the delivery ended early; null if it did not, or was told to stop. */
  readonly failure: SendFailure | null;
  readonly receipts: readonly DeliveryReceipt[];
  /** What must end the process, but not before what the vendor said is settled. */
  readonly broken: readonly unknown[];
}

/** Of a delivery in which no request was made. */
export const nothingSent: Omit<Delivered, "unsent" | "failure"> = {
  ...{ delivered: [], refused: [], failed: [], suspected: [] },
  ...{ refusal: null, receipts: [], broken: [] },
};

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
  /** Whether the vendor failed last: one event is sent first, and the others once it is taken. */
  readonly isProbe: boolean;
  /** Told of every answer. */
  readonly hear: (result: SendResult) => void;
  /** Told of what `send` threw, though its contract forbids it. */
  readonly thrown: (fault: unknown) => void;
}

const lost = { ok: false, effect: "unknown", eventIndex: null, retryAfterMs: null, traceId: null } as const;
/** Of a request in which the adapter threw. A fault of ours; but nobody knows how far the request had come. */
export const sendingFailed: SendFailure = { ...lost, class: "unknown", code: "sending_failed" };
/** Of a request of which the adapter did not say in time how it ended. */
export const timedOut: SendFailure = { ...lost, class: "transient", code: "timeout" };

/** From this attempt on, an event travels in ever smaller company: it may be what its batches fail of. */
const suspectAfterAttempts = 4;

/**
 * Sends events in batches and finds those that the vendor won't take.
 *
 * A vendor refuses a batch for one event in it. Where it names the event, the rest is sent again; where it does not,
 * the batch is halved until the event stands alone. Any other failure is the integration's, and ends the delivery.
 */
export async function deliver(parts: DeliveryParts, ready: Iterable<ReadyEvent>): Promise<Delivered> {
  const { destination, integration } = parts;
  const ownMax = destination.batchEventsMaxOf?.(integration) ?? destination.batchEventsMax;
  const eventsMax = Math.min(ownMax, destination.batchEventsMax, relayBatchEventsMax);
  const broken: unknown[] = [];
  const groups = untilBroken(intoGroups(ready, eventsMax, parts.isProbe ? 1 : eventsMax), broken);
  const delivered: ReadyEvent[] = [];
  const refused: { event: ReadyEvent; code: string }[] = [];
  const receipts: DeliveryReceipt[] = [];

  const pieces: ReadyEvent[][] = [];
  let refusal: SendFailure | null = null;
  let next = groups.next();
  const left = () => ({ suspected: pieces.flat(), unsent: [...(next.done ? [] : [next.value]), ...groups].flat() });
  for (;;) {
    const piece = pieces[0];
    const group = piece ?? next.value;
    if (!group || broken.length > 0 || !parts.mayGoOn(piece !== undefined)) break;
    const sending = sendGroup(parts, group, broken);
    // The next batch is made while the vendor has this one; nothing may throw before its answer is heard.
    if (piece) pieces.shift();
    else next = groups.next();
    const { result, receipt } = await sending;
    receipts.push(receipt);
    parts.hear(result);
    if (result.ok) {
      delivered.push(...group);
      continue;
    }
    if (result.class !== "event") {
      return { delivered, refused, failed: group, refusal, ...left(), failure: result, receipts, broken };
    }
    refusal = result;
    const failing = failingEventOf(group, result);
    if (failing) refused.push({ event: failing, code: result.code });
    pieces.unshift(...withoutFailing(group, failing));
  }
  return { delivered, refused, failed: [], refusal, ...left(), failure: null, receipts, broken };
}

/** Batches in the order of the events, each made when it is asked for. */
function* intoGroups(
  ready: Iterable<ReadyEvent>,
  eventsMax: number,
  firstMax: number,
): Generator<ReadyEvent[], undefined> {
  let group: ReadyEvent[] = [];
  let groupMax = firstMax;
  for (const event of ready) {
    const halvings = Math.max(0, event.waiting.attempts - suspectAfterAttempts + 1);
    const batchSizeMax = Math.min(groupMax, Math.max(1, Math.floor(eventsMax / 2 ** halvings)));
    if (group.length > 0 && group.length >= batchSizeMax) {
      yield group;
      group = [];
      groupMax = eventsMax;
    }
    group.push(event);
  }
  if (group.length > 0) yield group;
}

/** Hands out batches until making one throws: that is kept for when the request under way was answered. */
function* untilBroken(groups: Iterable<ReadyEvent[]>, broken: unknown[]): Generator<ReadyEvent[], undefined> {
  try {
    yield* groups;
  } catch (fault) {
    broken.push(fault);
  }
}

async function sendGroup(
  parts: DeliveryParts,
  group: readonly ReadyEvent[],
  broken: unknown[],
): Promise<{ result: SendResult; receipt: DeliveryReceipt }> {
  const startedAtMs = parts.clock.nowMs();
  const result = await answerTo(parts, group, broken);
  const receipt: DeliveryReceipt = {
    eventIds: group.map((event) => event.waiting.event.id),
    attempt: Math.max(...group.map((event) => event.waiting.attempts)) + 1,
    startedAtMs,
    durationMs: parts.clock.nowMs() - startedAtMs,
    ok: result.ok,
    code: codeOf(result),
    failureClass: result.ok ? null : result.class,
    traceId: result.traceId,
    ...warningsOf(group),
  };
  return { result, receipt };
}

/** Each code once: a receipt says what, not how often. */
function warningsOf(group: readonly ReadyEvent[]): Pick<DeliveryReceipt, "warnings"> {
  const codes = new Set(group.flatMap(({ warnings = [] }) => warnings));
  return codes.size === 0 ? {} : { warnings: [...codes].sort() };
}

/** What the vendor says. Where the adapter throws, it may have the batch all the same: its answer counts as lost. */
async function answerTo(
  { destination, integration, secrets, clock, thrown }: DeliveryParts,
  group: readonly ReadyEvent[],
  broken: unknown[],
): Promise<SendResult> {
  const payloads = group.map((event) => event.payload);
  try {
    return await inTime(clock, requestMsMax, destination.send(integration, secrets, payloads), timedOut);
  } catch (fault) {
    thrown(fault);
    if (fault instanceof BrokenInvariant) broken.push(fault);
    return sendingFailed;
  }
}

/** The event a refusal is about: the only one there is, or the one the vendor names. */
function failingEventOf(group: readonly ReadyEvent[], refusal: SendFailure): ReadyEvent | undefined {
  if (group.length === 1) return group[0];
  return refusal.eventIndex === null ? undefined : group[refusal.eventIndex];
}

function withoutFailing(group: readonly ReadyEvent[], failing: ReadyEvent | undefined): ReadyEvent[][] {
  const middle = Math.ceil(group.length / 2);
  const parts = failing ? [group.filter((event) => event !== failing)] : [group.slice(0, middle), group.slice(middle)];
  return parts.filter((part) => part.length > 0);
}
