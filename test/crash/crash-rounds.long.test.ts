import { describe, it } from "node:test";
import { needsProcessTable } from "../end-to-end/process-table.ts";
import { runCrashRounds } from "./crash-rounds.ts";

const rounds = 150;

describe("SIGKILL, many times over", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  it("loses nothing that was answered 2xx and repeats no effect", async () => {
    const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`TIDEGATE_TEST_SEED=${seed}`);
    await runCrashRounds({ rounds, seed, sendersMax: 12 });
  });
});
