import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openMemoryAccountStore } from "../../../adapters/memory/account-store.ts";
import { openMemoryTenantStore } from "../../../adapters/memory/tenant-store.ts";
import { openMemoryWorkspaceStore } from "../../../adapters/memory/workspace-store.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openSystemRandom } from "../../../adapters/system/random.ts";
import { openVault } from "../../../adapters/system/vault.ts";
import { createPrepareCredentials } from "../../../domain/admin/workspace/first-credentials.ts";
import { type FirstCredentials, mintFirstCredentials } from "../../../domain/admin/workspace/first-tenant.ts";
import { unwrap } from "../../contracts/results.ts";

async function openStart() {
  const clock = openSystemClock();
  const random = openSystemRandom();
  const tenants = openMemoryTenantStore(clock);
  const accounts = openMemoryAccountStore(tenants, clock);
  const workspace = openMemoryWorkspaceStore(tenants, accounts, clock);
  const vault = await openVault({ key: "07".repeat(32) });
  const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
  let kept: FirstCredentials | null = null;
  const file = {
    read: () => kept,
    write: (keys: FirstCredentials | null) => {
      kept = keys;
    },
  };
  const prepare = createPrepareCredentials({ tenants, accounts, workspace, vault, random, clock, sha256Hex, file });
  return { prepare: async () => unwrap(await prepare()), file, tenants, accounts, random };
}

test("the first start makes a source for servers and one for pages, each with a key of its own", async () => {
  const { prepare, tenants } = await openStart();
  const { keys, how } = await prepare();
  assert.equal(how, "created");
  const kindOf = async (key: string | undefined) => unwrap(await tenants.bindingByWriteKey(key ?? ""))?.source.kind;
  assert.equal(await kindOf(keys.write_key), "server");
  assert.equal(await kindOf(keys.browser_write_key), "browser");
  assert.equal((await prepare()).how, "known");
});

test("a lost file comes back with both sources' keys", async () => {
  const { prepare, file } = await openStart();
  const { keys } = await prepare();
  file.write(null);
  const again = await prepare();
  assert.equal(again.how, "recovered");
  assert.equal(again.keys.write_key, keys.write_key);
  assert.equal(again.keys.browser_write_key, keys.browser_write_key);
});

test("keys that open nothing here are told by name: revoked ones, and those of another installation", async () => {
  const { prepare, file, accounts, random } = await openStart();
  const { keys } = await prepare();
  const owner = { orgId: keys.org_id, memberId: keys.owner_id, role: "owner" } as const;
  for (const { id } of unwrap(await accounts.apiTokens(keys.org_id, keys.owner_id))) {
    unwrap(await accounts.revokeApiToken(owner, id));
  }
  const revoked = await prepare();
  assert.deepEqual([revoked.how, revoked.dead], ["stale", ["admin_token"]]);
  file.write(mintFirstCredentials(random));
  const foreign = await prepare();
  assert.deepEqual([foreign.how, foreign.dead], ["stale", ["write_key", "admin_token"]]);
});
