import type { Clock } from "../../../ports/clock.ts";
import type { DeliveryReceipt } from "../../../ports/deliveries.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { Outbox, OutboxClaim } from "../../../ports/outbox.ts";
import type { Random } from "../../../ports/random.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Vault } from "../../../ports/vault.ts";
import type { DeliveryVerdict, Integration, SendResult, Vendor } from "../../model/delivery.ts";
import { BrokenInvariant, placeOfThrow, type Result, succeed } from "../../model/failure.ts";
import { relayBatchEventsMax, relayClaimEventsMax, requestMsMax } from "../../model/limits.ts";
import { type Delivered, deliver, nothingSent, type ReadyEvent, type SendFailure, sendingFailed } from "./delivery.ts";
import { admit, mappingFailedCode, prepare, type Thrown } from "./delivery-admission.ts";
import { type JudgedAt, judge, postponed } from "./delivery-verdicts.ts";
import { openSecrets } from "./integration-secrets.ts";
import { createCircuits, isOfSettings } from "./relay-circuits.ts";
import { createQuotas } from "./relay-quotas.ts";
import { createTransforms } from "./relay-transforms.ts";
import { createRetriedVersions } from "./retried-versions.ts";
import { createVendorStates } from "./vendor-states.ts";
import { createWakeSignal } from "./wake-signal.ts";

export interface RelayParts {
  readonly outbox: Outbox;
  readonly destinations: ReadonlyMap<Vendor, Destination>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
}

export interface Relay {
  /** Claims what is due once and sees it through. Returns how many events were claimed. */
  runOnce(nowMs: number): Promise<number>;
  /** Relays until `signal` aborts, then finishes the requests that are under way and returns. */
  run(signal: AbortSignal): Promise<void>;
}

const claimsInFlightMax = 16;
/** So many of them may be of full size, the others hold one request's events: what is in memory has a bound. */
const largeClaimsMax = 4;
/** No request is begun that it might not outlast. */
const leaseMs = 60_000;
/** Who has had a place for so long begins no other request while all places are taken: others may wait for one. */
const turnMs = 5_000;
const awaitWorkMs = 1_000;
const claimAgainMs = 1_000;
const claimFailedCode = "claim_failed";
const settleTriesMax = 5;
const settleAgainFirstMs = 200;

const neverAborts = new AbortController().signal;

/**
 * Makes the loop that brings stored events to vendors.
 *
 * Each integration is served by itself: a claim holds events of one, a failure opens the circuit of one, and at most
 * one claim of each is under way here, so that a slow vendor can't take every place; many give theirs back in turn.
 */
