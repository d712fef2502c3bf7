import assert from "node:assert/strict";
import { test } from "node:test";
import { openVirtualClock } from "../../../../adapters/memory/clock.ts";
import { openMemoryTenantStore } from "../../../../adapters/memory/tenant-store.ts";
import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { defaultDataLayer } from "../../../../domain/data-layer/configuration.ts";
import { succeed } from "../../../../domain/model/failure.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import type { SealedSecret } from "../../../../domain/model/tenant.ts";
import {
  createLookupGate,
  lookupsRunningMax,
  lookupsWaitingMax,
} from "../../../../domain/pipeline/ingest/lookup-gate.ts";
import { lookupMsMax, openSourceDirectory } from "../../../../domain/pipeline/ingest/source-directory.ts";
import type { FirstTenant, TenantStore } from "../../../../ports/tenant-store.ts";

const orgId = "00000000-0000-7000-8000-000000000001";
const owner = { orgId, memberId: "owner", role: "owner" } as const;
const key = { by: "write-key", value: "wk_1" } as const;
const tenant: FirstTenant = {
  orgId,
  orgName: "Org",
  projectId: "00000000-0000-7000-8000-000000000002",
  projectName: "Project",
  sourceId: "00000000-0000-7000-8000-000000000003",
  sourceName: "Source",
  sourceKind: "browser",
  writeKey: key.value,
  appId: "app_1",
  sealedSigningSecret: "sealed" as SealedSecret,
  ownerId: owner.memberId,
  ownerName: "Owner",
  adminTokenSha256: "0".repeat(64),
  dataLayer: defaultDataLayer,
};

/** A directory over a store whose look-ups are counted and can be held up. */
async function openCounted(cacheConfigBytesMax?: number) {
  const clock = openVirtualClock();
  const memory = openMemoryTenantStore(clock);
  memory.addTenant(tenant);
  let lookups = 0;
  let held: Promise<void> | null = null;
  const tenants: TenantStore = {
    ...memory,
    async bindingByWriteKey(writeKey) {
      lookups += 1;
      const found = await memory.bindingByWriteKey(writeKey);
      await held;
      return found;
    },
  };
  const bound = cacheConfigBytesMax === undefined ? {} : { cacheConfigBytesMax };
  const kernel = openReferenceKernel();
  const directory = await openSourceDirectory({ tenants, kernel, clock, limits: defaultLimits, ...bound });
  const version = async () => {
    const found = await directory.find(key);
    return found.ok ? found.value?.binding.dataLayer.version : found.failure.code;
  };
  function hold(): () => void {
    let release = () => {};
    held = new Promise((resolve) => (release = resolve));
    return () => {
      held = null;
      release();
    };
  }
  return { clock, memory, directory, version, hold, lookups: () => lookups };
}

test("a source is looked up once and then known, under both its keys with one program", async () => {
  const { directory, lookups } = await openCounted();
  const asked = await Promise.all([directory.find(key), directory.find(key), directory.find(key)]);
  assert.equal(lookups(), 1);
  const known = directory.cached(key);
  assert.ok(known);
  for (const found of asked) assert.equal(found.ok && found.value, known);
  const byApp = await directory.find({ by: "app-id", value: "app_1" });
  assert.equal(byApp.ok && byApp.value?.program, known.program);
});

test("a change that comes while a look-up is under way wins over it", async () => {
  const { memory, version, hold } = await openCounted();
  const release = hold();
  const asked = version();
  await Promise.resolve();
  await memory.putDataLayer(owner, defaultDataLayer, null);
  const joined = version();
  release();
  assert.deepEqual([await asked, await joined], [2, 2]);
});

test("after a change nothing older is served", async () => {
  const { memory, directory, version } = await openCounted();
  assert.equal(await version(), 1);
  await memory.putDataLayer(owner, defaultDataLayer, null);
  assert.equal(directory.cached(key), undefined);
  assert.equal(await version(), 2);
});

