import assert from "node:assert/strict";
import { type TidegateProcess, waitFor } from "../../tidegate-process.ts";
import { callAdmin } from "../api.ts";
import { needsProcessTable, processesOn } from "../process-table.ts";
import type { Room, Row } from "./room.ts";

/** Trials and lists are answered by a process of their own, so that ingest waits for none (section 7 of the table). */
const soonMs = 60_000;
const trial = "/v1/admin/data-layer/dry-run";
const skip = needsProcessTable;

/** The process that answers trials and lists; undefined before it was needed. */
function apartOn({ folder }: TidegateProcess) {
  return processesOn(folder).find(({ command }) => command.includes("--role admin"));
}

/** The last of them ends the server. */
export const apartRows: readonly Row[] = [
  {
    promise: "what it answers is what the admin API promises: pages, faults, ids of requests, roles",
    skip,
    async look({ admin, tidegate }: Room) {
      assert.equal((await admin("GET", "/v1/events?limit=1", undefined, 200)).json.items.length, 1);
      assert.ok(apartOn(tidegate));
      const refused = await admin("GET", "/v1/events?x=1");
      assert.deepEqual([refused.status, refused.json.error.code], [422, "invalid_input"]);
      assert.equal(refused.json.error.request_id, refused.headers.get("x-request-id"));
      await admin("HEAD", "/v1/events", undefined, 200);
      await admin("POST", trial, "{", 400);
      await admin("POST", trial, { last: 1 }, 200);
      assert.equal((await fetch(`${tidegate.credentials.admin_url}/v1/events`)).status, 401);
    },
  },
  {
    promise: "it ends while nothing is asked of it, and the next request is answered",
    skip,
    async look({ tidegate }) {
      const running = apartOn(tidegate);
      assert.ok(running);
      process.kill(running.pid, "SIGKILL");
      await waitFor(
        async () => (await callAdmin(tidegate, "GET", "/v1/events?limit=1")).status === 200,
        soonMs,
        () => "events are not listed again",
      );
      assert.notEqual(apartOn(tidegate)?.pid, running.pid);
    },
  },
  {
    promise: "it ends with the process that started it",
    skip,
    async look({ tidegate }) {
      assert.ok(apartOn(tidegate));
      await tidegate.kill();
      await waitFor(
        async () => apartOn(tidegate) === undefined,
        soonMs,
        () => "it is still there",
      );
    },
  },
];
