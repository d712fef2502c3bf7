import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openVault } from "../../adapters/system/vault.ts";
import { vaultSuite } from "../contracts/vault.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-vault-"));
const place = { orgId: "o", table: "t", column: "c", id: "i" };
let files = 0;

function newPath(): string {
  return join(folder, `${(files += 1)}`, "vault.key");
}

after(() => rmSync(folder, { recursive: true, force: true }));

vaultSuite("with a key file", () => openVault({ keyPath: newPath() }));
vaultSuite("with a given key", () => openVault({ key: randomBytes(32).toString("hex") }));

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
});
