import { createAuthenticate } from "../../../domain/admin/access/authenticate.ts";
import { createGetDataLayer, createPutDataLayer } from "../../../domain/admin/data-layer/data-layer.ts";
import { createListScriptFaults } from "../../../domain/admin/data-layer/list-script-faults.ts";
import { createShowLedger } from "../../../domain/admin/deliveries/show-ledger.ts";
import { createListAttributions, createShowAttribution } from "../../../domain/admin/events/attributions.ts";
import { createListEvents } from "../../../domain/admin/events/list-events.ts";
import { createWatchEvents, type WatchEvents } from "../../../domain/admin/events/watch-events.ts";
import type { AdminResult } from "../../../domain/admin/refusal.ts";
import type { Caller } from "../../../domain/model/account.ts";
import type { Vendor } from "../../../domain/model/delivery.ts";
import { createTokenBuckets, type Rate } from "../../../domain/pipeline/ingest/token-buckets.ts";
import type { AccountStore } from "../../../ports/account-store.ts";
import type { AttributionStore } from "../../../ports/attribution-store.ts";
import type { DeadLetters } from "../../../ports/dead-letters.ts";
import type { Deliveries } from "../../../ports/deliveries.ts";
import type { DeliveryStatuses } from "../../../ports/delivery-status.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { EventStore } from "../../../ports/event-store.ts";
import type { EventStream } from "../../../ports/event-stream.ts";
import type { EventTail } from "../../../ports/event-tail.ts";
import type { PasswordHasher } from "../../../ports/password-hasher.ts";
import type { RetryNow } from "../../../ports/retry-now.ts";
import type { Sandbox } from "../../../ports/sandbox.ts";
import type { ScriptFaultStore } from "../../../ports/script-fault-store.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { TransformationStore } from "../../../ports/transformation-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import type { WorkspaceStore } from "../../../ports/workspace-store.ts";
import { withDocs } from "../openapi/docs.ts";
import { plainAnswer } from "../server/answer.ts";
import { type AnswerApart, givenRequestId, onlyHandedOver } from "../server/apart.ts";
import { type App, type AppParts, createApp, type Route } from "../server/call.ts";
import { type HealthReport, healthRoutes } from "../server/health.ts";
import { createFindJsonFault } from "../server/json-fault.ts";
import { createBodyReader } from "../server/read-body.ts";
import { accountRoutes } from "./accounts.ts";
import { authRoutes, openConfirmPassword, passwordRoutes } from "./auth.ts";
import { dataLayerRoutes } from "./data-layer.ts";
import { type TrialRouteParts, trialRoutes } from "./data-layer-trials.ts";
import { versionRoutes } from "./data-layer-versions.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { integrationSecretRoutes } from "./integration-secrets.ts";
import { integrationRoutes } from "./integrations.ts";
import { liveEventRoutes } from "./live-events.ts";
import { type AdminCall, type AdminRoute, adminBodyBytesMax, adminRoute, openRoute, queryOf, worded } from "./route.ts";
import { transformationRoutes } from "./transformations.ts";
import { workspaceRoutes } from "./workspace.ts";

export interface AdminAppParts extends AppParts, Omit<TrialRouteParts, keyof AppParts> {
  readonly tenants: TenantStore;
  readonly accounts: AccountStore;
  readonly workspace: WorkspaceStore;
  readonly hasher: PasswordHasher;
  readonly trustedProxies: readonly string[];
  /** Where people reach this listener by a name; null: by `localhost` or an address. */
  readonly adminUrl: string | null;
  /** How often one member may call; `memberRateDefault` where it is left out. */
  readonly memberRate?: Rate;
  readonly store: EventStore;
  readonly tail: EventTail;
  readonly stream: Pick<EventStream, "backlog" | "losses">;
  readonly outbox: DeadLetters & Deliveries & Pick<DeliveryStatuses, "status"> & Pick<RetryNow, "retryNow">;
  readonly attributions: Pick<AttributionStore, "list" | "find">;
  readonly vault: Vault;
  readonly transformations: TransformationStore;
  readonly scriptFaults: Pick<ScriptFaultStore, "overview">;
  readonly destinations: ReadonlyMap<Vendor, Omit<Destination, "vendor" | "batchEventsMax">>;
  readonly sha256Hex: (text: string) => string;
  /** Makes this process read an organisation's configuration anew: the source directory's `forget`. */
  readonly forget: (orgId: string) => void;
  /** Compiles custom JavaScript before it is kept, and runs it in dry runs. */
  readonly sandbox: Pick<Sandbox, "check" | "run" | "eventMsMax">;
  readonly health: () => Promise<HealthReport>;
  /** Answers in another process what may take long. */
  readonly apart?: AnswerApart | null;
  /** Set in that other process: what those who ask it must say. */
  readonly apartSecret?: string | null;
}