test("a key that is nobody's is not asked for again at once, but again after a change or some seconds", async () => {
  const { clock, memory, directory, lookups } = await openCounted();
  const nobody = { by: "write-key", value: "wk_none" } as const;
  for (let times = 0; times < 5; times += 1) assert.deepEqual(await directory.find(nobody), succeed(null));
  assert.equal(lookups(), 1);
  await memory.putDataLayer(owner, defaultDataLayer, null);
  await directory.find(nobody);
  assert.equal(lookups(), 2);
  await clock.advance(6_000);
  await directory.find(nobody);
  assert.equal(lookups(), 3);
});

test("a store that does not answer holds no request up for long, and its late answer serves the next", async () => {
  const { clock, version, hold, lookups } = await openCounted();
  const release = hold();
  const heard: (string | number | undefined)[] = [];
  const asked = [version(), version()].map((answer) => answer.then((one) => heard.push(one)));
  await clock.advance(lookupMsMax - 1);
  assert.deepEqual(heard, []);
  await clock.advance(1);
  assert.deepEqual(heard, ["lookup_slow", "lookup_slow"]);
  const later = version();
  release();
  await Promise.all(asked);
  assert.equal(await later, 1);
  assert.equal(await version(), 1);
  assert.equal(lookups(), 1);
});

test("a text that can't be a key is answered without a look-up", async () => {
  const { directory, lookups } = await openCounted();
  for (const value of ["", "x".repeat(201), "with space", "nul\u0000", "ü"]) {
    assert.deepEqual(await directory.find({ by: "write-key", value }), succeed(null));
  }
  assert.equal(lookups(), 0);
});

test("data layers kept are bounded in bytes: the one known longest goes, one past it is kept alone", async () => {
  const oneBytes = JSON.stringify(defaultDataLayer).length;
  const rules = Array.from({ length: 100 }, (_, at) => ({ condition: `event == 'E${at}'`, action: "drop" as const }));
  const { memory, directory, lookups } = await openCounted(2 * oneBytes);
  const keyOf = (number: number) => ({ by: "write-key", value: `wk_org_${number}` }) as const;
  for (const number of [1, 2, 3, 4]) {
    const dataLayer = number === 4 ? { ...defaultDataLayer, routing_rules: rules } : defaultDataLayer;
    const id = (kind: number) => `00000000-0000-7000-800${kind}-00000000001${number}`;
    const names = { writeKey: keyOf(number).value, appId: `app_org_${number}` };
    const ids = { orgId: id(1), projectId: id(2), sourceId: id(3), ownerId: id(4) };
    memory.addTenant({ ...tenant, ...ids, ...names, adminTokenSha256: String(number).repeat(64), dataLayer });
  }
  const known = () => [1, 2, 3, 4].filter((number) => directory.cached(keyOf(number)));
  for (const number of [1, 2, 3]) await directory.find(keyOf(number));
  assert.deepEqual(known(), [2, 3]);
  await directory.find(keyOf(4));
  assert.deepEqual(known(), [4]);
  await directory.find(keyOf(1));
  assert.deepEqual(known(), [1]);
  directory.forget("00000000-0000-7000-8001-000000000011");
  for (const number of [2, 3]) await directory.find(keyOf(number));
  assert.deepEqual(known(), [2, 3]);
  assert.equal(lookups(), 7);
});

test("what is known is read again after a minute, whatever was heard", async () => {
  const { clock, version, lookups } = await openCounted();
  await version();
  await clock.advance(60_000);
  await version();
  assert.equal(lookups(), 1);
  await clock.advance(1);
  await version();
  assert.equal(lookups(), 2);
});

test("look-ups are few at once, others wait, and past the queue's bound they are turned away", async () => {
  const gate = createLookupGate<number>();
  let running = 0;
  let peak = 0;
  const look = async () => {
    running += 1;
    peak = Math.max(peak, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return succeed(1);
  };
  const asked = Array.from({ length: lookupsRunningMax + lookupsWaitingMax + 5 }, (_, at) =>
    gate.run(`key ${at}`, look),
  );
  const answers = await Promise.all(asked);
  assert.equal(peak, lookupsRunningMax);
  assert.deepEqual(
    answers.flatMap((answer) => (answer.ok ? [] : [answer.failure.code])),
    Array(5).fill("lookups_full"),
  );
  assert.deepEqual(await gate.run("later", look), succeed(1));
});
