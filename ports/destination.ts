import type { FrozenEvent, Integration, SendResult, Vendor } from "../domain/model/delivery.ts";
import type { StoredEvent } from "../domain/model/event/stored-event.ts";
import type { Result } from "../domain/model/failure.ts";

/** Why an event can't be sent to a vendor. `expired` is final, `quarantine` a dead letter with its code. */
export type Refusal = { readonly kind: "quarantine" | "expired"; readonly code: string };

export type Prepared =
  | {
      readonly ok: true;
      readonly payload: unknown;
      /** Codes of what the event says and the payload does not, because it can be read in two ways or not at all. */
      readonly warnings?: readonly string[];
    }
  | { readonly ok: false; readonly refusal: Refusal };

/** A vendor as the relay sees it. One implementation per vendor. */
export interface Destination {
  readonly vendor: Vendor;
  readonly batchEventsMax: number;
  /** An integration's own, lower bound, where its configuration may set one. */
  batchEventsMaxOf?(integration: Integration): number;
  /** Vendor name of the made-up event that a verification sends. */
  readonly verificationName: string;
  /** Names of the configuration's members that are secrets, to be sealed and masked. */
  readonly secretNames: readonly string[];
  /** The secret that is made for a new integration and shown once, where the other side is to learn it from here. */
  readonly mintedSecret?: MintedSecret;
  /** What is wrong with a new integration's configuration, secrets included; empty if nothing is. */
  checkConfig(config: Readonly<Record<string, unknown>>): readonly ConfigIssue[];
  /** Whether the integration relays events like this one at all (type, name, mapping); called before it is queued. */
  relays(integration: Integration, event: { readonly type: string; readonly name: string | null }): boolean;
  /**
   * Whether an event of a kind that the vendor could be told is kept from it by the integration's `events` or
   * `standard_events_only`. Then it is not applicable; of an event that `relays` is true of, this is false.
   */
  declines(integration: Integration, event: { readonly type: string; readonly name: string | null }): boolean;
  /**
   * Whether an event is for this integration, as far as what is left of it by the transformations can say: an app's
   * is not for a website's pixel. Called before it is frozen; what does not apply is neither sent nor a dead letter.
   */
  applies(integration: Integration, event: StoredEvent): boolean;
  /** Vendor name, id and time of an event: called once, before the first attempt. */
  freeze(integration: Integration, event: StoredEvent): Result<FrozenEvent>;
  /** Vendor payload of one event, or why it must not be sent. Pure. */
  prepare(integration: Integration, event: StoredEvent, frozen: FrozenEvent, nowMs: number): Prepared;
  /**
   * One request for one integration. `secrets` are opened by the vault just before. Never throws; what it has not
   * answered within `requestMsMax` counts as lost.
   */
  send(
    integration: Integration,
    secrets: Readonly<Record<string, string>>,
    payloads: readonly unknown[],
  ): Promise<SendResult>;
}

/**
 * A secret of our own making.
 *
 * Shape: after a rotation the one before is sealed under `previousName`, as `{until when it counts, in ms}.{secret}`.
 */
export interface MintedSecret {
  readonly name: string;
  readonly previousName: string;
  readonly prefix: string;
}

export interface ConfigIssue {
  readonly path: string;
  readonly message: string;
}
