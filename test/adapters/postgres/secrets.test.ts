import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, beforeEach, describe, it } from "node:test";
import { openVault } from "../../../adapters/system/vault.ts";
import { createCountSecrets, createResealSecrets } from "../../../domain/admin/workspace/rotate-vault.ts";
import { tokenPlace } from "../../../domain/model/attribution.ts";
import type { SecretRow, SecretStore } from "../../../ports/secret-store.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import { unwrap } from "../../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
const { secretStore: secrets, tenantStore } = database.store;
const [oldKey, newKey] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
const before = await openVault({ key: oldKey });
const rotated = await openVault({ key: newKey, oldKeys: [oldKey] });
const afterwards = await openVault({ key: newKey });
const never = new AbortController().signal;

after(() => database.close());
beforeEach(() => database.clear());

/** An organisation with a source and integrations whose secrets are sealed with a vault, each in its own place. */
async function fill(name: string, integrations: number, vault: Vault = before): Promise<FirstTenant> {
  const bare = newTenant(name);
  const { orgId, sourceId } = bare;
  const place = { orgId, table: "sources", column: "signing_secret", id: sourceId };
  const tenant = { ...bare, sealedSigningSecret: await vault.seal(`signing of ${name}`, place) };
  await database.addTenant(tenant);
  for (let number = 0; number < integrations; number += 1) {
    const id = randomUUID();
    const at = (column: string) => ({ orgId, table: "integrations", column, id });
    const sealedSecrets = {
      access_token: await vault.seal(`token ${number}`, at("access_token")),
      signing_secret: await vault.seal(`secret ${number}`, at("signing_secret")),
    };
    unwrap(await tenantStore.createIntegration(ownerOf(tenant), { ...newIntegration(tenant), id, sealedSecrets }));
  }
  return tenant;
}

async function allRows(rowsMax = 7): Promise<SecretRow[]> {
  const rows: SecretRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<SecretStore["page"]>> = await secrets.page(cursor, rowsMax);
    const { rows: found, next } = unwrap(page);
    assert.ok(found.length <= rowsMax && new Set(found.map(({ orgId }) => orgId)).size <= 1);
    rows.push(...found);
    cursor = next;
  } while (cursor !== null);
  return rows;
}

/** Every secret as the vault opens it; null where it doesn't. */
async function opened(vault: Vault): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for (const { orgId, table, id, sealed } of await allRows()) {
    for (const [column, one] of Object.entries(sealed)) {
      const found = await vault.open(one, { orgId, table, column, id });
      texts.push(found.ok ? found.value : null);
    }
  }
  return texts.sort();
}

async function counted(vault: Vault) {
  return unwrap(await createCountSecrets({ vault, secrets })());
}

