import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openSeededRandom } from "../../../adapters/memory/random.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { mergeMetrics } from "../../../adapters/system/merge-metrics.ts";
import { openSystemRandom } from "../../../adapters/system/random.ts";
import { openTelemetry } from "../../../adapters/system/telemetry.ts";
import { word } from "../../../ports/telemetry.ts";
import { clockSuite } from "../../contracts/clock.ts";

clockSuite("system", () => {
  const clock = openSystemClock();
  return { clock, pass: (ms) => clock.sleep(ms) };
});

clockSuite("virtual", () => {
  const clock = openVirtualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

describe("virtual clock", () => {
  it("wakes sleepers in the order of their alarms, at their own times", async () => {
    const clock = openVirtualClock(0);
    const woken: number[] = [];
    const note = () => woken.push(clock.nowMs());
    clock.sleep(30).then(note);
    clock
      .sleep(10)
      .then(note)
      .then(() => clock.sleep(10))
      .then(note);
    await clock.advance(100);
    assert.deepEqual(woken, [10, 20, 30]);
    assert.equal(clock.nowMs(), 100);
  });
});

const uuidv7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("random", () => {
  for (const [name, open] of [
    ["system", openSystemRandom],
    ["seeded", () => openSeededRandom(7)],
  ] as const) {
    it(`${name}: ids are UUIDv7, distinct, and sort in the order of their making`, () => {
      const random = open();
      const ids = Array.from({ length: 2_000 }, () => random.uuidv7());
      for (const id of ids) assert.match(id, uuidv7Pattern);
      assert.deepEqual([...ids].sort(), ids);
      assert.equal(new Set(ids).size, ids.length);
    });

    it(`${name}: tokens have the length and the characters they should, and use all of them`, () => {
      const random = open();
      assert.equal(random.token(0), "");
      const text = random.token(20_000);
      assert.match(text, /^[0-9A-Za-z]{20000}$/);
      assert.equal(new Set(text).size, 62);
      assert.notEqual(random.token(32), random.token(32));
    });

    it(`${name}: fractions lie in [0, 1)`, () => {
      const random = open();
      const fractions = Array.from({ length: 2_000 }, () => random.fraction());
      assert.ok(fractions.every((f) => f >= 0 && f < 1));
      assert.ok(Math.min(...fractions) < 0.1 && Math.max(...fractions) > 0.9);
    });
  }

  it("the same seed repeats, another does not", () => {
    const draw = (seed: number) => {
      const random = openSeededRandom(seed);
      return [random.uuidv7(), random.token(12), random.fraction()];
    };
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });
});

function openCaptured(format: "json" | "text") {
  const out: string[] = [];
  const err: string[] = [];
  const clock = openVirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const telemetry = openTelemetry({ clock, format, out: (line) => out.push(line), err: (line) => err.push(line) });
  return { out, err, telemetry };
}

describe("telemetry", () => {
  it("a JSON line says when, how bad, what, and the fields; none of them can be overwritten", () => {
    const { out, err, telemetry } = openCaptured("json");
    telemetry.log("info", "listening", { port: 8080, level: word("error"), tls: false, path: null });
    telemetry.log("warn", "two\nlines");
    assert.deepEqual(out, [
      '{"time":"2026-01-02T03:04:05.000Z","level":"info","message":"listening","port":8080,"tls":false,"path":null}\n',
    ]);
    assert.equal(err.length, 1);
    assert.equal(err[0]?.trimEnd().includes("\n"), false);
  });

  it("a readable line is one line, whatever is in it", () => {
    const { out, err, telemetry } = openCaptured("text");
    telemetry.log("info", "listening", { port: 8080, route: word("/v1/{type}") });
    telemetry.log("error", "two\nlines", { code: word('a "b"\nc') });
    assert.deepEqual(out, ["2026-01-02T03:04:05.000Z info  listening port=8080 route=/v1/{type}\n"]);
    assert.deepEqual(err, ['2026-01-02T03:04:05.000Z error two lines code="a \\"b\\"\\nc"\n']);
  });

  it("says a failure once a minute, and how often it happened meanwhile", async () => {
    const clock = openVirtualClock();
    const err: string[] = [];
    const telemetry = openTelemetry({ clock, format: "json", out: () => {}, err: (line) => err.push(line) });
    const fail = (code: string) =>
      telemetry.log("warn", "outbox can't be read", { code: word(code), request_id: word(`r${err.length}`) });
    for (let n = 0; n < 1_000; n += 1) fail("store_unavailable");
    fail("another");
    assert.equal(err.length, 2);
    await clock.advance(60_000);
    fail("store_unavailable");
    assert.equal(err.length, 3);
    assert.equal(JSON.parse(err[2] as string).times, 1_000);
    await clock.advance(60_000);
    fail("store_unavailable");
    assert.equal(JSON.parse(err[3] as string).times, undefined, "what happened once is not counted");
    await clock.advance(-3_600_000);
    fail("store_unavailable");
    assert.equal(err.length, 5, "a clock that was set back silences nothing");
  });

  it("counters, gauges and histograms come out as Prometheus text under the prefix", async () => {
    const { telemetry } = openCaptured("json");
    telemetry.count("accepted_events_total", 3, { dialect: "segment" });
    telemetry.count("accepted_events_total", 2, { dialect: "segment" });
    telemetry.count("starts_total");
    telemetry.gauge("stream_records", 7);
    telemetry.observe("append_seconds", 0.02);
    const text = await telemetry.render();
    assert.match(text, /^tidegate_accepted_events_total\{dialect="segment"\} 5$/m);
    assert.match(text, /^tidegate_starts_total 1$/m);
    assert.match(text, /^tidegate_stream_records 7$/m);
    assert.match(text, /^tidegate_append_seconds_bucket\{le="0\.025"\} 1$/m);
    assert.match(text, /^tidegate_append_seconds_count 1$/m);
  });

  it("labels that a metric did not start with don't break it", async () => {
    const { telemetry } = openCaptured("json");
    telemetry.count("answers_total", 1, { code: "a" });
    telemetry.count("answers_total", 1, { code: "a", extra: "x" });
    telemetry.count("answers_total");
    const text = await telemetry.render();
    assert.match(text, /^tidegate_answers_total\{code="a"\} 2$/m);
    assert.match(text, /^tidegate_answers_total\{code=""\} 1$/m);
  });

  it("a metric has a bounded number of series, and counts the rest together", async () => {
    const { telemetry } = openCaptured("json");
    for (let i = 0; i < 1_500; i += 1) telemetry.count("sources_total", 1, { source: `s${i}` });
    const lines = (await telemetry.render()).split("\n").filter((line) => line.startsWith("tidegate_sources_total{"));
    assert.equal(lines.length, 1_001);
    assert.ok(lines.includes('tidegate_sources_total{source="overflow"} 500'));
  });
});

describe("metrics of several processes", () => {
  it("come as one text in which each family and each series stands once", async () => {
    const [one, other] = [openCaptured("json").telemetry, openCaptured("json").telemetry];
    one.count("answers_total", 3, { code: "a" });
    other.count("answers_total", 2, { code: "a" });
    other.count("answers_total", 1, { code: 'with space "} 7' });
    other.observe("batch_seconds", 0.02);
    const text = mergeMetrics([await one.render(), undefined, await other.render()]);
    assert.match(text, /^tidegate_answers_total\{code="a"\} 5$/m);
    assert.match(text, /^tidegate_answers_total\{code="with space \\"\} 7"\} 1$/m);
    assert.match(text, /^tidegate_batch_seconds_bucket\{le="\+Inf"\} 1$/m);
    assert.deepEqual(repeated(text), []);
    assert.equal(mergeMetrics([text]), text);
  });
});

/** Families and series that stand more than once. */
function repeated(text: string): string[] {
  const names = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(0, line.startsWith("#") ? undefined : line.lastIndexOf(" ")));
  return names.filter((name, index) => names.indexOf(name) !== index);
}
