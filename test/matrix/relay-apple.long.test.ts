import { describe, it } from "node:test";
import { playAppleCell } from "./apple-matrix.ts";
import { appleTroubles, tokenKinds } from "./apple-rows.ts";
import { places } from "./relay-matrix.ts";

const sizes = [1, 100, 1_000];

describe("tokens before Apple, whatever goes wrong there", () => {
  for (const trouble of appleTroubles) {
    for (const size of sizes) {
      it(`${trouble.name}, ${size} tokens: each at its end once, with its own ad or with its reason`, async () => {
        for (const kind of tokenKinds) {
          for (const place of places) await playAppleCell({ trouble, size, kind, place });
        }
      });
    }
  }
});
