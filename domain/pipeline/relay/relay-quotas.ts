import type { VendorState } from "../../../ports/delivery-status.ts";
import type { VendorUsage } from "../../model/delivery.ts";

/** What vendors say is used of what they let each integration send, and until when it is left alone for that. */
export interface Quotas {
  /** Takes down what an answer said. */
  hear(integrationId: string, usage: VendorUsage, nowMs: number): void;
  /** Until when the integration sends nothing; the past, or 0, if it does not hold back. */
  untilMs(integrationId: string): number;
  /** Whether the vendor itself said that it takes nothing for now: then not even a batch under way goes on. */
  isShut(integrationId: string, nowMs: number): boolean;
  /** Ids of integrations that hold back. */
  held(nowMs: number): string[];
  of(integrationId: string): VendorState["quota"];
}

const quotasMax = 10_000;
/** From here on an integration sends more slowly, so that it meets the wall late or never. */
const nearlyUsedPercent = 80;
const pauseMsMin = 1_000;
/** A vendor's score decays over five minutes: a minute between requests lets it. */
const pauseMsMax = 60_000;

interface Quota {
  readonly usedPercent: number;
  readonly seenAtMs: number;
  readonly untilMs: number;
  readonly shut: boolean;
}

/**
 * Keeps quotas in memory, as circuits are: each relay hears them anew with every answer.
 *
 * Past the bound the oldest is forgotten.
 */
export function createQuotas(): Quotas {
  const quotas = new Map<string, Quota>();

  return {
    hear(integrationId, { usedPercent, regainMs }, nowMs) {
      const pauseMs = Math.max(regainMs, pauseAfter(usedPercent));
      quotas.delete(integrationId);
      quotas.set(integrationId, { usedPercent, seenAtMs: nowMs, untilMs: nowMs + pauseMs, shut: regainMs > 0 });
      if (quotas.size > quotasMax) quotas.delete(quotas.keys().next().value as string);
    },
    untilMs: (integrationId) => quotas.get(integrationId)?.untilMs ?? 0,
    isShut(integrationId, nowMs) {
      const quota = quotas.get(integrationId);
      return quota ? quota.shut && quota.untilMs > nowMs : false;
    },
    held: (nowMs) => [...quotas].filter(([, quota]) => quota.untilMs > nowMs).map(([id]) => id),
    of(integrationId) {
      const quota = quotas.get(integrationId);
      if (!quota) return null;
      const { usedPercent, seenAtMs, untilMs } = quota;
      return { usedPercent, seenAtMs, untilMs: untilMs > seenAtMs ? untilMs : null };
    },
  };
}

/** How long to wait between requests: nothing below 80 %, then longer with each percent, to a minute at 100 %. */
function pauseAfter(usedPercent: number): number {
  if (usedPercent < nearlyUsedPercent) return 0;
  const share = Math.min(1, (usedPercent - nearlyUsedPercent) / (100 - nearlyUsedPercent));
  return Math.round(pauseMsMin + (pauseMsMax - pauseMsMin) * share);
}
