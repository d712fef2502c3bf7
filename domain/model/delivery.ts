import type { SealedSecret } from "./tenant.ts";

export const vendors = ["meta", "tiktok", "apple", "webhook"] as const;
export type Vendor = (typeof vendors)[number];

/** A project's connection to a vendor. `config` holds what is not secret; secrets are sealed apart. */
export interface Integration {
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly vendor: Vendor;
  readonly name: string;
  /** Nothing is queued for one that is not. */
  readonly enabled: boolean;
  /** Since when nothing is sent to it, while its events wait; null if it is not paused. */
  readonly pausedAtMs: number | null;
  /** Counts its changes, from 1. */
  readonly version: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly sealedSecrets: Readonly<Record<string, SealedSecret>>;
}

/** Frozen before the first attempt and the same on every one: the vendor's dedup key and the event's time. */
export interface FrozenEvent {
  readonly eventId: string;
  readonly vendorEventName: string;
  readonly vendorEventId: string;
  readonly vendorTimeSeconds: number;
}

/** What a vendor's answer means for what was sent. */
export type FailureClass = "event" | "auth" | "config" | "throttle" | "transient" | "unknown";

/** What a vendor says is used of what it lets one send. */
export interface VendorUsage {
  /** Past 100 it refuses. */
  readonly usedPercent: number;
  /** For how long it takes nothing; 0 if it does not say so. */
  readonly regainMs: number;
}

/** The vendor's answer to one request, as codes and ids only, never as text. */
export type SendResult =
  | {
      readonly ok: true;
      readonly traceId: string | null;
      readonly received: number;
      readonly warnings: number;
      /** What it warns of, as codes of ours; left out where it warns of nothing. */
      readonly warningCodes?: readonly string[];
      /** It says that it took a part, and not which: what is missing can't be told from what is there. */
      readonly inPart?: true;
      /** Left out where the vendor says nothing of it. */
      readonly usage?: VendorUsage;
    }
  | {
      readonly ok: false;
      readonly class: FailureClass;
      /** e.g. `meta_100_2804003`, `http_502`, `timeout`. */
      readonly code: string;
      /** Index into the batch of the offending event, where the vendor names one. */
      readonly eventIndex: number | null;
      readonly retryAfterMs: number | null;
      /** Whether the vendor may have acted on the request all the same. */
      readonly effect: "none" | "unknown";
      readonly traceId: string | null;
      readonly usage?: VendorUsage;
    };

/**
 * How a request is told of: what was taken in part may not all have been taken, and must be seen apart from warnings
 * that some vendors give with every batch.
 */
export function codeOf(result: SendResult): string {
  if (!result.ok) return result.code;
  return result.inPart ? "ok_in_part" : result.warnings > 0 ? "ok_with_warnings" : "ok";
}

/** What becomes of one event after an attempt. */
export type DeliveryVerdict =
  | { readonly kind: "delivered" }
  | {
      readonly kind: "retry";
      readonly code: string;
      readonly atMs: number;
      readonly effect: "none" | "unknown";
      /** Whether it adds to the event's attempts: not if it was never sent, or refused for no fault of its own. */
      readonly counted: boolean;
    }
  /** `effect` of its last attempt; left out where that had none. */
  | { readonly kind: "dead"; readonly code: string; readonly effect?: "none" | "unknown" }
  | { readonly kind: "expired"; readonly code: string }
  /** Nothing for this vendor: it leaves the queue as if it had never been in it, and is counted apart. */
  | { readonly kind: "not_applicable" };
