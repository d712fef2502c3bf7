import type { FrozenEvent, Integration, SendResult, Vendor } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";
import type { StoredEvent } from "../domain/model/stored-event.ts";

/** Why an event can't be sent to a vendor. `expired` is final, `quarantine` a dead letter with its code. */
export type Refusal = { readonly kind: "quarantine" | "expired"; readonly code: string };

export type Prepared =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly refusal: Refusal };

/** A vendor as the relay sees it. One implementation per vendor. */
export interface Destination {
  readonly vendor: Vendor;
  readonly batchEventsMax: number;
  /** Vendor name of the made-up event that a verification sends. */
  readonly verificationName: string;
  /** Names of the configuration's members that are secrets, to be sealed and masked. */
  readonly secretNames: readonly string[];
  /** What is wrong with a new integration's configuration, secrets included; empty if nothing is. */
  checkConfig(config: Readonly<Record<string, unknown>>): readonly ConfigIssue[];
  /** Whether the integration relays events like this one at all (type, name, mapping); called before it is queued. */
  relays(integration: Integration, event: { readonly type: string; readonly name: string | null }): boolean;
  /**
   * Whether an event is for this integration, as far as what is left of it by the transformations can say: an app's
   * is not for a website's pixel. Called before it is frozen; what does not apply is neither sent nor a dead letter.
   */
  applies(integration: Integration, event: StoredEvent): boolean;
  /** Vendor name, id and time of an event: called once, before the first attempt. */
  freeze(integration: Integration, event: StoredEvent): Result<FrozenEvent>;
  /** Vendor payload of one event, or why it must not be sent. Pure. */
  prepare(integration: Integration, event: StoredEvent, frozen: FrozenEvent, nowMs: number): Prepared;
  /** One request for one integration. `secrets` are opened by the vault just before. */
  send(
    integration: Integration,
    secrets: Readonly<Record<string, string>>,
    payloads: readonly unknown[],
  ): Promise<SendResult>;
}

export interface ConfigIssue {
  readonly path: string;
  readonly message: string;
}
