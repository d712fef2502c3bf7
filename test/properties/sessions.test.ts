import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { defaultDataLayer } from "../../domain/data-layer/configuration.ts";
import type { RecordToStore } from "../../domain/model/event/stored-event.ts";
import { advance, type Session, sessionSettingsOf } from "../../domain/model/session.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import { openTestDatabase } from "../adapters/postgres/server.ts";
import { newEvent, newRecord, receivedAtMs as nowMs } from "../contracts/events/records.ts";
import { unwrap } from "../contracts/results.ts";
import { newTenant, ownerOf } from "../contracts/tenants.ts";
import { type ModelEvent, openSessionModel } from "./session-model.ts";

const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const pureRuns = Number(process.env["PROPERTY_RUNS"] ?? 1_000);
const storedRuns = Number(process.env["PROPERTY_STORED_RUNS"] ?? 25);
const minuteMs = 60_000;
const sessionsMax = 500;
const killsMax = 8;
const killEveryMs = 40;

console.log(`session properties: PROPERTY_SEED=${seed}`);

/** Version 1 and 2 of the data layer of every tenant here: the second one times out sooner and lasts longer. */
const sections = [
  { ...defaultDataLayer.session, timeout_minutes: 30, max_duration_hours: 1 },
  { ...defaultDataLayer.session, timeout_minutes: 7, max_duration_hours: 2, track_session_end: false },
] as const;
const settingsOf = (version: number) => sessionSettingsOf(sections[version - 1] as (typeof sections)[number]);

/** One event: a step of receipt, then how late it came. Units: minutes. */
const eventPlan = fc.record({
  visitor: fc.constantFrom("a", "b", "c"),
  waited: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }) }, fc.integer({ min: 0, max: 70 })),
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 150 })),
  version: fc.constantFrom(1, 1, 2),
  type: fc.constantFrom("track" as const, "page" as const, "track" as const, "group" as const),
  /** Not 0: the messageId of the event that many before. */
  repeats: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
  /** What happens after it: the batch is stored; that twice over; and all that is due is swept. */
  next: fc.constantFrom("none" as const, "none" as const, "store" as const, "crash" as const, "sweep" as const),
});
type EventPlan = typeof eventPlan extends fc.Arbitrary<infer T> ? T : never;

interface PlannedEvent extends ModelEvent {
  readonly plan: EventPlan;
}

/** Gives each planned event its times; the last one is received just before now. */
function timed(plans: readonly EventPlan[]): PlannedEvent[] {
  const totalMs = plans.reduce((sum, plan) => sum + plan.waited, 0) * minuteMs;
  const ids: string[] = [];
  let receivedAtMs = nowMs - totalMs;
  return plans.map((plan, n) => {
    receivedAtMs += plan.waited * minuteMs;
    const messageId = ids[n - plan.repeats] ?? `m${n}`;
    ids.push(messageId);
    const timestampMs = receivedAtMs - plan.late * minuteMs;
    return { plan, messageId, visitor: plan.visitor, timestampMs, receivedAtMs, active: plan.type !== "group" };
  });
}

const plans = fc.array(eventPlan, { minLength: 1, maxLength: 60 });

