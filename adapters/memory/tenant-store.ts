import { isDeepStrictEqual } from "node:util";
import { type DataLayerVersion, type DataLayerVersionEntry, dataLayerSections } from "../../domain/model/data-layer.ts";
import type { Integration } from "../../domain/model/delivery.ts";
import { fail, succeed } from "../../domain/model/failure.ts";
import { recentVersionBytesMax, recentVersionDays, recentVersionsMax } from "../../domain/model/limits.ts";
import type { Principal, SourceBinding } from "../../domain/model/tenant.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FirstTenant, TenantChange, TenantStore } from "../../ports/tenant-store.ts";

/** A tenant store that lives as long as the process, with a way to have more than one organisation. */
export interface MemoryTenantStore extends TenantStore {
  /** Adds an organisation beside those there are. */
  addTenant(tenant: FirstTenant, defaultCallingCode?: string): void;
  /** Adds a member with a token of its own. */
  addPrincipal(tokenSha256: string, principal: Principal): void;
  /** Enables or disables the source of a write key. */
  enableSource(writeKey: string, enabled: boolean): void;
  removePrincipal(tokenSha256: string): void;
  /** Calls `added` for each organisation there is and will be. */
  onTenant(added: (tenant: FirstTenant) => void): void;
  /** What the other stores of organisations work on. */
  readonly state: MemoryState;
}

/** A source as it is kept, and the key it had before. */
export interface MemoryBinding extends Omit<SourceBinding, "dataLayer"> {
  readonly previousWriteKey: string | null;
}

export interface MemoryState {
  readonly orgs: Map<string, MemoryOrg>;
  readonly bindings: MemoryBinding[];
  announce(orgId: string): void;
}

export interface MemoryOrg {
  readonly id: string;
  name: string;
  readonly createdAtMs: number;
  readonly projects: Map<string, { readonly name: string; readonly createdAtMs: number }>;
  readonly versions: DataLayerVersion[];
  readonly integrations: Integration[];
}

