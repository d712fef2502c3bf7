import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DataLayerConfig } from "../../domain/model/data-layer.ts";
import { recentVersionBytesMax } from "../../domain/model/limits.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import type { FirstTenant, TenantStore } from "../../ports/tenant-store.ts";
import { codeOf, unwrap } from "./results.ts";
import { newIntegration, newTenant, ownerOf } from "./tenants.ts";

/** A tenant store under test. It starts without any organisation. */
export interface OpenedTenantStore {
  readonly store: TenantStore;
  /** Adds an organisation beside those there are. */
  addTenant(tenant: FirstTenant): Promise<void>;
  remove(): Promise<void>;
}

interface Case {
  readonly promise: string;
  readonly run: (opened: OpenedTenantStore) => Promise<void>;
}

const hearMsMax = 20_000;

/** A data layer that can be told from the default by its time-out. */
function withTimeout(config: DataLayerConfig, minutes: number): DataLayerConfig {
  return { ...config, session: { ...config.session, timeout_minutes: minutes } };
}

const creationCases: readonly Case[] = [
  {
    promise: "the first organisation is created once, with a source, an owner and its first data layer",
    async run({ store }) {
      const tenant = newTenant();
      assert.equal(unwrap(await store.firstOrganization()), null);
      assert.equal(unwrap(await store.createFirstTenant(tenant)), true);
      assert.equal(unwrap(await store.firstOrganization()), tenant.orgId);
      assert.equal(unwrap(await store.createFirstTenant(newTenant())), false);
      const binding = unwrap(await store.bindingByWriteKey(tenant.writeKey));
      assert.equal(binding?.source.id, tenant.sourceId);
      assert.equal(binding?.source.projectId, tenant.projectId);
      assert.equal(binding?.source.enabled, true);
      assert.equal(binding?.sealedSigningSecret, tenant.sealedSigningSecret);
      assert.equal(binding?.dataLayer.version, 1);
      assert.deepEqual(binding?.dataLayer.config, tenant.dataLayer);
      assert.deepEqual(unwrap(await store.bindingByAppId(tenant.appId)), binding);
      assert.deepEqual(unwrap(await store.principalByTokenHash(tenant.adminTokenSha256)), ownerOf(tenant));
    },
  },
  {
    promise: "of two first starts at the same time one creates the organisation",
    async run({ store }) {
      const made = await Promise.all([newTenant(), newTenant()].map((tenant) => store.createFirstTenant(tenant)));
      assert.deepEqual(made.map(unwrap).sort(), [false, true]);
    },
  },
  {
    promise: "keys that are no one's find nothing, whatever they contain",
    async run({ store, addTenant }) {
      await addTenant(newTenant());
      for (const key of ["", "wk_none", "a\0b", "'; drop table sources; --", "%", "é".repeat(500)]) {
        assert.equal(unwrap(await store.bindingByWriteKey(key)), null);
        assert.equal(unwrap(await store.bindingByAppId(key)), null);
      }
      assert.equal(unwrap(await store.principalByTokenHash("0".repeat(64))), null);
    },
  },
];

const sourceCases: readonly Case[] = [
  {
    promise: "a source is found by its id in its own organisation and in no other",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const binding = unwrap(await store.bindingByWriteKey(ours.writeKey));
      assert.deepEqual(unwrap(await store.source(ours.orgId, ours.sourceId)), binding?.source);
      for (const sourceId of [theirs.sourceId, randomUUID(), "no uuid"]) {
        assert.equal(codeOf(await store.source(ours.orgId, sourceId)), "not_found");
      }
    },
  },
];

