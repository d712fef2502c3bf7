import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import {
  integrationWith,
  type Spoil,
  storedEvent,
  type VendorRig,
  vendorRig,
} from "../../domain/pipeline/relay/parts.ts";
import type { Fault as TiktokFault } from "../../simulators/tiktok/faults.ts";
import { startTiktokSimulator, type TiktokSimulatorOptions } from "../../simulators/tiktok/server.ts";

export function tiktokIntegration(
  number = 1,
  config: Record<string, unknown> = {},
  token = `token-${number}`,
): Promise<Integration> {
  const source = { event_source: "web", event_source_id: `PIXEL${number}` };
  return integrationWith("tiktok", number, { ...source, ...config }, token);
}

/** A purchase on a website ten minutes ago, unless `over` says otherwise. */
export function webEvent(number: number, over: Partial<StoredEvent> = {}): StoredEvent {
  return storedEvent(number, { context: { page: { url: "https://shop.example.com/thanks" } }, ...over });
}

export type TiktokRig = VendorRig<TiktokFault>;

/** A relay before a simulated TikTok. */
export function tiktokRig(options: Partial<TiktokSimulatorOptions> = {}, spoil?: Spoil): Promise<TiktokRig> {
  return vendorRig("tiktok", (now) => startTiktokSimulator({ now, ...options }), openTiktok, spoil);
}
