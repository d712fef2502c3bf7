import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openVault } from "../../../adapters/system/vault.ts";
import { addKey, forgetOldKeys } from "../../../adapters/system/vault-key.ts";
import { vaultSuite } from "../../contracts/vault.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-vault-"));
const place = { orgId: "o", table: "t", column: "c", id: "i" };
let files = 0;

function newPath(): string {
  return join(folder, `${(files += 1)}`, "vault.key");
}

function newKey(): string {
  return randomBytes(32).toString("hex");
}

after(() => rmSync(folder, { recursive: true, force: true }));

vaultSuite(
  "with a key file",
  () => openVault({ keyPath: newPath() }),
  async () => {
    const keyPath = newPath();
    const before = await openVault({ keyPath });
    return { before, rotate: () => addKey(keyPath).then(() => openVault({ keyPath })) };
  },
);
vaultSuite(
  "with a given key",
  () => openVault({ key: newKey() }),
  async () => {
    const key = newKey();
    return { before: await openVault({ key }), rotate: () => openVault({ key: newKey(), oldKeys: [newKey(), key] }) };
  },
);

describe("vault key", () => {
  it("is made on the first start, for its owner only, and kept", async () => {
    const keyPath = newPath();
    const sealed = await (await openVault({ keyPath })).seal("secret", place);
    assert.equal(statSync(keyPath).mode & 0o777, 0o600);
    assert.match(readFileSync(keyPath, "utf8"), /^[0-9a-f]{64}\n$/);
    assert.deepEqual(readdirSync(join(keyPath, "..")), ["vault.key"]);
    assert.deepEqual(await (await openVault({ keyPath })).open(sealed, place), { ok: true, value: "secret" });
  });

  it("starts that race for it end with one key", async () => {
    const keyPath = newPath();
    const vaults = await Promise.all(Array.from({ length: 8 }, () => openVault({ keyPath })));
    const sealed = await vaults[0]!.seal("secret", place);
    for (const vault of vaults) assert.deepEqual(await vault.open(sealed, place), { ok: true, value: "secret" });
  });

  it("a file that others may read is refused", async () => {
    const keyPath = newPath();
    await openVault({ keyPath });
    for (const mode of [0o640, 0o604, 0o620, 0o644]) {
      chmodSync(keyPath, mode);
      await assert.rejects(openVault({ keyPath }), /make it 600/);
    }
    chmodSync(keyPath, 0o400);
    await openVault({ keyPath });
  });

  it("a key of the wrong form is refused without showing it", async () => {
    const keyPath = newPath();
    await openVault({ keyPath });
    writeFileSync(keyPath, "half-a-key");
    const refusal = (error: Error) => /64 hexadecimal/.test(error.message) && !error.message.includes("half");
    await assert.rejects(openVault({ keyPath }), refusal);
    await assert.rejects(openVault({ key: "half-a-key" }), refusal);
    await assert.rejects(openVault({ key: new Uint8Array(31) }), refusal);
  });

  it("a rotation beside a running vault is heard of: it opens what the new key sealed, and seals with it", async () => {
    const keyPath = newPath();
    const running = await openVault({ keyPath });
    const old = await running.seal("secret", place);
    await addKey(keyPath);
    const anew = await (await openVault({ keyPath })).seal("secret", place);
    assert.deepEqual(await running.open(anew, place), { ok: true, value: "secret" });
    assert.deepEqual(await running.open(old, place), { ok: true, value: "secret" });
    await addKey(keyPath);
    assert.equal((await openVault({ keyPath })).ageOf(await running.seal("secret", place)), "current");
  });

  it("the file stays its owner's alone through rotations, and old keys go only when they are told to", async () => {
    const keyPath = newPath();
    const old = await (await openVault({ keyPath })).seal("secret", place);
    for (const keys of [2, 3]) {
      await addKey(keyPath);
      assert.equal(statSync(keyPath).mode & 0o777, 0o600);
      assert.equal(readFileSync(keyPath, "utf8").trim().split("\n").length, keys);
    }
    assert.deepEqual(readdirSync(join(keyPath, "..")), ["vault.key"]);
    assert.equal((await openVault({ keyPath })).ageOf(old), "old");
    assert.equal(await forgetOldKeys(keyPath), 2);
    assert.equal(await forgetOldKeys(keyPath), 0);
    assert.equal((await openVault({ keyPath })).ageOf(old), "unknown");
    assert.equal(statSync(keyPath).mode & 0o777, 0o600);
  });

  it("keys that can't be read for a moment leave the known ones at work", async () => {
    const keyPath = newPath();
    const vault = await openVault({ keyPath });
    const sealed = await vault.seal("secret", place);
    writeFileSync(keyPath, "half-a-key");
    assert.deepEqual(await vault.open(await vault.seal("other", place), place), { ok: true, value: "other" });
    assert.deepEqual(await vault.open(sealed, place), { ok: true, value: "secret" });
  });

  it("an old key of the wrong form is refused without showing it", async () => {
    const refusal = (error: Error) => /64 hexadecimal/.test(error.message) && !error.message.includes("half");
    await assert.rejects(openVault({ key: newKey(), oldKeys: ["half-a-key"] }), refusal);
    const keyPath = newPath();
    await openVault({ keyPath });
    writeFileSync(keyPath, "\n");
    await assert.rejects(openVault({ keyPath }), refusal);
  });
});