const dataLayerCases: readonly Case[] = [
  {
    promise: "a data layer put is the current one at once, its version one higher, older versions unchanged",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      const config = withTimeout(tenant.dataLayer, 7);
      const put = unwrap(await store.putDataLayer(ownerOf(tenant), config, 1));
      assert.deepEqual([put.version, put.updatedBy, put.config], [2, tenant.ownerId, config]);
      assert.deepEqual(unwrap(await store.dataLayer(tenant.orgId)), put);
      assert.deepEqual(unwrap(await store.bindingByWriteKey(tenant.writeKey))?.dataLayer, put);
    },
  },
  {
    promise: "within the days in which a waiting record may name a version, versions have a bound in bytes",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      const code = "x".repeat(recentVersionBytesMax / 2 + 1);
      const large = { ...tenant.dataLayer, custom_js: { ...tenant.dataLayer.custom_js, code } };
      assert.equal(unwrap(await store.putDataLayer(ownerOf(tenant), large, null)).version, 2);
      assert.equal(codeOf(await store.putDataLayer(ownerOf(tenant), large, null)), "too_many_changes");
      assert.equal(unwrap(await store.putDataLayer(ownerOf(tenant), tenant.dataLayer, null)).version, 3);
    },
  },
  {
    promise: "a data layer put over another than the expected version is refused and changes nothing",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      const config = withTimeout(tenant.dataLayer, 7);
      assert.equal(codeOf(await store.putDataLayer(ownerOf(tenant), config, 2)), "version_conflict");
      const puts = await Promise.all([1, 2, 3].map(() => store.putDataLayer(ownerOf(tenant), config, 1)));
      assert.deepEqual(puts.map(codeOf).sort(), ["ok", "version_conflict", "version_conflict"]);
      assert.equal(unwrap(await store.dataLayer(tenant.orgId)).version, 2);
    },
  },
  {
    promise: "puts that expect no version at the same time all succeed, each with a version of its own",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      const puts = await Promise.all(
        [1, 2, 3, 4].map(() => store.putDataLayer(ownerOf(tenant), tenant.dataLayer, null)),
      );
      assert.deepEqual(puts.map((put) => unwrap(put).version).sort(), [2, 3, 4, 5]);
    },
  },
  {
    promise: "the data layer of an organisation that is none is not found",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      const by = { ...ownerOf(tenant), orgId: randomUUID() };
      assert.equal(codeOf(await store.dataLayer(by.orgId)), "not_found");
      assert.equal(codeOf(await store.putDataLayer(by, tenant.dataLayer, null)), "not_found");
    },
  },
];

const versionCases: readonly Case[] = [
  {
    promise: "every version can be read back as it was put, and no number that was never given",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      await addTenant(tenant);
      for (const minutes of [5, 6]) {
        unwrap(await store.putDataLayer(ownerOf(tenant), withTimeout(tenant.dataLayer, minutes), null));
      }
      const minutes = [1, 2, 3].map(async (version) => {
        const found = unwrap(await store.dataLayerVersion(tenant.orgId, version));
        assert.equal(found.version, version);
        return found.config.session.timeout_minutes;
      });
      assert.deepEqual(await Promise.all(minutes), [tenant.dataLayer.session.timeout_minutes, 5, 6]);
      assert.deepEqual(
        unwrap(await store.dataLayerVersion(tenant.orgId, 3)),
        unwrap(await store.dataLayer(tenant.orgId)),
      );
      for (const version of [0, -1, 4, 1.5, 2 ** 40]) {
        assert.equal(codeOf(await store.dataLayerVersion(tenant.orgId, version)), "not_found");
      }
    },
  },
  {
    promise: "versions are listed newest first, page by page, with the sections each one changed",
    async run({ store, addTenant }) {
      const [tenant, other] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(tenant);
      await addTenant(other);
      const by = ownerOf(tenant);
      const longer = withTimeout(tenant.dataLayer, 45);
      const rules = [{ condition: "event == 'Ping'", action: "drop" as const }];
      const both = { ...tenant.dataLayer, routing_rules: rules };
      for (const config of [longer, longer, both]) unwrap(await store.putDataLayer(by, config, null));
      const list = async (limit: number, beforeVersion: number | null) =>
        unwrap(await store.dataLayerVersions(tenant.orgId, { limit, beforeVersion }));
      const all = await list(50, null);
      const changed = all.map((entry) => [entry.version, entry.changed]);
      assert.deepEqual(changed, [
        [4, ["session", "routing_rules"]],
        [3, []],
        [2, ["session"]],
        [1, []],
      ]);
      assert.equal(all[0]?.updatedBy, tenant.ownerId);
      assert.equal("config" in (all[0] as object), false);
      assert.deepEqual(await list(2, null), all.slice(0, 2));
      assert.deepEqual(await list(2, 3), all.slice(2));
      assert.deepEqual(await list(2, 1), []);
      assert.equal(unwrap(await store.dataLayerVersions(other.orgId, { limit: 9, beforeVersion: null })).length, 1);
    },
  },
];

