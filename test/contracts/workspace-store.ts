import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Principal, SealedSecret } from "../../domain/model/tenant.ts";
import type { AccountStore } from "../../ports/account-store.ts";
import type { FirstTenant, TenantStore } from "../../ports/tenant-store.ts";
import type { NewSource, WorkspaceStore } from "../../ports/workspace-store.ts";
import { codeOf, unwrap } from "./results.ts";
import { newIntegration, newTenant, ownerOf } from "./tenants.ts";

/** A workspace store under test, with the stores whose sight its changes come into. */
export interface OpenedWorkspaceStore {
  readonly store: WorkspaceStore;
  readonly tenants: TenantStore;
  readonly accounts: Pick<AccountStore, "auditLog">;
  addTenant(tenant: FirstTenant): Promise<void>;
  remove(): Promise<void>;
}

interface Case {
  readonly promise: string;
  readonly run: (opened: OpenedWorkspaceStore) => Promise<void>;
}

const hourMs = 3_600_000;
const hearMsMax = 20_000;

function newSource(projectId: string, rest: Partial<NewSource> = {}): NewSource {
  return {
    ...{ id: randomUUID(), projectId, name: "Shop", kind: "browser", dialect: "any" },
    ...{ defaultCallingCode: "49", enabled: true, eventsPerSecondMax: null },
    ...{ writeKey: `wk_${randomUUID()}`, appId: `app_${randomUUID()}`, sealedSigningSecret: "sealed" as SealedSecret },
    ...rest,
  };
}

async function newOwner({ addTenant }: OpenedWorkspaceStore): Promise<{ tenant: FirstTenant; by: Principal }> {
  const tenant = newTenant();
  await addTenant(tenant);
  return { tenant, by: ownerOf(tenant) };
}

const projectCases: readonly Case[] = [
  {
    promise: "an organisation reads and changes its own name",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      assert.equal(unwrap(await opened.store.organization(by.orgId)).name, tenant.orgName);
      assert.equal(unwrap(await opened.store.renameOrganization(by, "Neu")).name, "Neu");
      assert.equal(unwrap(await opened.store.organization(by.orgId)).name, "Neu");
    },
  },
  {
    promise: "a project is deleted only when nothing of it is at work, and is then gone for every use",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const { store, tenants } = opened;
      const id = randomUUID();
      unwrap(await store.createProject(by, { id, name: "Second" }));
      unwrap(await store.renameProject(by, id, "Third"));
      const names = async () => unwrap(await store.projects(by.orgId)).map((project) => project.name);
      assert.deepEqual(await names(), [tenant.projectName, "Third"]);
      assert.equal(codeOf(await store.deleteProject(by, tenant.projectId)), "project_in_use");
      const source = unwrap(await store.createSource(by, newSource(id)));
      assert.equal(codeOf(await store.deleteProject(by, id)), "project_in_use");
      unwrap(await store.deleteSource(by, source.id));
      unwrap(await store.deleteProject(by, id));
      assert.deepEqual(await names(), [tenant.projectName]);
      assert.equal(unwrap(await tenants.hasProject(by.orgId, id)), false);
      const integration = newIntegration(tenant, { projectId: id });
      for (const result of [
        await store.renameProject(by, id, "x"),
        await store.deleteProject(by, id),
        await store.createSource(by, newSource(id)),
        await tenants.createIntegration(by, integration),
      ]) {
        assert.equal(codeOf(result), "not_found");
      }
    },
  },
  {
    promise: "no project is deleted under an integration that is being made, or enabled again",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const { store, tenants } = opened;
      for (let round = 0; round < 10; round += 1) {
        const id = randomUUID();
        unwrap(await store.createProject(by, { id, name: "Short-lived" }));
        const made = newIntegration(tenant, { projectId: id, enabled: round % 2 === 0 });
        if (!made.enabled) unwrap(await tenants.createIntegration(by, made));
        const start = () =>
          made.enabled
            ? tenants.createIntegration(by, made)
            : tenants.changeIntegration(by, made.id, { enabled: true }, null);
        const codes = (await Promise.all([start(), store.deleteProject(by, id)])).map(codeOf);
        assert.ok(["ok,project_in_use", "not_found,ok"].includes(codes.join()), `round ${round}: ${codes}`);
      }
    },
  },
  {
    promise: "another organisation's project and source are not found",
    async run(opened) {
      const [ours, theirs] = [await newOwner(opened), await newOwner(opened)];
      const { store } = opened;
      const next = { writeKey: "wk_x", previousUntilMs: Date.now() };
      for (const projectId of [theirs.tenant.projectId, randomUUID(), "no uuid"]) {
        assert.equal(codeOf(await store.renameProject(ours.by, projectId, "x")), "not_found");
        assert.equal(codeOf(await store.deleteProject(ours.by, projectId)), "not_found");
        assert.equal(codeOf(await store.createSource(ours.by, newSource(projectId))), "not_found");
      }
      for (const sourceId of [theirs.tenant.sourceId, randomUUID(), "no uuid"]) {
        assert.equal(codeOf(await store.source(ours.by.orgId, sourceId)), "not_found");
        assert.equal(codeOf(await store.changeSource(ours.by, sourceId, { name: "x" })), "not_found");
        assert.equal(codeOf(await store.deleteSource(ours.by, sourceId)), "not_found");
        assert.equal(codeOf(await store.rotateWriteKey(ours.by, sourceId, next)), "not_found");
        const sealed = "sealed anew" as SealedSecret;
        assert.equal(codeOf(await store.replaceSigningSecret(ours.by, sourceId, sealed)), "not_found");
      }
      assert.deepEqual(
        unwrap(await store.sources(ours.by.orgId)).map((source) => source.id),
        [ours.tenant.sourceId],
      );
    },
  },
];

