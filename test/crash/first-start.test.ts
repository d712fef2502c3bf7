import { it } from "node:test";
import { killFirstStarts } from "./first-start.ts";

it("a first start that is killed at any moment is finished by the next one, under the same keys", async () => {
  const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`TIDEGATE_TEST_SEED=${seed}`);
  await killFirstStarts(1, seed);
});
