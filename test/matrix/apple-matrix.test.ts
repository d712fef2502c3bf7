import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultNames } from "../simulators/apple/faults.ts";
import { playAppleCell } from "./apple-matrix.ts";
import { appleTroubles, tokenKinds } from "./apple-rows.ts";
import { places } from "./relay-matrix.ts";

const size = 10;

describe("a slice of the fault matrix of Apple", () => {
  it("has a row for every fault that the simulator can play", () => {
    const played = new Set(appleTroubles.flatMap(({ faults }) => faults));
    assert.deepEqual(
      faultNames.filter((fault) => !played.has(fault)),
      [],
    );
  });

  it("holds for tokens of every kind where nothing goes wrong", async () => {
    const [trouble] = appleTroubles;
    assert.ok(trouble?.name === "nothing");
    for (const kind of tokenKinds) await playAppleCell({ trouble, size, kind, place: "two" });
  });

  it("holds in every trouble with tokens of some kind at some place", async () => {
    for (const [turn, trouble] of appleTroubles.entries()) {
      const kind = tokenKinds[turn % tokenKinds.length];
      const place = places[(turn + Math.floor(turn / tokenKinds.length)) % places.length];
      assert.ok(kind && place);
      await playAppleCell({ trouble, size, kind, place });
    }
  });
});
