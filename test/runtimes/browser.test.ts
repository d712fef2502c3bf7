import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { tryLayer } from "./browser-page.ts";

const wasm = readFileSync(new URL("../../wasm/kernel.wasm", import.meta.url));
const layer = {
  pii_rules: { hash_fields: ["traits.first_name"], redact_fields: ["properties.note"] },
  routing_rules: [{ condition: "properties.revenue > 99 and event matches 'Order *'", action: "drop" }],
};
const faulty = { routing_rules: [{ condition: "event ==", action: "drop" }] };
const body = JSON.stringify({
  events: [
    { type: "track", event: "Order Completed", userId: "u", properties: { revenue: 12.5, note: "call 10.1.2.3" } },
    { type: "track", event: "Order Completed", userId: "u", properties: { revenue: 100 } },
    { type: "identify", userId: "jane@example.com", traits: { first_name: "Zoë", email: "Jane@Example.com" } },
    { type: "page" },
  ],
});
const cases: readonly (readonly [unknown, string])[] = [
  [layer, body],
  [faulty, body],
  [layer, '{"events":[}'],
];
const expected = cases.map(([config, events]) => tryLayer(openWasmKernel(), config, events));
const chromium = [process.env["TIDEGATE_CHROMIUM"], "/usr/bin/chromium"].find((path) => path && existsSync(path));
const chromiumMsMax = 30_000;

/** The page's script with all that it imports, as a browser takes it: an import of a runtime's own would fail here. */
async function bundle(): Promise<string> {
  const page = fileURLToPath(new URL("./browser-page.ts", import.meta.url));
  const built = await Bun.build({ entrypoints: [page], target: "browser", format: "iife" });
  assert.equal(built.outputs.length, 1);
  return await (built.outputs[0] as Blob).text();
}

test("what comes out is worth comparing", () => {
  const [reports, faults, fault] = expected as [string, string, string];
  assert.deepEqual(
    (JSON.parse(reports) as { outcome: string }[]).map(({ outcome }) => outcome),
    ["pass", "drop", "pass", "reject"],
  );
  assert.ok(!/jane|zo\u00eb|10\.1\.2/i.test(reports));
  assert.match(faults, /routing_rules/);
  assert.match(fault, /invalid_json/);
});

test("with nothing but what every browser has, a trial of a data layer comes to what the server's does", async () => {
  const script = await bundle();
  assert.ok(!/\bnode:|\brequire\(/.test(script));
  const context = createContext({ TextDecoder, TextEncoder, WebAssembly, wasm, cases });
  runInContext(script, context);
  assert.deepEqual([...runInContext("cases.map((given) => tryInPage(wasm, ...given))", context)], expected);
});

test("the same in Chromium", { skip: chromium === undefined ? "there is no Chromium here" : false }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-page-"));
  try {
    const results = `${JSON.stringify(cases)}.map((given) => tryInPage(wasm, ...given))`;
    const bytes = `Uint8Array.from(atob("${wasm.toString("base64")}"), (sign) => sign.charCodeAt(0))`;
    const shown = `document.body.textContent = btoa(encodeURI(JSON.stringify(${results})));`;
    const script = `${await bundle()}\nconst wasm = ${bytes};\n${shown}`;
    writeFileSync(join(folder, "page.html"), `<meta charset="utf-8"><body><script>${script}</script>`);
    const alone = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
    const own = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(folder, "profile")}`];
    const page = ["--dump-dom", `file://${join(folder, "page.html")}`];
    const run = spawnSync(chromium as string, [...own, ...alone, "--no-first-run", ...page], {
      encoding: "utf8",
      timeout: chromiumMsMax,
    });
    assert.equal(run.status, 0, run.stderr);
    const [, written = ""] = /<body>([A-Za-z0-9+/=]+)<\/body>/.exec(run.stdout) ?? [];
    assert.deepEqual(JSON.parse(decodeURI(atob(written))), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
