import { createHash } from "node:crypto";
import { openVirtualClock, type VirtualClock } from "../../../../adapters/memory/clock.ts";
import { type MemoryOutbox, openMemoryOutbox } from "../../../../adapters/memory/outbox.ts";
import { openSeededRandom } from "../../../../adapters/memory/random.ts";
import { openMeta } from "../../../../adapters/meta/meta.ts";
import { openVault } from "../../../../adapters/system/vault.ts";
import type { Integration, SendResult, Vendor } from "../../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import { succeed } from "../../../../domain/model/failure.ts";
import type { Sha256Hex } from "../../../../domain/model/identity/identity.ts";
import { secretPlace } from "../../../../domain/pipeline/relay/integration-secrets.ts";
import { createRelay, type Relay } from "../../../../domain/pipeline/relay/relay.ts";
import type { Destination } from "../../../../ports/destination.ts";
import type { Telemetry } from "../../../../ports/telemetry.ts";
import type { Fault as MetaFault } from "../../../simulators/meta/faults.ts";
import { type MetaSimulatorOptions, startMetaSimulator } from "../../../simulators/meta/server.ts";
import type { Simulator } from "../../../simulators/server.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
export const startMs = Date.UTC(2026, 0, 10);
const vault = await openVault({ key: "5".repeat(64) });
/** SHA-256 of john_smith@gmail.com and of 16505551212, as Meta documents them. */
export const emailSha256 = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f" as Sha256Hex;
export const phoneSha256 = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176" as Sha256Hex;
export const orgId = "00000000-0000-7000-8000-00000000000a";

/** An event as it is stored: a purchase from an app's server ten minutes ago, unless `over` says otherwise. */
export function storedEvent(number: number, over: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: `00000000-0000-7000-9000-${String(number).padStart(12, "0")}`,
    orgId,
    projectId: "00000000-0000-7000-8000-00000000000b",
    sourceId: "00000000-0000-7000-8000-00000000000c",
    appId: "app-1",
    messageId: `message-${number}`,
    type: "track",
    name: "Order Completed",
    userId: `user-${number}`,
    anonymousId: null,
    timestampMs: startMs - 600_000,
    originalTimestampMs: null,
    sentAtMs: null,
    receivedAtMs: startMs - 600_000,
    deviceOs: null,
    deviceModel: null,
    country: null,
    region: null,
    sessionId: null,
    dataLayerVersion: 1,
    emailSha256: null,
    phoneSha256: null,
    phoneE164Sha256: null,
    properties: { revenue: 9.5, currency: "eur", order_id: `order-${number}` },
    traits: {},
    context: {},
    extra: {},
    ...over,
  };
}

export function metaIntegration(
  number = 1,
  config: Record<string, unknown> = {},
  token = `token-${number}`,
): Promise<Integration> {
  return integrationWith("meta", number, { pixel_id: `10000${number}`, ...config }, token);
}

/** An integration whose token is sealed for its place. */
export async function integrationWith(
  vendor: Vendor,
  number: number,
  config: Record<string, unknown>,
  token: string,
  secretName = "access_token",
): Promise<Integration> {
  const id = `00000000-0000-7000-a000-${String(number).padStart(12, "0")}`;
  return {
    id,
    orgId,
    projectId: "00000000-0000-7000-8000-00000000000b",
    vendor,
    name: vendor,
    enabled: true,
    pausedAtMs: null,
    version: 1,
    config,
    sealedSecrets: { [secretName]: await vault.seal(token, secretPlace({ orgId, id }, secretName)) },
  };
}

export interface RecordedTelemetry extends Telemetry {
  readonly lines: string[];
}

export function recordedTelemetry(): RecordedTelemetry {
  const lines: string[] = [];
  return {
    lines,
    log: (level, what, fields = {}) => void lines.push(JSON.stringify({ level, what, ...fields })),
    count: (name, by = 1, labels = {}) => void lines.push(JSON.stringify({ name, by, ...labels })),
    gauge: (name, value, labels = {}) => void lines.push(JSON.stringify({ name, value, ...labels })),
    observe: (name, _seconds, labels = {}) => void lines.push(JSON.stringify({ name, ...labels })),
    render: async () => lines.join("\n"),
  };
}

export interface RelayRig {
  readonly clock: VirtualClock;
  readonly outbox: MemoryOutbox;
  readonly relay: Relay;
  readonly telemetry: RecordedTelemetry;
}