describe("every sealed secret of every organisation", () => {
  it("is found once, an organisation at a time, in pages of any size", async () => {
    await fill("one", 5);
    await fill("two", 0);
    await fill("three", 2);
    for (const rowsMax of [1, 2, 5, 100]) {
      const rows = await allRows(rowsMax);
      assert.equal(rows.length, 5 + 2 + 3);
      assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    }
  });

  it("is sealed anew with the current key, says what it said, and needs the old key no more", async () => {
    await fill("one", 130);
    await fill("two", 3);
    const texts = await opened(before);
    assert.equal(texts.length, 2 + 2 * 133);
    assert.deepEqual(await counted(rotated), { current: 0, old: 268, unreadable: 0 });
    let last = 0;
    const done = unwrap(await createResealSecrets({ vault: rotated, secrets })(never, (now) => (last = now)));
    assert.deepEqual(done, { resealed: 268, leftAlone: 0, interrupted: false });
    assert.equal(last, 268);
    assert.deepEqual(await counted(rotated), { current: 268, old: 0, unreadable: 0 });
    assert.deepEqual(await opened(afterwards), texts);
    assert.deepEqual(new Set(await opened(before)), new Set([null]));
    const again = unwrap(await createResealSecrets({ vault: rotated, secrets })(never, () => undefined));
    assert.deepEqual(again, { resealed: 0, leftAlone: 0, interrupted: false });
  });

  it("a token that waits for Apple is sealed anew for its hash", async () => {
    const tenant = await fill("one", 0);
    const { orgId, projectId, sourceId } = tenant;
    const sha256 = createHash("sha256").update("a token").digest("hex");
    const sealed = await before.seal("a token", tokenPlace(orgId, sha256));
    await database.query(
      `insert into attributions (org_id, attribution_id, project_id, source_id, app_id, event_id, token_sha256,
         sealed_token, state, made_at, expires_at, received_at, due_at)
       values ($1, $2, $3, $4, 'app', $2, $5, $6, 'pending', now(), now(), now(), now())`,
      [orgId, randomUUID(), projectId, sourceId, sha256, sealed],
    );
    unwrap(await createResealSecrets({ vault: rotated, secrets })(never, () => undefined));
    assert.deepEqual(await opened(afterwards), ["a token", "signing of one"]);
  });

  it("an interrupted run has done what it has done, and the next one goes on", async () => {
    await fill("one", 150);
    const stopping = new AbortController();
    const first = unwrap(
      await createResealSecrets({ vault: rotated, secrets })(stopping.signal, () => stopping.abort()),
    );
    assert.deepEqual(first, { resealed: 200, leftAlone: 0, interrupted: true });
    assert.deepEqual(await counted(rotated), { current: 200, old: 101, unreadable: 0 });
    const texts = await opened(rotated);
    assert.ok(texts.every((text) => text !== null));
    const second = unwrap(await createResealSecrets({ vault: rotated, secrets })(never, () => undefined));
    assert.deepEqual(second, { resealed: 101, leftAlone: 0, interrupted: false });
    assert.deepEqual(await opened(afterwards), texts);
  });

  it("one that no key here opens stays as it is, and is counted", async () => {
    const stranger = await openVault({ key: randomBytes(32) });
    await fill("one", 1, stranger);
    const tenant = await fill("two", 1);
    // Moved from its row to another: the key is known, the place is not its own.
    const [integration] = unwrap(await tenantStore.integrations(tenant.orgId));
    await database.query("update integrations set integration_id = $1 where integration_id = $2", [
      randomUUID(),
      integration?.id,
    ]);
    const done = unwrap(await createResealSecrets({ vault: rotated, secrets })(never, () => undefined));
    assert.equal(done.resealed, 1);
    assert.deepEqual(await counted(rotated), { current: 1, old: 2, unreadable: 3 });
  });

  it("what was changed meanwhile is left alone", async () => {
    const tenant = await fill("one", 1);
    const [row] = (await allRows()).filter(({ table }) => table === "integrations");
    assert.ok(row);
    const sealed = { access_token: await rotated.seal("newer", { ...row, column: "access_token" }) };
    unwrap(await tenantStore.replaceIntegrationSecrets(ownerOf(tenant), row.id, sealed, 1));
    const replaced = await secrets.replace(row.orgId, [{ from: row, to: row }]);
    assert.deepEqual(unwrap(replaced), new Set());
    assert.deepEqual(unwrap(await tenantStore.integrations(tenant.orgId))[0]?.sealedSecrets, sealed);
  });

  it("is nobody's to change under another organisation's id", async () => {
    await fill("one", 1);
    const other = await fill("two", 1);
    const [row] = (await allRows()).filter(({ orgId, table }) => orgId !== other.orgId && table === "integrations");
    assert.ok(row);
    assert.deepEqual(
      unwrap(await secrets.replace(other.orgId, [{ from: row, to: { ...row, sealed: {} } }])),
      new Set(),
    );
  });

  it("one works on the keys at a time, and the turn comes back", async () => {
    const turn = unwrap(await secrets.takeTurn());
    assert.ok(turn);
    assert.equal(unwrap(await secrets.takeTurn()), null);
    await turn.end();
    const next = unwrap(await secrets.takeTurn());
    assert.ok(next);
    await next.end();
  });
});
