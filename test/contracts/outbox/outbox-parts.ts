import assert from "node:assert/strict";
import type { DeliveryVerdict, Integration } from "../../../domain/model/delivery.ts";
import type { DeliveryReceipt } from "../../../ports/deliveries.ts";
import type { IntegrationLedger } from "../../../ports/event-store.ts";
import type { Outbox, OutboxClaim } from "../../../ports/outbox.ts";
import { unwrap } from "../results.ts";

/** An outbox under test. It starts empty. */
export interface OpenedOutbox {
  readonly outbox: Outbox;
  /** Makes an enabled integration; those with the same `org` number belong to one organisation. */
  addIntegration(org: number): Promise<Integration>;
  /** Queues new events, received together and due by now, for one integration. */
  queue(integration: Integration, events: number): Promise<void>;
  ledger(integration: Integration): Promise<IntegrationLedger>;
  /** Pauses an integration, or resumes it. */
  pause(integration: Integration, paused: boolean): Promise<void>;
  /** Deletes an integration. */
  delete(integration: Integration): Promise<void>;
  remove(): Promise<void>;
  /** Why claims are not shared out by turns, where they are not. */
  readonly unfair?: string;
}

export interface Case {
  readonly promise: string;
  readonly needsTurns?: true;
  readonly run: (opened: OpenedOutbox) => Promise<void>;
}

export const nowMs = Date.now() + 1_000;
export const leaseMs = 60_000;
export const bounds = { except: [], claimsMax: 10, eventsMax: 100, leaseMs, nowMs };
export const delivered: DeliveryVerdict = { kind: "delivered" };

export function idsOf(claims: readonly OutboxClaim[]): string[] {
  return claims.flatMap((claim) => claim.events.map(({ event }) => event.id));
}

export function allAre(claim: OutboxClaim, verdict: DeliveryVerdict): Map<string, DeliveryVerdict> {
  return new Map(claim.events.map(({ event }) => [event.id, verdict]));
}

export function retryAt(atMs: number, rest: { effect?: "none" | "unknown"; counted?: boolean } = {}): DeliveryVerdict {
  return { kind: "retry", code: "http_502", atMs, effect: "none", counted: true, ...rest };
}

export function receiptOf(claim: OutboxClaim, startedAtMs: number): DeliveryReceipt {
  const eventIds = idsOf([claim]);
  const rest = { failureClass: "transient", traceId: "trace" } as const;
  return { eventIds, attempt: 1, startedAtMs, durationMs: 12.4, ok: false, code: "http_502", ...rest };
}

export function frozenOf(claim: OutboxClaim, name: string) {
  return claim.events.map(({ event }) => {
    return {
      eventId: event.id,
      vendorEventName: name,
      vendorEventId: event.messageId,
      vendorTimeSeconds: 1_700_000_000,
    };
  });
}

export async function claimOne(outbox: Outbox, atMs = nowMs, eventsMax = 100): Promise<OutboxClaim> {
  const claims = unwrap(await outbox.claim({ ...bounds, eventsMax, nowMs: atMs }));
  assert.equal(claims.length, 1);
  return claims[0] as OutboxClaim;
}

export async function countsOf(opened: OpenedOutbox, integration: Integration): Promise<number[]> {
  const { queued, delivered: done, dead, expired, canceled, waiting } = await opened.ledger(integration);
  assert.equal(queued, done + dead + expired + canceled + waiting);
  return [queued, done, dead, expired, waiting];
}