export function relayRig(destination: (clock: VirtualClock) => Destination, vendor: Vendor = "meta"): RelayRig {
  const clock = openVirtualClock(startMs);
  const random = openSeededRandom(7);
  const outbox = openMemoryOutbox({ clock, random });
  const telemetry = recordedTelemetry();
  const destinations = new Map<Vendor, Destination>([[vendor, destination(clock)]]);
  const relay = createRelay({ outbox, destinations, vault, clock, random, telemetry, sha256Hex });
  return { clock, outbox, relay, telemetry };
}

export type Send = (integration: Integration, ids: readonly string[]) => Promise<SendResult>;

/** A vendor that takes message ids and answers as it is told. */
export function vendorOf(send: Send, over: Partial<Destination> = {}): Destination {
  return {
    vendor: "meta",
    verificationName: "Verification",
    batchEventsMax: 10,
    secretNames: ["access_token"],
    checkConfig: () => [],
    relays: () => true,
    declines: () => false,
    applies: () => true,
    freeze: (_integration, event) =>
      succeed({ eventId: event.id, vendorEventName: "x", vendorEventId: event.messageId, vendorTimeSeconds: 1 }),
    prepare: (_integration, event) => ({ ok: true, payload: event.messageId }),
    send: (integration, _secrets, payloads) => send(integration, payloads as string[]),
    ...over,
  };
}

/** Lets the relay do all that it can do without time moving on. */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A rig before a vendor's simulator. */
export interface VendorRig<F extends string> extends RelayRig {
  readonly simulator: Simulator<F>;
  /** The next requests wait for their answer a moment only; all others longer than a busy machine may take. */
  giveUpEarly(requests: number): void;
}

const patientMs = 30_000;
const impatientMs = 250;

/** Sends through one of two destinations: a patient one, or for so many requests as a test says an impatient one. */
export function impatiently(open: (timeoutMs: number) => Destination) {
  const [patient, impatient] = [open(patientMs), open(impatientMs)];
  let early = 0;
  const send: Destination["send"] = (...request) => (early > 0 && early-- > 0 ? impatient : patient).send(...request);
  const giveUpEarly = (requests: number) => {
    early = requests;
  };
  return { destination: { ...patient, send }, giveUpEarly };
}

export type MetaRig = VendorRig<MetaFault>;

/** What may be done to a payload between the adapter and the vendor, to see what the vendor makes of it. */
export type Spoil = (payload: unknown) => unknown;

/** A relay before a simulated vendor, both on one clock that a test turns. */
export async function vendorRig<F extends string>(
  vendor: Vendor,
  start: (now: () => number) => Promise<Simulator<F>>,
  open: (options: { baseUrl: string; clock: VirtualClock; timeoutMs: number }) => Destination,
  spoil: Spoil = (payload) => payload,
): Promise<VendorRig<F>> {
  let nowMs = () => startMs;
  const simulator = await start(() => nowMs());
  let giveUpEarly = (_requests: number) => {};
  const rig = relayRig((clock) => {
    nowMs = clock.nowMs;
    const opened = impatiently((timeoutMs) => open({ baseUrl: simulator.url, clock, timeoutMs }));
    giveUpEarly = opened.giveUpEarly;
    const { destination } = opened;
    return { ...destination, send: (one, secrets, payloads) => destination.send(one, secrets, payloads.map(spoil)) };
  }, vendor);
  return { ...rig, simulator, giveUpEarly };
}

/** A relay before a simulated Meta. */
export function metaRig(options: Partial<MetaSimulatorOptions> = {}, spoil?: Spoil): Promise<MetaRig> {
  return vendorRig("meta", (now) => startMetaSimulator({ now, ...options }), openMeta, spoil);
}

/** What has become of an integration's events. */
export function settled(rig: RelayRig, integration: Integration) {
  const { delivered, dead, expired, waiting } = rig.outbox.ledger(integration.id);
  return { delivered, dead, expired, waiting };
}

export async function deadCodes(rig: RelayRig): Promise<string[]> {
  const page = await rig.outbox.deadLetters(orgId, { limit: 1_000 });
  return page.ok ? page.value.items.map((letter) => letter.code) : [];
}

/** The numbers from 1 to `size`. */
export function range(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index + 1);
}

/** Runs the relay again and again, moving time on in between, until nothing waits or `stepsMax` is reached. */
export async function drain(
  rig: RelayRig,
  integration: Integration,
  { stepMs = 60_000, stepsMax = 200 } = {},
): Promise<number> {
  for (let step = 0; step < stepsMax; step += 1) {
    await rig.relay.runOnce(rig.clock.nowMs());
    if (rig.outbox.ledger(integration.id).waiting === 0) return step;
    await rig.clock.advance(stepMs);
  }
  return stepsMax;
}
