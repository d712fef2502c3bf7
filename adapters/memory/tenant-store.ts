import { isDeepStrictEqual } from "node:util";
import { type DataLayerVersion, type DataLayerVersionEntry, dataLayerSections } from "../../domain/model/data-layer.ts";
import type { Integration } from "../../domain/model/delivery.ts";
import { fail, succeed } from "../../domain/model/failure.ts";
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
}

interface Org {
  readonly id: string;
  readonly projects: Set<string>;
  readonly versions: DataLayerVersion[];
  readonly integrations: Integration[];
}

/** Opens an empty store in memory: for trying things out, and the contract's plainest implementation. */
export function openMemoryTenantStore(clock: Pick<Clock, "nowMs">): MemoryTenantStore {
  const orgs = new Map<string, Org>();
  const principals = new Map<string, Principal>();
  const bindings: Omit<SourceBinding, "dataLayer">[] = [];
  const watchers = new Set<(change: TenantChange) => void>();

  function announce(orgId: string): void {
    for (const changed of watchers) changed({ orgId });
  }

  function addTenant(tenant: FirstTenant, defaultCallingCode?: string): void {
    const { orgId, projectId, ownerId } = tenant;
    const first = { orgId, version: 1, config: tenant.dataLayer, updatedAtMs: clock.nowMs(), updatedBy: ownerId };
    orgs.set(orgId, { id: orgId, projects: new Set([projectId]), versions: [first], integrations: [] });
    principals.set(tenant.adminTokenSha256, { orgId, memberId: ownerId, role: "owner" });
    bindings.push({
      source: {
        id: tenant.sourceId,
        orgId,
        projectId,
        name: tenant.sourceName,
        kind: tenant.sourceKind,
        writeKey: tenant.writeKey,
        appId: tenant.appId,
        defaultCallingCode: defaultCallingCode ?? null,
        enabled: true,
      },
      sealedSigningSecret: tenant.sealedSigningSecret,
    });
    announce(orgId);
  }

  function bindingWhere(matches: (source: SourceBinding["source"]) => boolean) {
    const found = bindings.find(({ source }) => matches(source));
    const dataLayer = found && orgs.get(found.source.orgId)?.versions.at(-1);
    return succeed(found && dataLayer ? { ...found, dataLayer } : null);
  }

  return {
    addTenant,
    addPrincipal(tokenSha256, principal) {
      principals.set(tokenSha256, principal);
    },
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
    async bindingByWriteKey(writeKey) {
      return bindingWhere((source) => source.writeKey === writeKey);
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

/** What belongs to one organisation: its data layer's versions, its integrations and projects. */
function configurationOf(
  orgs: ReadonlyMap<string, Org>,
  clock: Pick<Clock, "nowMs">,
  announce: (orgId: string) => void,
): Pick<
  TenantStore,
  | "dataLayer"
  | "dataLayerVersion"
  | "dataLayerVersions"
  | "putDataLayer"
  | "createIntegration"
  | "integrations"
  | "hasProject"
> {
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
    async createIntegration(by, integration) {
      const org = orgs.get(by.orgId);
      if (!org?.projects.has(integration.projectId)) return fail("not_found", { retry: "never" });
      const created: Integration = { ...integration, orgId: by.orgId };
      org.integrations.push(created);
      announce(by.orgId);
      return succeed(created);
    },
    async integrations(orgId) {
      return succeed([...(orgs.get(orgId)?.integrations ?? [])]);
    },
    async hasProject(orgId, projectId) {
      return succeed(orgs.get(orgId)?.projects.has(projectId) ?? false);
    },
  };
}

function entryOf({ config, ...entry }: DataLayerVersion, before: DataLayerVersion | undefined): DataLayerVersionEntry {
  const changed = dataLayerSections.filter((name) => before && !isDeepStrictEqual(config[name], before.config[name]));
  return { ...entry, changed };
}
