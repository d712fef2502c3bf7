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

/** A vault before its keys were rotated, and the one after, which knows the old key still. */
export interface RotatedVault {
  readonly before: Vault;
  rotate(): Promise<Vault>;
}

/**
 * The promises of ports/vault.ts, run against one adapter. Every call of `open` gives a vault with a new key, every
 * call of `openRotated` one with a key that can be rotated.
 */
export function vaultSuite(name: string, open: () => Promise<Vault>, openRotated: () => Promise<RotatedVault>): void {
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

    it("a secret of another organisation, or of another row of the same one, does not open", async () => {
      const vault = await open();
      const [ours, theirs] = [place, { ...place, orgId: "org-2" }];
      const sealed = await vault.seal(secret, theirs);
      assert.deepEqual(await vault.open(sealed, theirs), opensAs(secret));
      await refuses(vault, sealed, ours);
      await refuses(vault, await vault.seal(secret, { ...ours, id: "id-2" }), ours);
      await refuses(vault, await vault.seal(secret, { ...ours, column: "signing_secret" }), ours);
    });

    it("what an old key sealed still opens, in its own place only, and is known to be old", async () => {
      const { before, rotate } = await openRotated();
      const old = await before.seal(secret, place);
      assert.equal(before.ageOf(old), "current");
      const after = await rotate();
      assert.deepEqual(await after.open(old, place), opensAs(secret));
      assert.equal(after.ageOf(old), "old");
      await refuses(after, old, { ...place, orgId: "org-2" });
      await refuses(after, old, { ...place, id: "id-2" });
    });

    it("the new key seals, and what is sealed anew needs the old one no more", async () => {
      const { before, rotate } = await openRotated();
      const old = await before.seal(secret, place);
      const after = await rotate();
      const opened = await after.open(old, place);
      const anew = await after.seal(opened.ok ? opened.value : "", place);
      assert.equal(after.ageOf(anew), "current");
      assert.notEqual(anew.split(".")[1], old.split(".")[1], "the sealed form names the key");
      assert.deepEqual(await after.open(anew, place), opensAs(secret));
      const keyId = old.split(".")[1] as string;
      await refuses(after, anew.replace(/^v1\.[^.]*/, `v1.${keyId}`));
    });

    it("a key that is not known here has no age, and neither has what is no sealed secret", async () => {
      const vault = await open();
      const foreign = await (await open()).seal(secret, place);
      for (const text of [foreign, "", "v1.", "v2.00000000.AAAA", secret]) {
        assert.equal(vault.ageOf(text as SealedSecret), "unknown");
      }
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
