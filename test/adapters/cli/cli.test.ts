import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readLines } from "../../../adapters/cli/lines.ts";
import { createProgress, type Terminal } from "../../../adapters/cli/terminal.ts";
import { runTidegate } from "../../../adapters/cli/tidegate.ts";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { createTrial } from "../../../domain/admin/data-layer/dry-run-trial.ts";
import { createTally } from "../../../domain/admin/data-layer/trial-tally.ts";
import { granted, invalid } from "../../../domain/admin/refusal.ts";
import { checkConfig } from "../../../domain/data-layer/configuration.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import { documentedObject } from "../documented-data-layer.ts";
import { runCli } from "./cli-process.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-cli-"));
after(() => rmSync(folder, { recursive: true }));

const wrongRule = { routing_rules: [{ condition: "exists event and 'Ping'", action: "drop" }] };
const files: Record<string, string> = {
  "layer.json": JSON.stringify(documentedObject),
  "wrong.json": JSON.stringify(wrongRule),
  "broken.json": '{\n  "config": {,\n}',
  "hostile.json": JSON.stringify({
    "\u001b[2J": 1,
    routing_rules: [{ condition: "event == '\u001b]0;x\u0007", action: "drop" }],
  }),
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

const run = (args: string, input: string | Uint8Array = "") => runCli(args.split(" "), input, folder);
const lines = (...events: unknown[]) => `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;

test("the documented data layer is valid: exit code 0", async () => {
  const { code, out, err } = await run("validate layer.json");
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /layer\.json is valid: 2 hashed paths, 2 removed paths, 2 bot patterns, 3 rules/);
  assert.deepEqual(await run("validate - --json", files["layer.json"]), {
    code: 0,
    out: '{"ok":true,"faults":[]}\n',
    err: "",
  });
});

test("a faulty data layer is shown with place, caret and hint: exit code 1", async () => {
  const { code, out } = await run("validate wrong.json");
  assert.equal(code, 1);
  assert.ok(out.includes("    exists event and 'Ping'\n                     ^\n"), out);
  assert.ok(out.includes("hint: Compare it: event == 'Test'"));
  const json = await run("validate wrong.json --json");
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.out).faults[0].path, "config.routing_rules[0].condition");
});

test("warns of a rule on a field that no event has, and takes the file", async () => {
  const layer = JSON.stringify({ routing_rules: [{ condition: "evnt == 'x'", action: "drop" }] });
  const { code, out } = await run("validate -", layer);
  assert.equal(code, 0);
  for (const part of ["1 warning", "config.routing_rules[0].condition", "evnt == 'x'", "Did you mean event?"]) {
    assert.ok(out.includes(part), part);
  }
  const json = JSON.parse((await run("validate - --json", layer)).out);
  assert.deepEqual([json.ok, json.warnings[0].code], [true, "unknown_field"]);
});

test("JavaScript that does not compile is a fault with line and column, beside all others: exit code 1", async () => {
  const custom_js = { enabled: true, code: "function process(event) {\n  return event +;\n}" };
  writeFileSync(join(folder, "js-fault.json"), JSON.stringify({ config: { ...wrongRule, custom_js } }));
  const { code, out } = await run("validate js-fault.json");
  assert.equal(code, 1);
  assert.match(out, /js-fault\.json: 2 faults/);
  assert.match(out, /config\.routing_rules\[0\]\.condition/);
  assert.match(out, /config\.custom_js\.code {2}syntax\n {4} {2}return event \+;\n +\^\n.*line 2, column 17/);
  const off = { custom_js: { ...custom_js, enabled: false } };
  const json = await run("validate - --json", JSON.stringify(off));
  assert.deepEqual([json.code, JSON.parse(json.out).faults[0].code], [1, "syntax"]);
  const works = { custom_js: { enabled: true, code: "const process = (event) => event" } };
  assert.equal((await run("validate -", JSON.stringify(works))).code, 0);
});

test("a text that is no JSON is shown where it stops being one", async () => {
  const { code, out } = await run("validate broken.json");
  assert.equal(code, 1);
  assert.ok(out.includes('      "config": {,\n                 ^\n'), out);
  assert.match(out, /Line 2, column 14/);
});

test("what a file contains can't steer the terminal it is shown on", async () => {
  const { code, out } = await run("validate hostile.json");
  assert.equal(code, 1);
  assert.equal(out.includes("\u001b"), false);
  assert.equal(out.includes("\u0007"), false);
});

test("a command that can't be meant says what would be: exit code 2", async () => {
  const wrong = [
    "",
    "nope",
    "validate",
    "validate a b",
    "validate none.json",
    "validate layer.json --colour",
    "dry-run",
  ];
  const options = ["--config none.json", "--config -", "--config layer.json --kind x", "--config layer.json extra"];
  const all = [...wrong, ...options.map((rest) => `dry-run ${rest}`), "dry-run --config layer.json --calling-code +49"];
  for (const args of all) {
    const terminal = openTerminal("");
    assert.equal(await runOn(terminal, ...args.split(" ").filter((part) => part !== "")), 2, args);
    assert.equal(terminal.out(), "");
    assert.match(terminal.err(), /^tidegate: /, args);
  }
  const help = openTerminal("");
  assert.equal(await runOn(help, "--help"), 0);
  assert.match(help.out(), /Exit codes/);
});

const good = { type: "track", event: "Buy", userId: "u", properties: { credit_card: "4111" } };
const dropped = { type: "track", event: "Internal Test", userId: "u" };

test("a dry run shows each event's fate without server or database; drops are no faults", async () => {
  const { code, out, err } = await run("dry-run --config layer.json", lines(good, dropped));
  assert.equal(code, 0, err);
  assert.deepEqual(out.split("\n"), [
    "pass      line 1  removed properties.credit_card",
    "drop      line 2  routing_rule · rule 0: event == 'Internal Test'",
    "",
  ]);
  assert.equal(err, "2 events: 1 pass, 1 dropped (routing_rule 1), 0 refused, 0 malformed\n");
});

test("with --json a dry run gives every stage and the event as it would be stored, a line each", async () => {
  const { code, out } = await run(
    "dry-run --config layer.json --json",
    `${lines(good)}\n  \nnope\n${lines({ type: "track" }).trim()}`,
  );
  assert.equal(code, 1);
  const [first, second, third] = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(first.output, { type: "track", event: "Buy", userId: "u", properties: {} });
  assert.deepEqual([first.line, first.outcome, first.stages.pii.removed], [1, "pass", ["properties.credit_card"]]);
  assert.deepEqual(second, { line: 4, outcome: "malformed", code: "invalid_json", position: 1 });
  assert.deepEqual([third.line, third.outcome, third.reason], [5, "reject", "event_missing"]);
});

test("a dry run judges the connection it is told of", async () => {
  const event = lines({ type: "track", event: "E", userId: "u", properties: { phone: "0151 12345678" } });
  const bot = openTerminal(event);
  await runOn(bot, "dry-run", "--config", "layer.json", "--kind", "browser", "--user-agent", "health-check/2");
  assert.match(bot.out(), /^drop .* bot_custom_pattern\n$/);
  const phone = openTerminal(event);
  await runOn(phone, "dry-run", "--config", "layer.json", "--calling-code", "49", "--json");
  assert.match(JSON.parse(phone.out()).identity.phone_e164_sha256, /^[0-9a-f]{64}$/);
});

test("colours go to a terminal that takes them", async () => {
  for (const colours of [true, false]) {
    const terminal = openTerminal(lines(good), { colours });
    await runOn(terminal, "dry-run", "--config", "layer.json");
    await runOn(terminal, "validate", "wrong.json");
    assert.equal(terminal.out().includes("\u001b["), colours);
  }
});

test("progress is shown where someone watches and a run is long, and wiped away at its end", () => {
  for (const isWatched of [true, false]) {
    const terminal = openTerminal("", { isWatched, inputBytes: 200 });
    let nowMs = 0;
    const progress = createProgress(terminal, () => nowMs);
    progress.show(10, 1);
    assert.equal(terminal.err(), "");
    nowMs = 1_000;
    progress.show(100, 2_000);
    progress.show(110, 2_001);
    progress.clear();
    const bar = `\r\u001b[K[${"#".repeat(12)}${"-".repeat(12)}] 50%  2,000 events\r\u001b[K`;
    assert.equal(terminal.err(), isWatched ? bar : "");
  }
});

test("lines are cut at any chunk boundary, and one that is too long is skipped without being held", async () => {
  const text = `{"a":"é"}\r\n\n${"x".repeat(40)}\nlast`;
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const found: (string | null)[] = [];
    let doneBytes = 0;
    for await (const line of readLines(chunks(bytes, size), 20)) {
      found.push(line.bytes && new TextDecoder().decode(line.bytes));
      assert.equal(line.number, found.length);
      doneBytes = line.doneBytes;
    }
    assert.deepEqual(found, ['{"a":"é"}', "", null, "last"]);
    assert.ok(doneBytes > bytes.length - 5);
  }
});

test("a long input is run to its end, in the order it came", async () => {
  const events = Array.from({ length: 3_000 }, (_, i) => ({ ...good, messageId: `m-${i + 1}` }));
  const { code, out } = await run("dry-run --config layer.json --json", lines(...events));
  assert.equal(code, 0);
  const found = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(found.length, events.length);
  assert.ok(found.every(({ line, message_id }, i) => line === i + 1 && message_id === `m-${line}`));
});

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface TestTerminal extends Terminal {
  out(): string;
  err(): string;
}

function openTerminal(input: string, rest: Partial<Terminal> = {}): TestTerminal {
  let [out, err] = ["", ""];
  return {
    input: chunks(new TextEncoder().encode(input), 64),
    inputBytes: null,
    inputIsTyped: false,
    write: async (text) => void (out += text),
    note: (text) => void (err += text),
    colours: false,
    isWatched: false,
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error("none"), { code: "ENOENT" });
      return new TextEncoder().encode(text);
    },
    out: () => out,
    err: () => err,
    ...rest,
  };
}

function runOn(terminal: Terminal, ...args: string[]): Promise<number> {
  const kernel = openReferenceKernel();
  const facts = {
    type: null,
    manufacturer: null,
    model: null,
    os: null,
    osVersion: null,
    browser: null,
    browserVersion: null,
  };
  const device = { parse: () => ({ json: null, facts, knownBot: false }) };
  const parts = { kernel, device, geo: { attribution: "", locate: () => null }, limits: defaultLimits };
  return runTidegate(args, terminal, {
    kernel,
    checkLayer: async (config) => {
      const checked = checkConfig(config);
      return checked.ok ? granted(checked.config) : invalid(checked.faults);
    },
    createTally,
    openTrial: async (config, source) => createTrial(parts, config, source),
    openRotation: async () => "no rotation here",
    openScripts: async () => ({ take: async ({ reports }) => reports, close: async () => undefined }),
  });
}

test("an operator's list of bots counts in a dry run, and one that can't be read is told: exit code 2", async () => {
  const quiet = "plain.json";
  writeFileSync(join(folder, quiet), "{}");
  writeFileSync(join(folder, "bots.txt"), "Northwind|1||0|2|0|\n");
  const args = [
    "dry-run",
    "--config",
    quiet,
    "--kind",
    "browser",
    "--user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) Northwind/2",
    "--json",
  ];
  const event = lines({ type: "track", event: "Ping", userId: "u1" });
  const without = await runCli(args, event, folder);
  assert.equal(JSON.parse(without.out).outcome, "pass");
  const listed = await runCli(args, event, folder, { IAB_BOT_LIST: join(folder, "bots.txt") });
  assert.deepEqual([JSON.parse(listed.out).outcome, listed.code], ["drop", 0]);
  const missing = await runCli(args, event, folder, { IAB_BOT_LIST: join(folder, "none.txt") });
  assert.equal(missing.code, 2);
  assert.match(missing.err, /^tidegate: IAB_BOT_LIST can't be used: /);
});

test("a dry run takes events in the Layers dialect", async () => {
  writeFileSync(join(folder, "plain-layers.json"), "{}");
  const event = lines({ event: "Ping", app_user_id: "u1", properties: { email: "ana@example.com" } });
  const { code, out } = await run("dry-run --config plain-layers.json --dialect layers", event);
  assert.equal(code, 0);
  assert.match(out, /^pass +line 1 +hashed properties\.email\n$/);
  assert.equal((await run("dry-run --config plain-layers.json --dialect other", event)).code, 2);
});

test("a dry run runs custom JavaScript, tells where it fails and what can't run: exit code 1", async () => {
  const code = `function process(event) {
    if (event.event === "Debug") return null;
    if (event.event === "Bad") throw new Error(event.userId);
    if (event.event === "Hangs") for (;;);
    event.properties = { note: ["ana", "example.com"].join("@") };
    return event;
  }`;
  writeFileSync(join(folder, "js.json"), JSON.stringify({ custom_js: { enabled: true, code } }));
  const event = (name: string) => ({ type: "track", event: name, userId: "u1" });
  const input = lines(event("Buy"), event("Debug"), event("Bad"), event("Hangs"));
  const done = await run("dry-run --config js.json", input);
  assert.equal(done.code, 0, done.err);
  // Whether the engine still tells the line depends on who is first, it or the watch.
  assert.deepEqual(done.out.replace(" timeout at its line 4", " timeout").trim().split("\n"), [
    "pass      line 1",
    "drop      line 2  custom_js",
    "pass      line 3  custom_js exception at its line 3",
    "pass      line 4  custom_js timeout",
  ]);
  const json = await run("dry-run --config js.json --json", lines(event("Buy")));
  assert.deepEqual(JSON.parse(json.out).output.properties, { note: "[email]" });
  writeFileSync(join(folder, "wrong-js.json"), JSON.stringify({ custom_js: { enabled: true, code: "function (" } }));
  const wrong = await run("dry-run --config wrong-js.json", lines(event("Buy")));
  assert.deepEqual([wrong.code, wrong.out], [1, ""]);
  assert.match(wrong.err, /config\.custom_js\.code {2}syntax/);
});
