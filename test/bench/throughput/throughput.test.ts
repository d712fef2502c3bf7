import assert from "node:assert/strict";
import { test } from "node:test";
import { compareStored } from "./books.ts";
import { drawChart } from "./chart.ts";
import { composedLimit } from "./limits/edge-limits.ts";
import { marks } from "./limits/event-texts.ts";
import { messageReader } from "./limits/wire.ts";
import { whyVoid } from "./phases.ts";
import { PlanError, readPlan } from "./plan.ts";
import { delayFrom } from "./relayed.ts";
import type { ThroughputReport } from "./report.ts";
import { eventsOf, fillRequest, makePool, openCrowd, readNumber, writeNumber } from "./request-pool.ts";

const prefix = "tb-test-";
const time = new TextEncoder().encode("2026-12-01T12:00:00.000Z");

test("a load's requests are JSON with ids, people and times of their own, and the same seed makes the same", () => {
  for (const grouping of ["single", 1, 10, 100] as const) {
    const options = { seed: 7, grouping, prefix, dialects: ["segment", "layers", "signed"] } as const;
    const pool = makePool(options);
    if (grouping === 10) assert.deepEqual(makePool(options)[0], pool[0]);
    assert.deepEqual(new Set(pool.map(({ dialect }) => dialect)).size, 3, `${grouping}: all dialects`);
    const crowd = openCrowd(7, 1);
    for (const template of pool.slice(0, 3)) {
      const room = new Uint8Array(template.body.length + 10);
      fillRequest(template, room, 10, { firstMessage: 4_000, crowd, time });
      const text = new TextDecoder().decode(room.subarray(10));
      JSON.parse(text);
      for (const mark of Object.values(marks)) assert.ok(!text.includes(mark), `${grouping}: a mark is left`);
      const ids = [...text.matchAll(new RegExp(`"${prefix}([a-p]{8})"`, "g"))].map(([, id]) =>
        readNumber(id as string),
      );
      assert.deepEqual(
        ids,
        Array.from({ length: eventsOf(grouping) }, (_, at) => 4_000 + at),
      );
    }
  }
});

test("numbers read as they were written", () => {
  const room = new Uint8Array(8);
  for (const number of [0, 1, 15, 16, 123_456_789, 2 ** 31 - 1]) {
    writeNumber(room, 0, number);
    assert.equal(readNumber(new TextDecoder().decode(room)), number);
  }
});

test("an acknowledged event that is not stored is lost, one that is there twice is doubled", () => {
  const acks = [{ firstMessage: 10, events: 3, atMs: 0 }];
  assert.deepEqual(compareStored(acks, [10, 11, 12]), { acknowledged: 3, lost: 0, doubled: 0, unanswered: 0 });
  assert.deepEqual(compareStored(acks, [10, 12, 12, 13]), { acknowledged: 3, lost: 1, doubled: 1, unanswered: 1 });
});

test("a run is void when the generator was late or could not send its schedule", () => {
  const spread = { count: 1, p50: 1, p99: 1, p999: 1, max: 1 };
  const span = (lagMs: number, requests: number, isOverrun = false) => {
    const told = { lag: { ...spread, p99: lagMs }, isOverrun, waiting: 0 };
    return { told, requests, seconds: 1 } as Parameters<typeof whyVoid>[0];
  };
  assert.equal(whyVoid(span(2, 100), 100), null);
  assert.match(whyVoid(span(11, 100), 100) ?? "", /late/);
  assert.match(whyVoid(span(2, 90), 100) ?? "", /90 %/);
  assert.match(whyVoid(span(2, 100, true), 100) ?? "", /fell behind/);
});

test("limits compose as times add up, and delays are taken from their order", () => {
  assert.equal(composedLimit([100, 100]), 50);
  assert.deepEqual(delayFrom([3, 1, 2]), { events: 3, p50: 2, p99: 3, max: 3 });
  assert.deepEqual(delayFrom([]), { events: 0, p50: 0, p99: 0, max: 0 });
});

test("messages of Postgres are told apart however they are cut", () => {
  const bytes = Buffer.from([0x5a, 0, 0, 0, 5, 0x49, 0x43, 0, 0, 0, 4]);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const heard: string[] = [];
    const read = messageReader((tag, payload) => heard.push(`${String.fromCharCode(tag)}${payload.length}`));
    read(bytes.subarray(0, cut));
    read(bytes.subarray(cut));
    assert.deepEqual(heard, ["Z1", "C0"]);
  }
});

test("the command line is read with values beside or behind their names, and what is unknown is refused", () => {
  const plan = readPlan(["--short", "--json", "a.json", "--groupings=single,500", "--flood", "--seed=3"]);
  assert.deepEqual([plan.isShort, plan.jsonPath, plan.groupings, plan.seed], [true, "a.json", ["single", 500], 3]);
  assert.deepEqual(plan.phases, ["acknowledged", "limits", "stored", "relayed", "flood"]);
  for (const wrong of [["--sort"], ["--phases=all"], ["--seconds=0"], ["--json"], ["more"]]) {
    assert.throws(() => readPlan(wrong), PlanError);
  }
});

test("the chart names machine, versions and date, and what it draws ends within its width", () => {
  const limits = { bare_route: 1, kernel: 1, durable_append: 1, composed: 110_018 };
  const measured = {
    acknowledged: [{ grouping: "100", acked_per_second: 35_415, limits }],
    stored: [
      {
        grouping: "100",
        stored_per_second: 5_699,
        cpu_us_per_event: { http: 30, worker: 62, postgres: 115, generator: 6 },
      },
    ],
    store_limits: { events: 1, replay_us: 74, copy_json_us: 15, copy_jsonb_us: 24 },
    relayed: null,
  };
  const machine = { processor: "A <fast> one", processors: 2, memory_gib: 24, system: "Linux 6", load_at_start: 0 };
  const versions = { tidegate: "abc1234", bun: "1.4.5", postgres: "18.4" };
  const report = { machine, versions, date: "2026-12-01T00:00:00.000Z", measured } as unknown as ThroughputReport;
  const svg = drawChart(report);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="760"/);
  for (const words of [
    "A &lt;fast&gt; one",
    "abc1234",
    "bun 1.4.5",
    "18.4",
    "2026-12-01",
    "35,415 (32 % of 110,018)",
  ]) {
    assert.ok(svg.includes(words), words);
  }
  const ends = [...svg.matchAll(/ x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(([, x, w]) => Number(x) + Number(w));
  assert.ok(ends.length > 6 && Math.max(...ends) < 700, String(ends));
});