describe("the rule of sessions", () => {
  it("agrees with a straightforward model, whatever comes in whatever order", () => {
    fc.assert(
      fc.property(plans, (list) => {
        const model = openSessionModel();
        const known = new Map<string, Session[]>();
        for (const event of timed(list).filter(({ plan }) => plan.type !== "group" && plan.repeats === 0)) {
          const settings = settingsOf(event.plan.version);
          model.take(event, settings);
          const own = known.get(event.visitor) ?? [];
          const activity = { ...event, dataLayerVersion: event.plan.version };
          const { session } = advance(own, activity, settings, () => event.messageId);
          const others = own.filter(({ id }) => id !== session.id);
          known.set(
            event.visitor,
            [...others, session].sort((a, b) => a.startedAtMs - b.startedAtMs),
          );
          if (event.plan.next !== "sweep") continue;
          model.sweep(event.receivedAtMs);
          for (const [visitor, sessions] of known) {
            const swept = sessions.map((s) => ({ ...s, ended: s.ended || s.dueAtMs <= event.receivedAtMs }));
            known.set(visitor, swept);
          }
        }
        const found = [...known].sort(([a], [b]) => a.localeCompare(b)).flatMap(([, sessions]) => sessions);
        const bare = found.map(({ id: _, dataLayerVersion: __, ...session }) => session);
        const told = model.sessions().map(({ visitor: _, members: __, ...session }) => session);
        assert.deepEqual(bare, told);
      }),
      { numRuns: pureRuns, seed },
    );
  });

  it("keeps a visitor's sessions apart, each within its longest duration", () => {
    fc.assert(
      fc.property(plans, (list) => {
        let sessions: Session[] = [];
        const settings = settingsOf(1);
        for (const event of timed(list)) {
          const before = sessions;
          const step = advance(sessions, { ...event, dataLayerVersion: 1 }, settings, () => `${sessions.length}`);
          sessions = [...sessions.filter(({ id }) => id !== step.session.id), step.session];
          sessions.sort((a, b) => a.startedAtMs - b.startedAtMs);
          assert.equal(sessions.length, before.length + (step.kind === "opened" ? 1 : 0));
          for (const old of before) {
            const now = sessions.find(({ id }) => id === old.id);
            assert.equal(now?.startedAtMs, old.startedAtMs);
            assert.ok((now?.endsAtMs ?? 0) >= old.endsAtMs, "a session got shorter");
          }
        }
        sessions.forEach((session, n) => {
          assert.ok(session.endsAtMs - session.startedAtMs <= settings.durationMsMax);
          assert.ok(session.lastAtMs < (sessions[n + 1]?.startedAtMs ?? Number.POSITIVE_INFINITY));
        });
      }),
      { numRuns: pureRuns, seed },
    );
  });
});

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

async function addTenant(): Promise<FirstTenant> {
  const { addTenant: add, store } = database;
  const tenant = newTenant("Acme", { ...defaultDataLayer, session: sections[0] });
  await add(tenant);
  unwrap(await store.tenantStore.putDataLayer(ownerOf(tenant), { ...defaultDataLayer, session: sections[1] }, null));
  return tenant;
}

function recordOf(tenant: FirstTenant, { plan, messageId, visitor, timestampMs, receivedAtMs }: PlannedEvent) {
  const event = newEvent({ messageId, type: plan.type, userId: null, anonymousId: visitor, timestampMs });
  return newRecord(tenant, [event], { receivedAtMs, dataLayerVersion: plan.version });
}

async function store(records: readonly RecordToStore[]): Promise<void> {
  if (records.length > 0) unwrap(await database.store.eventStore.storeRecords(records, () => false));
}

async function sweep(dueBeforeMs: number, atMs = nowMs): Promise<number> {
  const bounds = { dueBeforeMs, nowMs: atMs, sessionsMax };
  return unwrap(await database.store.sessionStore.endDue(bounds, () => false)).ended;
}

/** A tenant's sessions as they are stored, with the ids of their events and how often their start and end are told. */
async function storedSessions(tenant: FirstTenant) {
  const rows = await database.query(
    `select s.visitor_id as visitor, s.session_id, date_part('epoch', s.started_at) * 1000 as started,
      date_part('epoch', s.last_at) * 1000 as last, date_part('epoch', s.ends_at) * 1000 as ends,
      date_part('epoch', s.due_at) * 1000 as due, s.events, s.ended_at is not null as ended, s.data_layer_version,
      array(
        select e.message_id from sdk_events e where e.org_id = s.org_id and e.session_id = s.session_id
          and coalesce(e.name, '') not like 'Session %' order by 1
      ) as members,
      array(
        select e.name || ' ' || (date_part('epoch', e.timestamp) * 1000)::bigint || ' '
          || coalesce(e.properties::text, '{}')
        from sdk_events e where e.org_id = s.org_id and e.session_id = s.session_id
          and e.name like 'Session %' order by 1 desc
      ) as told
    from sessions s where s.org_id = $1 order by visitor, started`,
    [tenant.orgId],
  );
  return rows;
}

