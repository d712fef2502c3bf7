import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, listEvents, untilSettled } from "./api.ts";
import { needsProcessTable, processesOn } from "./process-table.ts";

const soonMs = 60_000;
const skip = needsProcessTable === undefined ? false : needsProcessTable;

/** The process that answers trials and lists; undefined before it was needed. */
function apartOn({ folder }: TidegateProcess) {
  return processesOn(folder).find(({ command }) => command.includes("--role admin"));
}

describe("trials and lists are answered by a process of their own", { skip }, () => {
  let tidegate: TidegateProcess;
  before(async () => {
    tidegate = await startTidegate();
    const event = { type: "track", event: "Order Completed", userId: "u", messageId: "m-1" };
    assert.equal((await callIngest(tidegate, "/v1/track", event)).status, 200);
    await untilSettled(tidegate, 1);
  });
  after(async () => {
    await tidegate?.dispose();
  });

  it("what it answers is what the admin API promises: pages, faults, ids of requests, roles", async () => {
    assert.ok((await listEvents(tidegate)).items.some(({ messageId }) => messageId === "m-1"));
    assert.ok(apartOn(tidegate));
    const refused = await callAdmin<{ error: { code: string; request_id: string } }>(tidegate, "GET", "/v1/events?x=1");
    assert.deepEqual([refused.status, refused.json.error.code], [422, "invalid_input"]);
    assert.equal(refused.json.error.request_id, refused.headers.get("x-request-id"));
    assert.equal((await callAdmin(tidegate, "HEAD", "/v1/events")).status, 200);
    const trial = "/v1/admin/data-layer/dry-run";
    assert.equal((await callAdmin(tidegate, "POST", trial, "{")).status, 400);
    assert.equal((await callAdmin(tidegate, "POST", trial, { last: 1 })).status, 200);
    const other = await fetch(`${tidegate.credentials.admin_url}/v1/events`);
    assert.equal(other.status, 401);
  });

  it("it ends while nothing is asked of it, and the next request is answered", async () => {
    const running = apartOn(tidegate);
    assert.ok(running);
    process.kill(running.pid, "SIGKILL");
    await waitFor(
      async () => (await callAdmin(tidegate, "GET", "/v1/events")).status === 200,
      soonMs,
      () => "events are not listed again",
    );
    assert.notEqual(apartOn(tidegate)?.pid, running.pid);
  });

  it("it ends with the process that started it", async () => {
    const running = apartOn(tidegate);
    assert.ok(running);
    await tidegate.kill();
    await waitFor(
      async () => apartOn(tidegate) === undefined,
      soonMs,
      () => "it is still there",
    );
  });
});
