import { describe, it } from "node:test";
import { needsProcessTable } from "../end-to-end/process-table.ts";
import { runCrashRounds } from "./crash-rounds.ts";
import { killFirstStarts } from "./first-start.ts";

const rounds = 150;
const firstStarts = 40;
const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`TIDEGATE_TEST_SEED=${seed}`);

describe("SIGKILL, many times over", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  it("loses nothing that was answered 2xx and repeats no effect", async () => {
    await runCrashRounds({ rounds, seed, sendersMax: 12 });
  });

  it("a first start that is killed at any moment is finished by the next one, under the same keys", async () => {
    await killFirstStarts(firstStarts, seed);
  });
});
