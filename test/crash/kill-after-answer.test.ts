import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { callIngest, connectMeta, isBalanced, sentEvents, untilSettled } from "../end-to-end/api.ts";
import { needsProcessTable } from "../end-to-end/process-table.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { runCrashRounds } from "./crash-rounds.ts";

const batchEvents = 25;
const copies = 5;

describe("one effect", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    await connectMeta(tidegate);
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  it("a batch sent five times at once is stored once and relayed once, and the copies are counted", async () => {
    const batch = Array.from({ length: batchEvents }, (_, index) => ({
      type: "track",
      event: "Order Completed",
      userId: "user-1",
      messageId: `copied-${index}`,
    }));
    const answers = await Promise.all(
      Array.from({ length: copies }, () => callIngest(tidegate, "/v1/batch", { batch })),
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      Array(copies).fill(200),
    );
    const ledger = await untilSettled(tidegate, batchEvents * copies);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.equal(ledger.sources[0]?.stored, batchEvents);
    assert.equal(ledger.sources[0]?.duplicate, batchEvents * (copies - 1));
    const ids = batch.map((event) => event.messageId).sort();
    assert.deepEqual((await sentEvents(tidegate)).map((event) => event.messageId).sort(), ids);
    assert.equal(simulator.counts().received, batchEvents, "each event was sent to the vendor once");
    assert.deepEqual(
      simulator
        .effectiveEvents()
        .map((event) => event["event_id"])
        .sort(),
      ids,
    );
  });

  it("an event repeated within one batch is stored once", async () => {
    const event = { type: "track", event: "Order Completed", userId: "user-1", messageId: "repeated" };
    const answer = await callIngest(tidegate, "/v1/batch", { batch: [event, event, event] });
    assert.equal(answer.status, 200);
    const ledger = await untilSettled(tidegate, batchEvents * copies + 3);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    const repeated = (await sentEvents(tidegate)).filter(({ messageId }) => messageId === "repeated");
    assert.equal(repeated.length, 1);
  });
});

describe("SIGKILL right after the answer", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  it("loses nothing that was answered 2xx and repeats no effect, whichever process is killed", async () => {
    const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`TIDEGATE_TEST_SEED=${seed}`);
    await runCrashRounds({ rounds: 6, seed, sendersMax: 6 });
  });
});
