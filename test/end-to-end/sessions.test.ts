import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import {
  allEvents,
  callAdmin,
  callIngest,
  connectMeta,
  isBalanced,
  listEvents,
  type ShownEvent,
  untilSettled,
} from "./api.ts";
import { asSuperuser } from "./database.ts";

const minuteMs = 60_000;
const timeoutMs = 30 * minuteMs;
const endedMaxMs = 60_000;

/** Lets every session's visitor have been away for a day: what is due has been for long. */
async function letTimePass(tidegate: TidegateProcess): Promise<void> {
  await asSuperuser(tidegate, (client) =>
    client.query(
      `update tidegate.sessions set started_at = started_at - interval '1 day', last_at = last_at - interval '1 day',
        ends_at = ends_at - interval '1 day', due_at = due_at - interval '1 day', sweep_at = sweep_at - interval '1 day'
      where ended_at is null`,
    ),
  );
}

/** Sends one event of a visitor. */
async function visit(tidegate: TidegateProcess, event: string, rest: Readonly<Record<string, unknown>>) {
  const sent = await callIngest(tidegate, "/v1/track", { event, anonymousId: "visitor", ...rest });
  assert.equal(sent.status, 200, sent.text);
}

async function untilEnded(tidegate: TidegateProcess, sessions: number): Promise<ShownEvent[]> {
  let ends: readonly ShownEvent[] = [];
  await waitFor(
    async () => {
      ends = (await listEvents(tidegate, "?event_names=Session%20Ended")).items;
      return ends.length >= sessions;
    },
    endedMaxMs,
    () => `${ends.length} of ${sessions} sessions ended\n${tidegate.output()}`,
  );
  return [...ends];
}

describe("sessions, from the sender to Meta", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    await connectMeta(tidegate, { event_map: { "Session Started": "VisitStarted", "Product Viewed": "ViewContent" } });
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  it("events show their session, which a start opens and an end closes, told by the time of the events", async () => {
    const firstMs = Date.now() - 10 * minuteMs;
    const at = (minutes: number) => new Date(firstMs + minutes * minuteMs).toISOString();
    await visit(tidegate, "Product Viewed", { timestamp: at(0), messageId: "first", traits: { email: "a@b.example" } });
    await visit(tidegate, "Product Viewed", { timestamp: at(6), messageId: "second" });
    await visit(tidegate, "Product Viewed", { timestamp: at(-200), messageId: "earlier" });
    await visit(tidegate, "Product Viewed", { timestamp: at(4), messageId: "late" });
    await visit(tidegate, "Product Viewed", { timestamp: at(4), messageId: "late" });
    await untilSettled(tidegate, 5);
    const events = await allEvents(tidegate);
    const sessionOf = new Map(events.map((event) => [event.messageId, event.sessionId]));
    assert.ok(sessionOf.get("first"));
    assert.deepEqual(
      [sessionOf.get("second"), sessionOf.get("late")],
      [sessionOf.get("first"), sessionOf.get("first")],
    );
    assert.notEqual(sessionOf.get("earlier"), sessionOf.get("first"));
    const starts = events.filter(({ event }) => event === "Session Started");
    assert.deepEqual(starts.map((start) => start.timestamp).sort(), [at(-200), at(0)]);
    await letTimePass(tidegate);
    const ends = await untilEnded(tidegate, 2);
    const end = ends.find(({ sessionId }) => sessionId === sessionOf.get("first"));
    assert.deepEqual(end?.properties, { duration_seconds: 360, event_count: 3 });
    assert.equal(Date.parse(end?.timestamp ?? ""), firstMs + 6 * minuteMs + timeoutMs - 24 * 60 * minuteMs);
  });

  it("books balance: what Tidegate adds is no sender's, and relayed only where the integration names it", async () => {
    const ledger = await untilSettled(tidegate, 5);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.deepEqual([ledger.sources[0]?.stored, ledger.sources[0]?.duplicate], [4, 1]);
    await waitFor(
      () => simulator.effectiveEvents().length >= 6,
      endedMaxMs,
      () => JSON.stringify(simulator.findings()),
    );
    const names = simulator.effectiveEvents().map((event) => event["event_name"]);
    assert.deepEqual(names.sort(), [...Array(4).fill("ViewContent"), "VisitStarted", "VisitStarted"]);
    assert.deepEqual(simulator.findings(), []);
  });

  it("an ended session stays ended over a restart; what is switched off is not told of the next event", async () => {
    await tidegate.stop();
    await tidegate.restart();
    const quiet = { session: { track_session_start: false, track_session_end: false, timeout_minutes: 1 } };
    assert.equal((await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config: quiet })).status, 200);
    await visit(tidegate, "Product Viewed", { messageId: "quiet", anonymousId: "other" });
    await untilSettled(tidegate, 6);
    await letTimePass(tidegate);
    await waitFor(
      async () => {
        const open = await asSuperuser(tidegate, (client) =>
          client.query("select 1 from tidegate.sessions where ended_at is null"),
        );
        return open.rowCount === 0;
      },
      endedMaxMs,
      () => "the last session did not end",
    );
    const told = (await allEvents(tidegate)).filter(({ event }) => event?.startsWith("Session "));
    assert.equal(told.length, 4);
    assert.ok(isBalanced(await untilSettled(tidegate, 6)));
  });
});