/** Opens an empty store in memory: for trying things out, and the contract's plainest implementation. */
export function openMemoryTenantStore(clock: Pick<Clock, "nowMs">): MemoryTenantStore {
  const orgs = new Map<string, MemoryOrg>();
  const principals = new Map<string, Principal>();
  const bindings: MemoryBinding[] = [];
  const tenants: FirstTenant[] = [];
  const tenantListeners: ((tenant: FirstTenant) => void)[] = [];
  const watchers = new Set<(change: TenantChange) => void>();

  function announce(orgId: string): void {
    for (const changed of watchers) changed({ orgId });
  }

  function addTenant(tenant: FirstTenant, defaultCallingCode?: string): void {
    const { orgId, projectId, ownerId } = tenant;
    const first = { orgId, version: 1, config: tenant.dataLayer, updatedAtMs: clock.nowMs(), updatedBy: ownerId };
    const createdAtMs = clock.nowMs();
    const projects = new Map([[projectId, { name: tenant.projectName, createdAtMs }]]);
    orgs.set(orgId, { id: orgId, name: tenant.orgName, createdAtMs, projects, versions: [first], integrations: [] });
    principals.set(tenant.adminTokenSha256, { orgId, memberId: ownerId, role: "owner" });
    for (const source of [tenant, ...(tenant.otherSources ?? [])]) {
      bindings.push({
        source: {
          id: source.sourceId,
          orgId,
          projectId,
          name: source.sourceName,
          kind: source.sourceKind,
          writeKey: source.writeKey,
          appId: source.appId,
          defaultCallingCode: defaultCallingCode ?? null,
          enabled: true,
          dialect: "any",
          eventsPerSecondMax: null,
          previousWriteKeyUntilMs: null,
        },
        sealedSigningSecret: source.sealedSigningSecret,
        previousWriteKey: null,
      });
    }
    tenants.push(tenant);
    for (const added of tenantListeners) added(tenant);
    announce(orgId);
  }

  function bindingWhere(matches: (source: SourceBinding["source"]) => boolean, rest: { keyEndsAtMs?: number } = {}) {
    const found = bindings.find(({ source }) => matches(source));
    const dataLayer = found && orgs.get(found.source.orgId)?.versions.at(-1);
    if (!found || !dataLayer) return succeed(null);
    const { source, sealedSigningSecret } = found;
    return succeed({ source, sealedSigningSecret, dataLayer, ...rest });
  }

  function bindingByPreviousKey(writeKey: string) {
    const found = bindings.find(({ previousWriteKey }) => previousWriteKey === writeKey);
    const keyEndsAtMs = found?.source.previousWriteKeyUntilMs ?? 0;
    if (!found || keyEndsAtMs <= clock.nowMs()) return succeed(null);
    return bindingWhere((source) => source.id === found.source.id, { keyEndsAtMs });
  }

  return {
    addTenant,
    addPrincipal(tokenSha256, principal) {
      principals.set(tokenSha256, principal);
    },
    removePrincipal(tokenSha256) {
      principals.delete(tokenSha256);
    },
    onTenant(added) {
      tenantListeners.push(added);
      for (const tenant of tenants) added(tenant);
    },
    state: { orgs, bindings, announce },
    enableSource(writeKey, enabled) {
      const at = bindings.findIndex(({ source }) => source.writeKey === writeKey);
      const found = bindings[at];
      if (!found) return;
      bindings[at] = { ...found, source: { ...found.source, enabled } };
      announce(found.source.orgId);
    },
    async createFirstTenant(tenant) {
      if (orgs.size > 0) return succeed(false);
      addTenant(tenant);
      return succeed(true);
    },
    async firstOrganization() {
      return succeed([...orgs.keys()].sort()[0] ?? null);
    },
    async bindingByWriteKey(writeKey) {
      const current = bindingWhere((source) => source.writeKey === writeKey);
      return current.ok && current.value ? current : bindingByPreviousKey(writeKey);
    },
    async bindingByAppId(appId) {
      return bindingWhere((source) => source.appId === appId);
    },
    async source(orgId, sourceId) {
      const found = bindings.find(({ source }) => source.orgId === orgId && source.id === sourceId);
      return found ? succeed(found.source) : fail("not_found", { retry: "never" });
    },
    async principalByTokenHash(tokenSha256) {
      return succeed(principals.get(tokenSha256) ?? null);
    },
    ...configurationOf(orgs, clock, announce),
    ...integrationsOf(orgs, clock, announce),
    async watchChanges(changed) {
      watchers.add(changed);
      return {
        heardAtMs: () => clock.nowMs(),
        async close() {
          watchers.delete(changed);
        },
      };
    },
  };
}

const dayMs = 24 * 3_600_000;

function bytesOf(config: unknown): number {
  return Buffer.byteLength(JSON.stringify(config));
}

/** What belongs to one organisation: its data layer's versions and its projects. */
function configurationOf(
  orgs: ReadonlyMap<string, MemoryOrg>,
  clock: Pick<Clock, "nowMs">,
  announce: (orgId: string) => void,
): Pick<TenantStore, "dataLayer" | "dataLayerVersion" | "dataLayerVersions" | "putDataLayer" | "hasProject"> {
  return {
    async dataLayer(orgId) {
      const current = orgs.get(orgId)?.versions.at(-1);
      return current ? succeed(current) : fail("not_found", { retry: "never" });
    },
    async dataLayerVersion(orgId, version) {
      const found = orgs.get(orgId)?.versions[version - 1];
      return found ? succeed(found) : fail("not_found", { retry: "never" });
    },
    async dataLayerVersions(orgId, { limit, beforeVersion }) {
      const versions = orgs.get(orgId)?.versions ?? [];
      const older = versions.slice(0, beforeVersion === null ? versions.length : Math.max(0, beforeVersion - 1));
      return succeed(
        older
          .map((version, at) => entryOf(version, older[at - 1]))
          .reverse()
          .slice(0, limit),
      );
    },
    async putDataLayer(by, config, expectedVersion) {
      const versions = orgs.get(by.orgId)?.versions;
      const current = versions?.at(-1);
      if (!versions || !current) return fail("not_found", { retry: "never" });
      if (expectedVersion !== null && expectedVersion !== current.version) {
        return fail("version_conflict", { retry: "never" });
      }
      const recent = versions.filter(({ updatedAtMs }) => updatedAtMs > clock.nowMs() - recentVersionDays * dayMs);
      const bytes = [config, ...recent.map((version) => version.config)].reduce((sum, each) => sum + bytesOf(each), 0);
      if (recent.length >= recentVersionsMax || bytes > recentVersionBytesMax) {
        return fail("too_many_changes", { retry: "never" });
      }
      const next: DataLayerVersion = {
        orgId: by.orgId,
        version: current.version + 1,
        config,
        updatedAtMs: clock.nowMs(),
        updatedBy: by.memberId,
      };
      versions.push(next);
      announce(by.orgId);
      return succeed(next);
    },
    async hasProject(orgId, projectId) {
      return succeed(orgs.get(orgId)?.projects.has(projectId) ?? false);
    },
  };
}