export function createRelay(parts: RelayParts): Relay {
  const { outbox, destinations, vault, clock, random, telemetry } = parts;
  const circuits = createCircuits(random);
  const quotas = createQuotas();
  const saveVendorState = createVendorStates({ outbox, telemetry });
  const transformOf = createTransforms(parts);
  const underWay = new Map<string, Promise<void>>();
  const retried = createRetriedVersions();

  /** A fault of ours costs its claim, which is left to its lease, and nobody else's; a broken invariant goes on. */
  async function seeThrough(claim: OutboxClaim, signal: AbortSignal): Promise<void> {
    try {
      await relayClaim(claim, signal);
    } catch (fault) {
      if (fault instanceof BrokenInvariant) throw fault;
      tellThrown("a claim was not seen through", claim.integration, claimFailedCode, fault);
      await clock.sleep(claimAgainMs, signal);
    }
  }

  async function relayClaim(claim: OutboxClaim, signal: AbortSignal): Promise<void> {
    const { integration } = claim;
    const destination = destinations.get(integration.vendor);
    if (!destination) return postpone(claim, "vendor_unsupported");
    const transform = transformOf(claim.transformations);
    if (!transform) return postpone(claim, "transformation_unreadable");

    const thrown: Thrown = { events: 0, place: null };
    const admitted = admit(claim, destination, transform, clock.nowMs(), thrown);
    const { newlyFrozen } = admitted;
    const written = newlyFrozen.length > 0 ? await outbox.freeze(claim, newlyFrozen) : succeed(undefined);
    if (!written.ok) {
      telemetry.log("warn", "outbox refused to freeze, the lease will run out", { code: word(written.failure.code) });
      return;
    }
    const prepared = prepare(integration, destination, admitted.named, clock.nowMs(), thrown);
    const delivered = await sendReady(claim, destination, prepared.ready, signal);
    const sent = judge(delivered, followUp(integration, delivered), random);
    tellUnmapped(integration, thrown);
    await settle(claim, new Map([...admitted.verdicts, ...prepared.verdicts, ...sent]), delivered.receipts);
    if (delivered.receipts.length > 0 || delivered.failure) await saveState(integration);
    if (delivered.broken.length > 0) throw delivered.broken[0];
  }

  function tellUnmapped({ id }: Integration, { events, place }: Thrown): void {
    if (events === 0) return;
    const where = place === null ? null : word(place);
    const fields = { integration: word(id), code: word(mappingFailedCode), events, where };
    telemetry.log("error", "events could not be mapped", fields);
  }

  function tellThrown(what: string, { id }: Integration, code: string, fault: unknown): void {
    const place = placeOfThrow(fault);
    const where = place === null ? null : word(place);
    telemetry.log("error", what, { integration: word(id), code: word(code), where });
  }

  function saveState(integration: Integration): Promise<void> {
    return saveVendorState(integration, { circuit: circuits.of(integration.id), quota: quotas.of(integration.id) });
  }

  async function sendReady(
    claim: OutboxClaim,
    destination: Destination,
    ready: Iterable<ReadyEvent>,
    signal: AbortSignal,
  ): Promise<Delivered> {
    const secrets = await openSecrets(vault, claim.integration, claim.integration.sealedSecrets);
    if (!secrets.ok) {
      const unsent = [...ready];
      const failure = unsent.length > 0 ? configFailure(secrets.failure.code) : null;
      return { ...nothingSent, unsent, failure };
    }
    const { integration } = claim;
    const inTime = () => clock.nowMs() + requestMsMax <= claim.leaseUntilMs;
    const holdsBack = (isPiece: boolean) =>
      isPiece ? quotas.isShut(integration.id, clock.nowMs()) : quotas.untilMs(integration.id) > clock.nowMs();
    const turnEndsMs = clock.nowMs() + turnMs;
    const isTurnOver = () => underWay.size >= claimsInFlightMax && clock.nowMs() >= turnEndsMs;
    const isStopped = () => signal.aborted || retried.isOutdated(integration);
    const mayGoOn = (isPiece: boolean) => !isStopped() && inTime() && !isTurnOver() && !holdsBack(isPiece);
    const hear = (result: SendResult) => {
      if (result.usage) quotas.hear(integration.id, result.usage, clock.nowMs());
      if (!result.ok || !result.inPart) return;
      telemetry.log("error", "vendor took a part of a batch, not saying which", { integration: word(integration.id) });
    };
    const thrown = (fault: unknown) =>
      tellThrown("a request was not seen through", integration, sendingFailed.code, fault);
    const isProbe = circuits.probedAfterMs(integration.id, clock.nowMs()) !== null;
    return deliver({ integration, destination, secrets: secrets.value, clock, mayGoOn, isProbe, hear, thrown }, ready);
  }

  /** Opens or closes the integration's circuit by what the vendor said, and tells from when on it may be tried. */
  function followUp(integration: Integration, delivered: Delivered): JudgedAt {
    const nowMs = clock.nowMs();
    const probedAfterMs = circuits.probedAfterMs(integration.id, nowMs);
    const taken = delivered.delivered.length + delivered.refused.length > 0;
    if (taken && circuits.succeed(integration.id)) {
      telemetry.log("info", "vendor takes events again", { integration: word(integration.id) });
    }
    const { failure } = delivered;
    const heldMs = quotas.untilMs(integration.id);
    if (heldMs > nowMs) {
      telemetry.log("warn", "vendor's quota is nearly used", {
        integration: word(integration.id),
        used_percent: quotas.of(integration.id)?.usedPercent ?? 0,
        again_in_ms: heldMs - nowMs,
      });
    }
    const againMs = failure ? failAs(integration, failure.code, failure) : nowMs;
    return { nowMs, againMs: Math.max(againMs, heldMs), probedAfterMs: taken ? null : probedAfterMs };
  }

  function failAs(integration: Integration, code: string, failure: SendFailure = configFailure(code)): number {
    const nowMs = clock.nowMs();
    if (isOfSettings(failure) && retried.isOutdated(integration)) return nowMs;
    const againMs = circuits.fail(integration.id, failure, nowMs);
    telemetry.log("warn", "vendor does not take events", {
      integration: word(integration.id),
      code: word(code),
      again_in_ms: againMs - nowMs,
    });
    return againMs;
  }

  async function postpone(claim: OutboxClaim, code: string): Promise<void> {
    const atMs = failAs(claim.integration, code);
    await settle(claim, new Map(claim.events.map(({ event }) => [event.id, postponed(code, atMs)])), []);
    await saveState(claim.integration);
  }

  /** What can't be settled is left to its lease: the events come again, ambiguous, under the same ids. */
  async function settle(
    claim: OutboxClaim,
    verdicts: ReadonlyMap<string, DeliveryVerdict>,
    receipts: readonly DeliveryReceipt[],
  ): Promise<void> {
    for (let tries = 1; tries <= settleTriesMax; tries += 1) {
      const settled = await outbox.settle(claim, verdicts, receipts, clock.nowMs());
      if (settled.ok) return measure(claim.integration.vendor, verdicts, receipts);
      telemetry.log("warn", "outbox refused to settle", { code: word(settled.failure.code), tries });
      if (tries < settleTriesMax) await clock.sleep(settleAgainFirstMs * 2 ** tries);
    }
  }

  function measure(
    vendor: Vendor,
    verdicts: ReadonlyMap<string, DeliveryVerdict>,
    receipts: readonly DeliveryReceipt[],
  ): void {
    const events = new Map<DeliveryVerdict["kind"], number>();
    for (const { kind } of verdicts.values()) events.set(kind, (events.get(kind) ?? 0) + 1);
    for (const [verdict, count] of events) telemetry.count("relay_events_total", count, { vendor, verdict });
    for (const receipt of receipts) {
      telemetry.count("relay_requests_total", 1, { vendor, code: receipt.code });
      for (const code of receipt.warnings ?? []) telemetry.count("relay_warnings_total", 1, { vendor, code });
      telemetry.observe("relay_request_seconds", receipt.durationMs / 1_000, { vendor });
    }
    telemetry.gauge("relay_circuits_open", circuits.open(clock.nowMs()).length);
  }

  async function claimDue(claimsMax: number, nowMs: number): Promise<Result<OutboxClaim[]>> {
    const except = [...underWay.keys(), ...circuits.open(nowMs), ...quotas.held(nowMs)];
    const probing = circuits.probing(nowMs);
    const largeMax = Math.min(claimsMax, largeClaimsMax - underWay.size);
    const large = await claimUpTo(largeMax, relayClaimEventsMax, [...except, ...probing], nowMs);
    if (!large.ok || (large.value.length < largeMax && probing.length === 0)) return large;
    const taken = large.value.map(({ integration }) => integration.id);
    const small = await claimUpTo(claimsMax - taken.length, relayBatchEventsMax, [...except, ...taken], nowMs);
    return succeed([...large.value, ...(small.ok ? small.value : [])]);
  }

  async function claimUpTo(
    claimsMax: number,
    eventsMax: number,
    except: readonly string[],
    nowMs: number,
  ): Promise<Result<OutboxClaim[]>> {
    if (claimsMax <= 0) return succeed([]);
    const claimed = await outbox.claim({ except, claimsMax, eventsMax, leaseMs, nowMs });
    if (!claimed.ok) telemetry.log("warn", "outbox can't be read", { code: word(claimed.failure.code) });
    return claimed;
  }

  async function runOnce(nowMs: number): Promise<number> {
    const claimed = await claimDue(claimsInFlightMax, nowMs);
    if (!claimed.ok) return 0;
    await Promise.all(claimed.value.map((claim) => seeThrough(claim, neverAborts)));
    return claimed.value.reduce((events, claim) => events + claim.events.length, 0);
  }

  async function run(signal: AbortSignal): Promise<void> {
    const wakeSignal = createWakeSignal();
    const broken: unknown[] = [];
    let listening = false;
    signal.addEventListener("abort", wakeSignal.raise);
    const unwatch = outbox.watchRetryNow((one) => {
      retried.hear(one);
      circuits.retry(one.id, clock.nowMs());
      wakeSignal.raise();
    });

    function start(claim: OutboxClaim): void {
      const { id } = claim.integration;
      const done = seeThrough(claim, signal).catch((fault) => void broken.push(fault));
      underWay.set(
        id,
        done.then(() => {
          underWay.delete(id);
          wakeSignal.raise();
        }),
      );
    }

    function listen(): void {
      if (listening) return;
      listening = true;
      outbox.awaitWork(awaitWorkMs).then(
        () => {
          listening = false;
          wakeSignal.raise();
        },
        (fault) => {
          broken.push(fault);
          wakeSignal.raise();
        },
      );
    }

    while (!signal.aborted && broken.length === 0) {
      const free = claimsInFlightMax - underWay.size;
      const claimed = free > 0 ? await claimDue(free, clock.nowMs()) : succeed([]);
      if (!claimed.ok) await clock.sleep(claimAgainMs, signal);
      else for (const claim of claimed.value) start(claim);
      if (claimed.ok && claimed.value.length > 0) continue;
      listen();
      await wakeSignal.raised();
    }
    unwatch();
    signal.removeEventListener("abort", wakeSignal.raise);
    await Promise.all(underWay.values());
    if (broken.length > 0) throw broken[0];
  }

  return { runOnce, run };
}

function configFailure(code: string): SendFailure {
  return { ok: false, class: "config", code, eventIndex: null, retryAfterMs: null, effect: "none", traceId: null };
}