const integrationCases: readonly Case[] = [
  {
    promise: "an integration is listed for its own organisation, as it was created, and for no other",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const { id, ...rest } = newIntegration(ours);
      const created = unwrap(await store.createIntegration(ownerOf(ours), { id, ...rest }));
      assert.deepEqual(created, { id, orgId: ours.orgId, ...rest, pausedAtMs: null, version: 1 });
      assert.deepEqual(unwrap(await store.integrations(ours.orgId)), [created]);
      assert.deepEqual(unwrap(await store.integrations(theirs.orgId)), []);
    },
  },
  {
    promise: "an integration is renamed, disabled and enabled by its own organisation and by no other",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const created = unwrap(await store.createIntegration(ownerOf(ours), newIntegration(ours)));
      for (const changes of [{ enabled: false }, { name: "Shop" }, { enabled: true, name: "Pixel" }]) {
        const before = unwrap(await store.integrations(ours.orgId))[0];
        const changed = unwrap(await store.changeIntegration(ownerOf(ours), created.id, changes, null));
        assert.deepEqual(changed, { ...before, ...changes, version: (before?.version ?? 0) + 1 });
        assert.deepEqual(unwrap(await store.integrations(ours.orgId)), [changed]);
      }
      for (const id of [randomUUID(), "no uuid"]) {
        assert.equal(codeOf(await store.changeIntegration(ownerOf(ours), id, { enabled: false }, null)), "not_found");
      }
      const foreign = await store.changeIntegration(ownerOf(theirs), created.id, { enabled: false }, null);
      assert.equal(codeOf(foreign), "not_found");
    },
  },
  {
    promise: "an integration's sealed secrets are replaced as a whole, by its own organisation and by no other",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const created = unwrap(await store.createIntegration(ownerOf(ours), newIntegration(ours)));
      const sealed = { signing_secret: "v1.one" as SealedSecret, previous: "v1.two" as SealedSecret };
      const changed = unwrap(await store.replaceIntegrationSecrets(ownerOf(ours), created.id, sealed, 1));
      assert.deepEqual(changed, { ...created, sealedSecrets: sealed, version: created.version + 1 });
      assert.deepEqual(unwrap(await store.integrations(ours.orgId)), [changed]);
      for (const [by, id] of [
        [ours, randomUUID()],
        [ours, "no uuid"],
        [theirs, created.id],
      ] as const) {
        assert.equal(codeOf(await store.replaceIntegrationSecrets(ownerOf(by), id, {}, 2)), "not_found");
      }
      const replace = (version: number) => store.replaceIntegrationSecrets(ownerOf(ours), created.id, sealed, version);
      assert.equal(codeOf(await replace(1)), "version_conflict");
      assert.deepEqual(unwrap(await store.integrations(ours.orgId)), [changed]);
      const twice = await Promise.all([replace(2), replace(2)]);
      assert.deepEqual(twice.map(codeOf).sort(), ["ok", "version_conflict"]);
    },
  },
  {
    promise: "a deleted integration is as little found as none, by its own organisation as by another",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const by = ownerOf(ours);
      const [gone, kept] = [newIntegration(ours), newIntegration(ours)];
      for (const integration of [gone, kept]) unwrap(await store.createIntegration(by, integration));
      for (const [who, id] of [
        [by, randomUUID()],
        [by, "no uuid"],
        [ownerOf(theirs), gone.id],
      ] as const) {
        assert.equal(codeOf(await store.deleteIntegration(who, id, null)), "not_found");
      }
      assert.equal(codeOf(await store.deleteIntegration(by, gone.id, 7)), "version_conflict");
      assert.equal(unwrap(await store.deleteIntegration(by, gone.id, 1)), 2);
      const left = unwrap(await store.integrations(ours.orgId)).map(({ id }) => id);
      assert.deepEqual(left, [kept.id]);
      assert.equal(codeOf(await store.changeIntegration(by, gone.id, { enabled: true }, null)), "not_found");
      assert.equal(codeOf(await store.replaceIntegrationSecrets(by, gone.id, {}, 2)), "not_found");
      assert.equal(codeOf(await store.deleteIntegration(by, gone.id, null)), "not_found");
    },
  },
  {
    promise: "an integration is configured anew, paused and resumed, and who read an older version is refused",
    async run({ store, addTenant }) {
      const ours = newTenant("Ours");
      await addTenant(ours);
      const by = ownerOf(ours);
      const created = unwrap(await store.createIntegration(by, newIntegration(ours)));
      const sealedSecrets = { access_token: "sealed anew" as SealedSecret };
      const config = { pixel_id: "456", ldu: true };
      const changed = unwrap(await store.changeIntegration(by, created.id, { config, sealedSecrets }, 1));
      assert.deepEqual(changed, { ...created, config, sealedSecrets, version: 2 });
      assert.equal(codeOf(await store.changeIntegration(by, created.id, { name: "x" }, 1)), "version_conflict");
      const paused = unwrap(await store.changeIntegration(by, created.id, { paused: true }, 2));
      assert.ok((paused.pausedAtMs ?? 0) > 0);
      const still = unwrap(await store.changeIntegration(by, created.id, { paused: true, name: "y" }, null));
      assert.deepEqual([still.pausedAtMs, still.name], [paused.pausedAtMs, "y"]);
      const resumed = unwrap(await store.changeIntegration(by, created.id, { paused: false }, null));
      assert.deepEqual(resumed, { ...changed, name: "y", version: 5 });
      assert.deepEqual(unwrap(await store.integrations(ours.orgId)), [resumed]);
    },
  },
  {
    promise: "a project of another organisation is as little found as none",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      for (const projectId of [theirs.projectId, randomUUID(), "no uuid"]) {
        assert.equal(unwrap(await store.hasProject(ours.orgId, projectId)), false);
        const integration = newIntegration(ours, { projectId });
        assert.equal(codeOf(await store.createIntegration(ownerOf(ours), integration)), "not_found");
      }
      assert.equal(unwrap(await store.hasProject(ours.orgId, ours.projectId)), true);
    },
  },
];

const watchCases: readonly Case[] = [
  {
    promise: "a committed change is heard within a second, a refused one never",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      await addTenant(ours);
      await addTenant(theirs);
      const heard: string[] = [];
      const watch = await store.watchChanges((change) => heard.push(change.orgId));
      await store.putDataLayer(ownerOf(theirs), theirs.dataLayer, 99);
      await store.putDataLayer(ownerOf(ours), ours.dataLayer, 1);
      await store.createIntegration(ownerOf(ours), newIntegration(ours));
      const startedMs = performance.now();
      while (heard.length < 2 && performance.now() - startedMs < hearMsMax) await sleep(5);
      await watch.close();
      assert.deepEqual(heard, [ours.orgId, ours.orgId]);
    },
  },
];

const cases = [
  ...creationCases,
  ...sourceCases,
  ...dataLayerCases,
  ...versionCases,
  ...integrationCases,
  ...watchCases,
];

/** The promises of ports/tenant-store.ts, run against one adapter. `open` gives a new, empty store each time. */
export function tenantStoreSuite(name: string, open: () => Promise<OpenedTenantStore>): void {
  describe(`tenant store: ${name}`, () => {
    for (const { promise, run } of cases) {
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
