import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { botListBytesMax, botListEntriesMax, openBotList, parseBotList } from "../../../adapters/device/bot-list.ts";
import { openDevice, userAgentCharsMax } from "../../../adapters/device/device.ts";
import { createTextFinder } from "../../../adapters/device/text-finder.ts";
import { SeededRandom } from "../../properties/seeded-random.ts";

const encoder = new TextEncoder();
const listOf = (...lines: string[]) => parseBotList(encoder.encode(lines.join("\r\n")));

const list = listOf(
  "# pattern|active|exceptions|one pass|impact|at the start|inactive since",
  "Quietfetch|1||0|2|0|",
  "probe|1|Probe Browser, probelight|1|0|0|",
  "Plainagent/|1||0|1|1|",
  "retired|0||0|2|0|03/23/2017",
  "#commented|1||0|2|0|",
  "",
  "short|1",
);

test("a pattern is found anywhere and in either case, one for the start only there", () => {
  for (const bot of ["quietFETCH/2", "Mozilla/5.0 (QUIETFETCH)", "Plainagent/1", "a short one"]) {
    assert.equal(list(bot), true, bot);
  }
  for (const person of ["Mozilla/5.0", "My Plainagent/1", "quiet fetch", "retired", "commented", ""]) {
    assert.equal(list(person), false, person);
  }
});

test("an exception excuses its own pattern only", () => {
  assert.equal(list("Probe/1"), true);
  assert.equal(list("Probe Browser/1 probe/1"), false);
  assert.equal(list("ProbeLight"), false);
  assert.equal(list("ProbeLight Quietfetch"), true);
});

test("one pattern may have several entries, each with a start and exceptions of its own", () => {
  const twice = listOf("ab|1|x||0|0", "ab|1|||0|1");
  assert.deepEqual(["ab", "x ab", "abx", "y ab"].map(twice), [true, false, true, true]);
});

test("a line that can't be read is named by number, without its text", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["canary", /^line 2: fields/],
    [" |1", /^line 2: the pattern is empty/],
    ["canary|yes", /^line 2: the second field/],
    ["canary|1|||2|x", /^line 2: the sixth field/],
  ];
  for (const [line, message] of cases) {
    assert.throws(
      () => listOf("fine|1", line),
      (error: Error) => message.test(error.message) && !/canary/.test(error.message),
    );
  }
  assert.throws(() => parseBotList(new Uint8Array(botListBytesMax + 1)), /bytes/);
  const lines = Array.from({ length: botListEntriesMax + 1 }, (_, n) => `b${n}|1`);
  assert.throws(() => listOf(...lines), /active entries/);
});

test("a file is read with its path in the error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bots-"));
  try {
    const path = join(folder, "bots.txt");
    writeFileSync(path, "Caf\xe9bot|1\n", "latin1");
    assert.equal((await openBotList(path))("Mozilla (CAF\xc9BOT)"), true);
    writeFileSync(path, "x");
    await assert.rejects(openBotList(path), (error: Error) => error.message.startsWith(`${path}, line 1: `));
    await assert.rejects(openBotList(join(folder, "none.txt")), /ENOENT/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a known bot is one that either list knows", () => {
  const listedOnly = "Mozilla/5.0 (Windows NT 10.0; short) Firefox/120.0";
  const device = openDevice({ botList: list });
  const verdicts = ["Googlebot/2.1", listedOnly, "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Firefox/120.0"];
  assert.deepEqual(
    verdicts.map((userAgent) => device.parse(userAgent).knownBot),
    [true, true, false],
  );
  assert.equal(openDevice().parse(listedOnly).knownBot, false);
});

test("the finder finds what a search for each text finds, however the texts overlap", () => {
  const seed = 20_261_122;
  const random = new SeededRandom(seed);
  const word = (lengthMax: number) =>
    Array.from({ length: 1 + random.below(lengthMax) }, () => "ab"[random.below(2)]).join("");
  for (let round = 0; round < 300; round += 1) {
    const texts = Array.from({ length: 1 + random.below(12) }, () => word(5));
    const text = word(24);
    const found = new Map<number, boolean>();
    createTextFinder(texts).find(text, (index, atStart) => {
      assert.equal(found.has(index), false, `seed ${seed}: told twice`);
      found.set(index, atStart);
    });
    const wanted = texts.flatMap((one, index) => (text.includes(one) ? [[index, text.startsWith(one)] as const] : []));
    assert.deepEqual(
      [...found].sort((a, b) => a[0] - b[0]),
      wanted,
      `seed ${seed}: ${texts} in ${text}`,
    );
  }
});

test("a list made to be slow is not: one User-Agent of full length takes milliseconds", () => {
  const lines = Array.from({ length: 1_000 }, (_, n) => `${"a".repeat(n + 1)}|1|${"a".repeat(n + 1)}`);
  const slow = listOf(...lines);
  const startMs = performance.now();
  for (let n = 0; n < 20; n += 1) assert.equal(slow("a".repeat(userAgentCharsMax)), false);
  assert.ok(performance.now() - startMs < 20_000);
});
