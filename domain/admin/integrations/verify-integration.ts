import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { Random } from "../../../ports/random.ts";
import type { RetryNow } from "../../../ports/retry-now.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import {
  codeOf,
  type FailureClass,
  type FrozenEvent,
  type Integration,
  type SendResult,
  type Vendor,
} from "../../model/delivery.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import type { Sha256Hex } from "../../model/identity/identity.ts";
import { verificationMsMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import { inTime } from "../../pipeline/in-time.ts";
import { timedOut } from "../../pipeline/relay/delivery.ts";
import { openSecrets } from "../../pipeline/relay/integration-secrets.ts";
import type { TrialGate } from "../data-layer/trial-gate.ts";
import { type AdminResult, failed, granted, invalid, requireRole } from "../refusal.ts";
import { credentialVerdict } from "./check-credentials.ts";
import { findIntegration } from "./find-integration.ts";
import { vendorFault } from "./integration-config.ts";

/** What the vendor said to one event made up for it, in codes. */
export interface ShownVerification {
  /** `unknown`: it said neither, for instance because it could not be reached or throttles. */
  readonly verdict: "accepted" | "refused" | "unknown";
  readonly class: FailureClass | null;
  readonly code: string;
  /** What it warns of although it took the event, as codes; empty if of nothing. */
  readonly warnings: readonly string[];
  readonly trace_id: string | null;
  readonly vendor_event_name: string;
  readonly vendor_event_id: string;
  /** Whether it went under the integration's test code: then it is counted nowhere. */
  readonly is_test: boolean;
  readonly duration_ms: number;
}

type VerifyDestination = Pick<Destination, "prepare" | "send" | "verificationName">;

export interface VerifyParts {
  readonly tenants: Pick<TenantStore, "integrations">;
  readonly destinations: ReadonlyMap<Vendor, VerifyDestination>;
  readonly vault: Pick<Vault, "open">;
  readonly outbox: Pick<RetryNow, "retryNow">;
  readonly clock: Clock;
  readonly random: Pick<Random, "uuidv7">;
  readonly sha256Hex: (text: string) => string;
  readonly gate: TrialGate;
}

/**
 * Makes the use case that sends one made-up event to a vendor and tells what it said; editors may.
 *
 * The event passes no queue, no transformation and no circuit, and is stored nowhere: what is asked is whether the
 * vendor takes what this integration sends. It is answered within `verificationMsMax`, whatever the vendor does. If
 * it knows the credentials, what waits behind a circuit is tried at once.
 */
export function createVerifyIntegration(parts: VerifyParts) {
  const { tenants, destinations, vault, outbox, clock, random, sha256Hex, gate } = parts;

  async function verify(integration: Integration): Promise<AdminResult<ShownVerification>> {
    const destination = destinations.get(integration.vendor);
    if (!destination) return invalid([vendorFault([...destinations.keys()])]);
    const secrets = await openSecrets(vault, integration, integration.sealedSecrets);
    if (!secrets.ok) return failed(secrets.failure);
    const nowMs = clock.nowMs();
    const event = madeUpEvent(integration, { id: random.uuidv7(), nowMs, sha256Hex });
    const frozen = frozenOf(event, destination.verificationName);
    const prepared = destination.prepare(integration, event, frozen, nowMs);
    const result = prepared.ok
      ? await inTime(
          clock,
          verificationMsMax,
          destination.send(integration, secrets.value, [prepared.payload]),
          timedOut,
        )
      : unsendable(prepared.refusal.code);
    if (credentialVerdict(result) === "accepted") await outbox.retryNow(integration, clock.nowMs());
    return granted(show(integration, frozen, result, clock.nowMs() - nowMs));
  }

  return async function verifyIntegration(
    by: Principal,
    integrationId: string,
  ): Promise<AdminResult<ShownVerification>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    const found = await findIntegration(tenants, by, integrationId);
    return found.ok ? gate(by.orgId, () => verify(found.value)) : found;
  };
}

function show(
  integration: Integration,
  frozen: FrozenEvent,
  result: SendResult,
  durationMs: number,
): ShownVerification {
  const isEventRefused = !result.ok && result.class === "event";
  return {
    verdict: isEventRefused ? "refused" : credentialVerdict(result),
    class: result.ok ? null : result.class,
    code: codeOf(result),
    warnings: result.ok ? (result.warningCodes ?? []) : [],
    trace_id: result.traceId,
    vendor_event_name: frozen.vendorEventName,
    vendor_event_id: frozen.vendorEventId,
    is_test: integration.config["test_event_code"] !== undefined,
    duration_ms: Math.round(durationMs),
  };
}

function unsendable(code: string): SendResult {
  return { ok: false, class: "event", code, eventIndex: null, retryAfterMs: null, effect: "none", traceId: null };
}

function frozenOf(event: StoredEvent, vendorEventName: string): FrozenEvent {
  return {
    eventId: event.id,
    vendorEventName,
    vendorEventId: event.messageId,
    vendorTimeSeconds: Math.floor(event.timestampMs / 1_000),
  };
}

interface MadeUp {
  readonly id: string;
  readonly nowMs: number;
  readonly sha256Hex: (text: string) => string;
}

/**
 * An event of nobody's, at an address that can't exist, with what vendors ask of it. A page would make it a website's,
 * so that an app's integration gets none.
 */
function madeUpEvent(integration: Integration, { id, nowMs, sha256Hex }: MadeUp): StoredEvent {
  const { orgId, projectId, config } = integration;
  const isApps = config["action_source"] === "app" || config["event_source"] === "app";
  return {
    ...{ id, orgId, projectId, sourceId: id, appId: "tidegate", messageId: `tidegate-verification-${id}` },
    ...{ type: "track", name: "Tidegate Verification", userId: `tidegate-verification-${id}`, anonymousId: null },
    ...{ timestampMs: nowMs, originalTimestampMs: null, sentAtMs: null, receivedAtMs: nowMs },
    ...{ deviceOs: "iOS", deviceModel: null, country: null, region: null, sessionId: null, dataLayerVersion: 1 },
    emailSha256: sha256Hex(`${id}@tidegate.invalid`) as Sha256Hex,
    ...{ phoneSha256: null, phoneE164Sha256: null, properties: {}, traits: {}, extra: {} },
    context: {
      ...(isApps ? {} : { page: { url: "https://tidegate.invalid/verification" } }),
      app: { namespace: "invalid.tidegate.verification", name: "Tidegate", version: "1.0" },
      os: { name: "iOS", version: "17.0" },
    },
  };
}
