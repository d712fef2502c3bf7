import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { places, playCell } from "./relay-matrix.ts";
import { troubles, troublesAmong } from "./relay-troubles.ts";
import { matrixVendors } from "./relay-vendors.ts";

const size = 20;

for (const vendor of matrixVendors) {
  describe(`a slice of the fault matrix of ${vendor.name}`, () => {
    it("has a row for every fault that the simulator can play", () => {
      const played = new Set(troubles.flatMap(({ faults }) => faults));
      assert.deepEqual(
        vendor.faultNames.filter((fault) => !played.has(fault)),
        [],
      );
    });

    it("holds in every trouble with poison of some kind at some place", async () => {
      let turn = 0;
      for (const trouble of troublesAmong(vendor.faultNames)) {
        const place = places[turn % places.length] ?? "none";
        const failing = vendor.poisons[turn % vendor.poisons.length];
        assert.ok(failing);
        await playCell({ vendor, trouble, size, failing, place });
        turn += 1;
      }
    });
  });
}