export const memberRateDefault: Rate = { perSecond: 50, burst: 500 };

/** Makes the admin listener's app: every route but health, metrics and logging in asks for a token. */
export function createAdminApp(parts: AdminAppParts): App {
  const bodies = createBodyReader(adminBodyBytesMax);
  const findFault = createFindJsonFault(parts.kernel);
  const { apart = null, apartSecret = null } = parts;
  const guard = { authenticate: createAuthenticate(parts), bodies, findFault, waitMs: createMemberLimit(parts), apart };
  const open = { bodies, findFault, ownHosts: parts.adminUrl === null ? [] : [new URL(parts.adminUrl).host] };
  const watching = createWatchEvents(parts);
  const routes = [
    ...adminRoutes(parts, watching).map((route) => adminRoute(route, guard)),
    ...authRoutes(parts).map((route) => openRoute(route, open)),
    ...healthRoutes(parts.health, ["/health"]),
    metricsRoute(parts),
  ];
  const ids = apartSecret === null ? {} : { requestIdOf: givenRequestId };
  const served = createApp(withDocs(routes), parts, { listener: "admin", crossOrigin: false, ...ids });
  const app = { ...served, stop: watching.stop };
  return apartSecret === null ? app : onlyHandedOver(app, apartSecret);
}

/** Every route that asks for a token, with the role it asks for. */
export function adminRoutes(parts: AdminAppParts, watching: WatchEvents): AdminRoute[] {
  const confirmPassword = openConfirmPassword(parts);
  const cases = { getDataLayer: createGetDataLayer(parts.tenants), putDataLayer: createPutDataLayer(parts) };
  return [
    ...dataLayerRoutes(cases),
    ...versionRoutes(parts),
    ...trialRoutes(parts),
    ...readingRoutes(parts),
    ...deliveryRoutes(parts),
    ...integrationRoutes(parts),
    ...transformationRoutes(parts),
    ...passwordRoutes({ ...parts, confirmPassword }),
    ...accountRoutes({ ...parts, confirmPassword }),
    ...workspaceRoutes(parts),
    ...integrationSecretRoutes(parts),
    ...liveEventRoutes(watching),
  ];
}

function createMemberLimit({ clock, memberRate = memberRateDefault }: AdminAppParts) {
  const buckets = createTokenBuckets(clock);
  return function waitMs({ orgId, memberId }: Caller): number {
    const key = `${orgId} ${memberId}`;
    const ms = buckets.waitMs(key, memberRate);
    if (ms === 0) buckets.take(key, memberRate, 1);
    return ms;
  };
}

function readingRoutes(parts: AdminAppParts): AdminRoute[] {
  const listEvents = createListEvents(parts);
  const showLedger = createShowLedger(parts);
  const listScriptFaults = createListScriptFaults(parts);
  const listAttributions = createListAttributions(parts);
  const showAttribution = createShowAttribution(parts);
  const reading = (path: string, read: (call: AdminCall) => Promise<AdminResult<unknown>>): AdminRoute => ({
    method: "GET",
    path,
    role: "viewer",
    schema: null,
    respond: async (call) => worded(call, 200, await read(call)),
  });
  return [
    reading("/v1/events", (call) => listEvents(call.by, queryOf(call))),
    reading("/v1/admin/data-layer/custom-js/faults", (call) => listScriptFaults(call.by)),
    reading("/v1/admin/ledger", (call) => showLedger(call.by)),
    reading("/v1/admin/attributions", (call) => listAttributions(call.by, queryOf(call))),
    reading("/v1/admin/attributions/:attribution_id", (call) =>
      showAttribution(call.by, call.params["attribution_id"] ?? ""),
    ),
  ];
}

function metricsRoute({ telemetry }: AppParts): Route {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return { method: "GET", path: "/metrics", respond: async () => plainAnswer(200, await telemetry.render(), headers) };
}
