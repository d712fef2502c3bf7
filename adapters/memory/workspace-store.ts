import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { projectsPerOrgMax, sourcesPerOrgMax } from "../../domain/model/limits.ts";
import type { Principal, SourceSettings } from "../../domain/model/tenant.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WorkspaceStore } from "../../ports/workspace-store.ts";
import type { MemoryAccountStore } from "./account-store.ts";
import type { MemoryBinding, MemoryState, MemoryTenantStore } from "./tenant-store.ts";

type Record = MemoryAccountStore["record"];

const secretMask = "***";
const gone = <T>(code = "not_found"): Result<T> => fail(code, { retry: "never" });
const done: Result<void> = succeed(undefined);

/** Opens organisations, projects and sources in memory: those of the tenant store, changed in place. */
export function openMemoryWorkspaceStore(
  tenants: MemoryTenantStore,
  accounts: Pick<MemoryAccountStore, "record">,
  clock: Pick<Clock, "nowMs">,
): WorkspaceStore {
  const { state } = tenants;
  const record: Record = (by, action, subject, before, after) => {
    accounts.record(by, action, subject, before, after);
    state.announce(by.orgId);
  };
  return { ...projectsOf(state, record, clock), ...sourcesOf(state, record) };
}

function projectsOf(
  { orgs, bindings }: MemoryState,
  record: Record,
  clock: Pick<Clock, "nowMs">,
): Pick<
  WorkspaceStore,
  "organization" | "renameOrganization" | "projects" | "createProject" | "renameProject" | "deleteProject"
> {
  return {
    async organization(orgId) {
      const org = orgs.get(orgId);
      return org ? succeed({ id: org.id, name: org.name, createdAtMs: org.createdAtMs }) : gone();
    },
    async renameOrganization(by, name) {
      const org = orgs.get(by.orgId);
      if (!org) return gone();
      const before = org.name;
      org.name = name;
      record(by, "organization_renamed", by.orgId, { name: before }, { name });
      return succeed({ id: org.id, name, createdAtMs: org.createdAtMs });
    },
    async projects(orgId) {
      return succeed([...(orgs.get(orgId)?.projects ?? [])].map(([id, project]) => ({ id, ...project })));
    },
    async createProject(by, { id, name }) {
      const projects = orgs.get(by.orgId)?.projects;
      if (!projects) return gone();
      if (projects.size >= projectsPerOrgMax) return gone("limit_reached");
      const project = { name, createdAtMs: clock.nowMs() };
      projects.set(id, project);
      record(by, "project_created", id, null, { name });
      return succeed({ id, ...project });
    },
    async renameProject(by, id, name) {
      const projects = orgs.get(by.orgId)?.projects;
      const before = projects?.get(id);
      if (!projects || !before) return gone();
      projects.set(id, { ...before, name });
      record(by, "project_renamed", id, { name: before.name }, { name });
      return succeed({ id, ...before, name });
    },
    async deleteProject(by, id) {
      const org = orgs.get(by.orgId);
      const before = org?.projects.get(id);
      if (!org || !before) return gone();
      const integrations = org.integrations.filter((item) => item.enabled && item.projectId === id);
      const sources = bindings.filter(({ source }) => source.projectId === id);
      if (integrations.length + sources.length > 0) return gone("project_in_use");
      org.projects.delete(id);
      record(by, "project_deleted", id, { name: before.name }, null);
      return done;
    },
  };
}

function sourcesOf(
  { orgs, bindings }: MemoryState,
  record: Record,
): Omit<
  WorkspaceStore,
  "organization" | "renameOrganization" | "projects" | "createProject" | "renameProject" | "deleteProject"
> {
  const find = (by: Pick<Principal, "orgId">, id: string) =>
    bindings.find(({ source }) => source.orgId === by.orgId && source.id === id);
  const replace = (before: MemoryBinding, next: MemoryBinding) => {
    bindings[bindings.indexOf(before)] = next;
    return succeed(next.source);
  };
  return {
    async sources(orgId) {
      return succeed(bindings.map(({ source }) => source).filter((source) => source.orgId === orgId));
    },
    async source(orgId, sourceId) {
      const found = find({ orgId }, sourceId);
      return found ? succeed(found.source) : gone();
    },
    async createSource(by, { sealedSigningSecret, ...rest }) {
      if (!orgs.get(by.orgId)?.projects.has(rest.projectId)) return gone();
      const own = bindings.filter(({ source }) => source.orgId === by.orgId);
      if (own.length >= sourcesPerOrgMax) return gone("limit_reached");
      const source = { ...rest, orgId: by.orgId, previousWriteKeyUntilMs: null };
      bindings.push({ source, sealedSigningSecret, previousWriteKey: null });
      const keys = { write_key: secretMask, signing_secret: secretMask };
      record(by, "source_created", rest.id, null, { project_id: rest.projectId, ...shown(rest), ...keys });
      return succeed(source);
    },
    async changeSource(by, sourceId, changes) {
      const before = find(by, sourceId);
      if (!before) return gone();
      const names = Object.keys(changes) as (keyof SourceSettings)[];
      if (names.length === 0) return succeed(before.source);
      const old = Object.fromEntries(names.map((name) => [name, before.source[name]]));
      const changed = replace(before, { ...before, source: { ...before.source, ...changes } });
      record(by, "source_changed", sourceId, shown(old), shown(changes));
      return changed;
    },
    async deleteSource(by, sourceId) {
      const found = find(by, sourceId);
      if (!found) return gone();
      bindings.splice(bindings.indexOf(found), 1);
      record(by, "source_deleted", sourceId, { name: found.source.name, kind: found.source.kind }, null);
      return done;
    },
    async rotateWriteKey(by, sourceId, { writeKey, previousUntilMs }) {
      const before = find(by, sourceId);
      if (!before) return gone();
      const source = { ...before.source, writeKey, previousWriteKeyUntilMs: previousUntilMs };
      const changed = replace(before, { ...before, source, previousWriteKey: before.source.writeKey });
      const until = new Date(previousUntilMs).toISOString();
      const after = { write_key: secretMask, previous_valid_until: until };
      record(by, "source_write_key_rotated", sourceId, { write_key: secretMask }, after);
      return changed;
    },
    async replaceSigningSecret(by, sourceId, sealed) {
      const before = find(by, sourceId);
      if (!before) return gone();
      const changed = replace(before, { ...before, sealedSigningSecret: sealed });
      const masked = { signing_secret: secretMask };
      record(by, "source_signing_secret_replaced", sourceId, masked, masked);
      return changed;
    },
  };
}

/** Settings as the audit log names them, those that are given. */
function shown(settings: Partial<SourceSettings>): object {
  const columns = {
    name: settings.name,
    kind: settings.kind,
    dialect: settings.dialect,
    default_calling_code: settings.defaultCallingCode,
    enabled: settings.enabled,
    events_per_second_max: settings.eventsPerSecondMax,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
