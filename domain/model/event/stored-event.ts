import type { Campaign, SealedToken } from "../attribution.ts";
import type { IdentityBlock } from "../identity/identity.ts";
import type { DropReason } from "../outcome.ts";
import type { Consent, EventType } from "./event.ts";

/** An event on its way into the store: columns decoded, the JSON still text. */
export interface EventToStore extends IdentityBlock {
  readonly id: string;
  readonly messageId: string;
  readonly type: EventType;
  /** The event's name (track) or the page's or screen's. */
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** The sanitised envelope, valid for jsonb. */
  readonly json: string;
  /** Event time, corrected for clock skew, never after receivedAtMs. */
  readonly timestampMs: number;
  readonly originalTimestampMs: number | null;
  readonly deviceOs: string | null;
  readonly deviceModel: string | null;
  readonly country: string | null;
  readonly region: string | null;
  readonly advertising: Consent;
  readonly analytics: Consent;
  /** Of Apple's AdServices, taken out of the JSON. */
  readonly attributionToken?: SealedToken;
}

/** A record as the store takes it. */
export interface RecordToStore {
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly sourceId: string;
  readonly appId: string;
  readonly dataLayerVersion: number;
  readonly receivedAtMs: number;
  readonly sentAtMs: number | null;
  readonly dropped: Partial<Record<DropReason, number>>;
  readonly events: readonly EventToStore[];
  /** How many of the events came with a time that can't be read; left out: none. */
  readonly unreadableTimes?: number;
}

/** A stored event as it is read back: for the API, and for mapping to a vendor. */
export interface StoredEvent extends IdentityBlock {
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly sourceId: string;
  readonly appId: string;
  readonly messageId: string;
  readonly type: EventType;
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly timestampMs: number;
  readonly originalTimestampMs: number | null;
  readonly sentAtMs: number | null;
  readonly receivedAtMs: number;
  readonly deviceOs: string | null;
  readonly deviceModel: string | null;
  readonly country: string | null;
  readonly region: string | null;
  readonly sessionId: string | null;
  readonly dataLayerVersion: number;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  /** What else the sender put at the top level (integrations, groupId, …). */
  readonly extra: Readonly<Record<string, unknown>>;
  /** What Apple said of the install that it is from, where that is known and was asked before the event came. */
  readonly attribution?: EventAttribution;
}

/** The ad that an event's install came from; `organic`: none of Apple's. */
export interface EventAttribution {
  readonly id: string;
  readonly state: "exchanged" | "organic";
  readonly development: boolean;
  readonly campaign: Campaign | null;
}
