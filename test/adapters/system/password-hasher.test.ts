import assert from "node:assert/strict";
import { test } from "node:test";
import { openPasswordHasher } from "../../../adapters/system/password-hasher.ts";
import { passwordHasherSuite } from "../../contracts/password-hasher.ts";
import { unwrap } from "../../contracts/results.ts";

const runtimes = openPasswordHasher();
const inWasm = openPasswordHasher({ useNative: false });

passwordHasherSuite("the runtime's", runtimes);
passwordHasherSuite("WebAssembly", inWasm);

test("what one made the other opens", async () => {
  const pairs = [
    [runtimes, inWasm],
    [inWasm, runtimes],
  ] as const;
  for (const [maker, opener] of pairs) {
    const hash = unwrap(await maker.hash("pässword"));
    assert.equal(unwrap(await opener.verify("pässword", hash)), true);
    assert.equal(unwrap(await opener.verify("password", hash)), false);
  }
});