type StoredSession = Awaited<ReturnType<typeof storedSessions>>[number];

/** What must have been told of a session: its start once, its end once if it is over and its version wants it told. */
function toldOf(row: StoredSession): string[] {
  const duration = (row["last"] - row["started"]) / 1_000;
  const properties = `{"event_count": ${row["events"]}, "duration_seconds": ${duration}}`;
  const ended = row["ended"] && row["data_layer_version"] === 1;
  return [`Session Started ${row["started"]} {}`, ...(ended ? [`Session Ended ${row["ends"]} ${properties}`] : [])];
}

describe("sessions in the store", () => {
  it("are those of a straightforward model for any batching, duplicates, sweeps and crashes between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(eventPlan, { minLength: 5, maxLength: 40 }), async (list) => {
        const tenant = await addTenant();
        const model = openSessionModel();
        let batch: RecordToStore[] = [];
        for (const event of timed(list)) {
          model.take(event, settingsOf(event.plan.version));
          batch.push(recordOf(tenant, event));
          if (event.plan.next === "none") continue;
          await store(batch);
          // A crash between the commit and its acknowledgement: the stream gives the same records again.
          if (event.plan.next === "crash") await store(batch);
          else batch = [];
          if (event.plan.next !== "sweep") continue;
          model.sweep(event.receivedAtMs);
          await sweep(event.receivedAtMs);
        }
        await store(batch);
        const rows = await storedSessions(tenant);
        assert.deepEqual(
          rows.map((r) => [r["visitor"], r["started"], r["last"], r["ends"], r["due"], r["events"], r["ended"]]),
          model.sessions().map((s) => [s.visitor, s.startedAtMs, s.lastAtMs, s.endsAtMs, s.dueAtMs, s.events, s.ended]),
        );
        const members = model.sessions().map((session) => [...session.members].sort());
        assert.deepEqual(
          rows.map((row) => row["members"]),
          members,
        );
        for (const row of rows) assert.deepEqual(row["told"], toldOf(row));
      }),
      { numRuns: storedRuns, seed },
    );
  });

  it("stay whole when processes store a visitor's events and sweep at once, and are killed meanwhile", async () => {
    const { store: opened, query } = database;
    const tenant = await addTenant();
    const startMs = nowMs - 600 * minuteMs;
    const sendings = Array.from({ length: 40 }, (_, n) =>
      Array.from({ length: 5 }, (_, m) => {
        const timestampMs = startMs + ((n * 37 + m * 11) % 500) * minuteMs;
        const event = newEvent({ userId: null, anonymousId: `v${(n + m) % 3}`, timestampMs });
        return newRecord(tenant, [event], { receivedAtMs: nowMs });
      }),
    );
    const killing = (async () => {
      for (let kills = 0; kills < killsMax; kills += 1) {
        await new Promise((resolve) => setTimeout(resolve, killEveryMs));
        await query(
          `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and usename = 'tidegate_pipeline' and state <> 'idle' limit 1`,
        );
      }
    })();
    const work = async (worker: number) => {
      for (let n = worker; n < sendings.length; n += 4) {
        const records = sendings[n] as RecordToStore[];
        while (!(await opened.eventStore.storeRecords(records, () => false)).ok);
        await opened.sessionStore.endDue({ dueBeforeMs: nowMs - 60 * minuteMs, nowMs, sessionsMax: 3 }, () => false);
      }
    };
    await Promise.all([0, 1, 2, 3].map(work));
    await killing;
    await Promise.all([1, 2, 3].map(() => sweep(nowMs + 600 * minuteMs, nowMs + 600 * minuteMs)));
    const rows = await storedSessions(tenant);
    assert.equal(
      rows.reduce((sum, row) => sum + row["members"].length, 0),
      200,
      "each event is in one session",
    );
    rows.forEach((row, n) => {
      const next = rows[n + 1];
      assert.deepEqual([row["ended"], row["told"], row["events"]], [true, toldOf(row), row["members"].length]);
      assert.ok(row["visitor"] !== next?.["visitor"] || row["last"] < next?.["started"], "sessions overlap");
    });
    assert.equal(new Set(rows.map((row) => row["session_id"])).size, rows.length);
  });

  it("have ids of their own also where a messageId is used again after its dedup window", async () => {
    const tenant = await addTenant();
    const minutes = [-300, 0, 0, -300];
    for (const late of minutes) {
      const event = newEvent({ messageId: "again", userId: "u", timestampMs: nowMs + late * minuteMs });
      await store([newRecord(tenant, [event], { receivedAtMs: nowMs })]);
      await database.query("delete from event_keys where org_id = $1", [tenant.orgId]);
    }
    const rows = await storedSessions(tenant);
    assert.deepEqual(
      rows.map((row) => [row["started"], row["events"]]),
      [
        [nowMs - 300 * minuteMs, 2],
        [nowMs, 2],
      ],
    );
  });

  it("are forgotten with their visitors when their retention has passed, and not before", async () => {
    const tenant = await addTenant();
    const visitors = ["gone", "kept", "open"];
    const events = visitors.map((anonymousId) => newEvent({ userId: null, anonymousId }));
    await store([newRecord(tenant, events, { receivedAtMs: nowMs })]);
    const age = (visitor: string, days: number, ended: string) =>
      database.query(
        `with seen as (
          update session_visitors set seen_at = now() - make_interval(days => $3) where org_id = $1 and visitor_id = $2
        )
        update sessions set ended_at = ${ended} where org_id = $1 and visitor_id = $2`,
        [tenant.orgId, visitor, days],
      );
    await age("gone", 401, "now() - make_interval(days => $3)");
    await age("kept", 399, "now() - make_interval(days => $3)");
    await age("open", 401, "null");
    unwrap(await database.store.maintain());
    for (const table of ["sessions", "session_visitors"]) {
      const text = `select visitor_id from ${table} where org_id = $1 order by 1`;
      const rows = await database.query(text, [tenant.orgId]);
      assert.deepEqual(
        rows.map((row) => row["visitor_id"]),
        ["kept", "open"],
      );
    }
    const short = database.query("select prune_sessions(now() - interval '29 days', 10)");
    await assert.rejects(short, { code: "23514" });
  });

  it("of many tenants end once each, however many processes sweep at once", async () => {
    const { store: opened, query } = database;
    const atMs = nowMs + 600 * minuteMs;
    await sweep(atMs, atMs);
    const tenants = await Promise.all([addTenant(), addTenant(), addTenant()]);
    const records = tenants.flatMap((tenant) =>
      Array.from({ length: 40 }, (_, n) =>
        newRecord(tenant, [newEvent({ userId: `u${n}`, messageId: randomUUID() })], { receivedAtMs: nowMs }),
      ),
    );
    await store(records);
    const sweeps = Array.from({ length: 16 }, () =>
      opened.sessionStore.endDue({ dueBeforeMs: atMs, nowMs: atMs, sessionsMax: 25 }, () => false),
    );
    const first = (await Promise.all(sweeps)).map(unwrap).reduce((sum, swept) => sum + swept.ended, 0);
    let rest = 0;
    for (let ended = -1; ended !== 0; rest += ended) ended = await sweep(atMs, atMs);
    assert.equal(first + rest, 120);
    const told = await query<{ n: number; ids: number }>(
      `select count(*)::int as n, count(distinct session_id)::int as ids from sdk_events
      where name = 'Session Ended' and org_id = any ($1::uuid[])`,
      [tenants.map((tenant) => tenant.orgId)],
    );
    assert.deepEqual(told, [{ n: 120, ids: 120 }]);
  });
});
