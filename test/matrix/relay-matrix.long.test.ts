import { describe, it } from "node:test";
import { places, playCell } from "./relay-matrix.ts";
import { troublesAmong } from "./relay-troubles.ts";
import { matrixVendors } from "./relay-vendors.ts";

const sizes = [1, 100, 1_000];

for (const vendor of matrixVendors) {
  describe(`the relay before ${vendor.name}, whatever goes wrong there`, () => {
    for (const trouble of troublesAmong(vendor.faultNames)) {
      for (const size of sizes) {
        it(`${trouble.name}, ${size} events: effects of the good, letters of the poison, sound books`, async () => {
          for (const failing of vendor.poisons) {
            for (const place of places) await playCell({ vendor, trouble, size, failing, place });
          }
        });
      }
    }
  });
}