const sourceCases: readonly Case[] = [
  {
    promise: "a source is bound as it was created and changed, and by no key once it is deleted",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const { store, tenants } = opened;
      const wanted = newSource(tenant.projectId, { dialect: "segment", eventsPerSecondMax: 5 });
      const created = unwrap(await store.createSource(by, wanted));
      const { sealedSigningSecret: _, ...rest } = wanted;
      assert.deepEqual(created, { ...rest, orgId: by.orgId, previousWriteKeyUntilMs: null });
      assert.deepEqual(unwrap(await tenants.bindingByWriteKey(wanted.writeKey))?.source, created);
      const settings = {
        kind: "server",
        dialect: "signed",
        defaultCallingCode: null,
        eventsPerSecondMax: null,
      } as const;
      const changed = unwrap(await store.changeSource(by, wanted.id, settings));
      assert.deepEqual(changed, { ...created, ...settings });
      assert.deepEqual(unwrap(await store.source(by.orgId, wanted.id)), changed);
      assert.deepEqual(unwrap(await tenants.bindingByAppId(wanted.appId))?.source, changed);
      unwrap(await store.deleteSource(by, wanted.id));
      assert.equal(unwrap(await tenants.bindingByWriteKey(wanted.writeKey)), null);
      assert.equal(unwrap(await tenants.bindingByAppId(wanted.appId)), null);
      assert.equal(codeOf(await store.source(by.orgId, wanted.id)), "not_found");
      assert.equal(codeOf(await tenants.source(by.orgId, wanted.id)), "not_found");
    },
  },
  {
    promise: "a write key that was rotated stays valid until its end, which its binding names",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const { store, tenants } = opened;
      const untilMs = Date.now() + hourMs;
      const bound = async (key: string) => unwrap(await tenants.bindingByWriteKey(key));
      const first = { writeKey: `wk_${randomUUID()}`, previousUntilMs: untilMs };
      const rotated = unwrap(await store.rotateWriteKey(by, tenant.sourceId, first));
      assert.deepEqual([rotated.writeKey, rotated.previousWriteKeyUntilMs], [first.writeKey, untilMs]);
      assert.equal((await bound(tenant.writeKey))?.keyEndsAtMs, untilMs);
      assert.equal((await bound(first.writeKey))?.keyEndsAtMs, undefined);
      assert.equal((await bound(first.writeKey))?.source.id, tenant.sourceId);
      const second = { writeKey: `wk_${randomUUID()}`, previousUntilMs: Date.now() - 1 };
      unwrap(await store.rotateWriteKey(by, tenant.sourceId, second));
      assert.equal(await bound(tenant.writeKey), null);
      assert.equal(await bound(first.writeKey), null);
      assert.equal((await bound(second.writeKey))?.source.id, tenant.sourceId);
    },
  },
  {
    promise: "a replaced signing secret is the one that its source is bound with",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const sealed = "sealed anew" as SealedSecret;
      unwrap(await opened.store.replaceSigningSecret(by, tenant.sourceId, sealed));
      const binding = unwrap(await opened.tenants.bindingByWriteKey(tenant.writeKey));
      assert.equal(binding?.sealedSigningSecret, sealed);
    },
  },
  {
    promise: "each change is heard within a second and stands in the audit log with old and new, keys masked",
    async run(opened) {
      const { tenant, by } = await newOwner(opened);
      const { store, tenants, accounts } = opened;
      const heard: string[] = [];
      const watch = await tenants.watchChanges((change) => heard.push(change.orgId));
      const source = newSource(tenant.projectId);
      unwrap(await store.renameOrganization(by, "Neu"));
      unwrap(await store.createSource(by, source));
      unwrap(await store.changeSource(by, source.id, { eventsPerSecondMax: 7 }));
      const next = { writeKey: `wk_${randomUUID()}`, previousUntilMs: Date.now() + hourMs };
      unwrap(await store.rotateWriteKey(by, source.id, next));
      const startedMs = performance.now();
      while (heard.length < 4 && performance.now() - startedMs < hearMsMax) await sleep(5);
      await watch.close();
      assert.deepEqual(heard, Array(4).fill(by.orgId));
      const log = unwrap(await accounts.auditLog(by.orgId, { limit: 4, beforeId: null }));
      assert.deepEqual(
        log.map((entry) => entry.action),
        ["source_write_key_rotated", "source_changed", "source_created", "organization_renamed"],
      );
      assert.deepEqual(log[1]?.before, { events_per_second_max: null });
      assert.deepEqual(log[1]?.after, { events_per_second_max: 7 });
      assert.deepEqual(log[3]?.before, { name: tenant.orgName });
      for (const key of [source.writeKey, next.writeKey, source.sealedSigningSecret]) {
        assert.equal(JSON.stringify(log).includes(key), false);
      }
    },
  },
];

/** The promises of ports/workspace-store.ts, run against one adapter. `open` gives a new, empty store each time. */
export function workspaceStoreSuite(name: string, open: () => Promise<OpenedWorkspaceStore>): void {
  describe(`workspace store: ${name}`, () => {
    for (const { promise, run } of [...projectCases, ...sourceCases]) {
      it(promise, async () => {
        const opened = await open();
        try {
          await run(opened);
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
