import { openTiktok } from "../../adapters/tiktok/tiktok.ts";
import type { Integration } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/stored-event.ts";
import { integrationWith, type RelayRig, relayRig, startMs, storedEvent } from "../domain/relay-parts.ts";
import {
  startTiktokSimulator,
  type TiktokSimulator,
  type TiktokSimulatorOptions,
} from "../simulators/tiktok/server.ts";

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

export interface TiktokRig extends RelayRig {
  readonly simulator: TiktokSimulator;
}

/** A relay before a simulated TikTok, both on one clock that a test turns. */
export async function tiktokRig(
  options: Partial<TiktokSimulatorOptions> = {},
  spoil: (payload: unknown) => unknown = (payload) => payload,
): Promise<TiktokRig> {
  let nowMs = () => startMs;
  const simulator = await startTiktokSimulator({ now: () => nowMs(), ...options });
  const rig = relayRig((clock) => {
    nowMs = clock.nowMs;
    const tiktok = openTiktok({ baseUrl: simulator.url, clock, timeoutMs: 250 });
    const send: typeof tiktok.send = (integration, secrets, payloads) =>
      tiktok.send(integration, secrets, payloads.map(spoil));
    return { ...tiktok, send };
  }, "tiktok");
  return { ...rig, simulator };
}