function integrationsOf(
  orgs: ReadonlyMap<string, MemoryOrg>,
  clock: Pick<Clock, "nowMs">,
  announce: (orgId: string) => void,
): Pick<
  TenantStore,
  "createIntegration" | "changeIntegration" | "replaceIntegrationSecrets" | "deleteIntegration" | "integrations"
> {
  return {
    async createIntegration(by, integration) {
      const org = orgs.get(by.orgId);
      if (!org?.projects.has(integration.projectId)) return fail("not_found", { retry: "never" });
      const created: Integration = { ...integration, orgId: by.orgId, pausedAtMs: null, version: 1 };
      org.integrations.push(created);
      announce(by.orgId);
      return succeed(created);
    },
    async changeIntegration(by, integrationId, change, expectedVersion) {
      const integrations = orgs.get(by.orgId)?.integrations ?? [];
      const before = integrations.find(({ id }) => id === integrationId);
      if (!before) return fail("not_found", { retry: "never" });
      if (expectedVersion !== null && expectedVersion !== before.version) {
        return fail("version_conflict", { retry: "never" });
      }
      const { paused = before.pausedAtMs !== null, ...rest } = change;
      const pausedAtMs = paused ? (before.pausedAtMs ?? clock.nowMs()) : null;
      const changed = { ...before, ...rest, pausedAtMs, version: before.version + 1 };
      integrations[integrations.indexOf(before)] = changed;
      announce(by.orgId);
      return succeed(changed);
    },
    async replaceIntegrationSecrets(by, integrationId, sealedSecrets, expectedVersion) {
      const integrations = orgs.get(by.orgId)?.integrations ?? [];
      const before = integrations.find(({ id }) => id === integrationId);
      if (!before) return fail("not_found", { retry: "never" });
      if (before.version !== expectedVersion) return fail("version_conflict", { retry: "never" });
      const changed = { ...before, sealedSecrets, version: before.version + 1 };
      integrations[integrations.indexOf(before)] = changed;
      announce(by.orgId);
      return succeed(changed);
    },
    async deleteIntegration(by, integrationId, expectedVersion) {
      const integrations = orgs.get(by.orgId)?.integrations ?? [];
      const before = integrations.find(({ id }) => id === integrationId);
      if (!before) return fail("not_found", { retry: "never" });
      if (expectedVersion !== null && expectedVersion !== before.version) {
        return fail("version_conflict", { retry: "never" });
      }
      integrations.splice(integrations.indexOf(before), 1);
      announce(by.orgId);
      return succeed(before.version + 1);
    },
    async integrations(orgId) {
      return succeed([...(orgs.get(orgId)?.integrations ?? [])]);
    },
  };
}

function entryOf({ config, ...entry }: DataLayerVersion, before: DataLayerVersion | undefined): DataLayerVersionEntry {
  const changed = dataLayerSections.filter((name) => before && !isDeepStrictEqual(config[name], before.config[name]));
  return { ...entry, changed };
}
