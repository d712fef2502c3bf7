import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("./main.ts", import.meta.url));

test("npm run simulators starts each, says how to start Tidegate with them, and ends when it is told to", async () => {
  const flags = "Bun" in globalThis ? ["--no-install"] : [];
  const child = spawn(process.execPath, [...flags, entry], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  while (!text.includes("Ctrl-C stops")) await once(child.stdout, "data");
  const urls = [...text.matchAll(/^ {2}(meta|tiktok|webhook) +(http:\S+)$/gm)].map(
    ([, name, url]) => [String(name), String(url)] as const,
  );
  assert.deepEqual(
    urls.map(([name]) => name),
    ["meta", "tiktok", "webhook"],
  );
  for (const [name, url] of urls) {
    const counts = (await (await fetch(`${url}/_sim/counts`)).json()) as { requests: number };
    assert.equal(counts.requests, 0, name);
    if (name !== "webhook") assert.ok(text.includes(`TIDEGATE_${name.toUpperCase()}_BASE_URL=${url} `));
  }
  assert.match(text, /TIDEGATE_WEBHOOK_ALLOW_PRIVATE=1 /);
  const ordered = await fetch(`${urls[2]?.[1]}/_sim/faults`, { method: "POST", body: '{"fault":"gone"}' });
  assert.equal(ordered.status, 200);
  assert.equal((await fetch(`${urls[2]?.[1]}/hook`, { method: "POST", body: "{}" })).status, 410);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
