import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import type { PasswordHasher } from "../../ports/password-hasher.ts";
import { codeOf, unwrap } from "./results.ts";

/** More than any hasher takes at once. */
const floodCalls = 60;

/** The promises of ports/password-hasher.ts, run against one adapter. */
export function passwordHasherSuite(name: string, hasher: PasswordHasher): void {
  describe(`password hasher: ${name}`, () => {
    it("a password opens its own hash and no other does", async () => {
      const hash = unwrap(await hasher.hash("correct horse é"));
      assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      assert.equal(hash.includes("horse"), false);
      assert.equal(unwrap(await hasher.verify("correct horse é", hash)), true);
      for (const wrong of ["correct horse e", "", `correct horse é\0`]) {
        assert.equal(unwrap(await hasher.verify(wrong, hash)), false);
      }
      assert.notEqual(unwrap(await hasher.hash("correct horse é")), hash);
    });

    it("without a hash, or with one that is none, the answer is no and takes as much work", async () => {
      const hash = unwrap(await hasher.hash("x"));
      // Of the processor, in all threads: what else runs on the machine does not count.
      const timeOf = async (kept: string | null) => {
        const before = process.cpuUsage();
        assert.equal(unwrap(await hasher.verify("guess", kept)), false);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1_000;
      };
      const rounds = [1, 2, 3, 4, 5];
      const fastest = async (kept: string | null) => {
        let ms = Number.POSITIVE_INFINITY;
        for (const _ of rounds) ms = Math.min(ms, await timeOf(kept));
        return ms;
      };
      const [known, none, broken] = [await fastest(hash), await fastest(null), await fastest("$argon2id$broken")];
      // Without the work it is a thousandth; on a busy machine any of them may take a few times as long.
      assert.ok(none > known / 8 && broken > known / 8, `${none} and ${broken} ms where a hash takes ${known} ms`);
    });

    it("a flood is refused past a bound, and those before it are answered", async () => {
      const answers = await Promise.all(Array.from({ length: floodCalls }, () => hasher.verify("x", null)));
      const codes = answers.map(codeOf);
      assert.ok(codes.includes("ok") && codes.includes("hashing_full"));
      assert.equal(codeOf(await hasher.verify("x", null)), "ok");
    });
  });
}
