import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import type { SecretPlace, Vault } from "../../ports/vault.ts";

const place: SecretPlace = { orgId: "org-1", table: "integrations", column: "access_token", id: "id-1" };
const secret = "EAAB-token \u{1f30a} with text";

function opensAs(value: string) {
  return { ok: true, value };
}

async function refuses(vault: Vault, sealed: string, at: SecretPlace = place): Promise<void> {
  const opened = await vault.open(sealed as SealedSecret, at);
  assert.equal(opened.ok, false);
  assert.equal(opened.ok ? "" : opened.failure.code, "secret_unreadable");
  assert.equal(opened.ok ? "" : opened.failure.retry, "never");
}

/** The promises of ports/vault.ts, run against one adapter. Every call of `open` gives a vault with a new key. */
export function vaultSuite(name: string, open: () => Promise<Vault>): void {
  describe(`vault: ${name}`, () => {
    it("opens what it sealed, the empty secret and a long one too", async () => {
      const vault = await open();
      for (const text of [secret, "", "x".repeat(100_000)]) {
        assert.deepEqual(await vault.open(await vault.seal(text, place), place), opensAs(text));
      }
    });

    it("what is sealed shows nothing of the secret and is never twice the same", async () => {
      const vault = await open();
      const [first, second] = [await vault.seal(secret, place), await vault.seal(secret, place)];
      assert.notEqual(first, second);
      assert.equal(first.includes(secret.slice(0, 8)), false);
      assert.match(first, /^v1\./);
    });

    it("a sealed secret opens in its own place only", async () => {
      const vault = await open();
      const sealed = await vault.seal(secret, place);
      for (const part of ["orgId", "table", "column", "id"] as const) {
        await refuses(vault, sealed, { ...place, [part]: "another" });
      }
      await refuses(vault, sealed, { ...place, table: `${place.table},${place.column}`, column: "" });
    });

    it("another vault's key does not open it", async () => {
      const sealed = await (await open()).seal(secret, place);
      await refuses(await open(), sealed);
    });

    it("a changed character anywhere makes it unreadable", async () => {
      const vault = await open();
      const sealed = await vault.seal("short", place);
      for (let at = 0; at < sealed.length; at += 1) {
        const other = sealed[at] === "A" ? "B" : "A";
        await refuses(vault, sealed.slice(0, at) + other + sealed.slice(at + 1));
      }
    });

    it("what is no sealed secret is unreadable and throws nothing", async () => {
      const vault = await open();
      const [version, keyId] = (await vault.seal(secret, place)).split(".");
      const texts = ["", "v1", "v1.", "v1..", `v2.${keyId}.AAAA`, `${version}.${keyId}.`, `${version}.${keyId}.AAAA`];
      for (const text of [...texts, secret, `${version}.${keyId}.${"A".repeat(60)}.x`]) await refuses(vault, text);
    });
  });
}
