import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { callAdmin, untilSettled } from "../end-to-end/api.ts";
import { needsProcessTable, processesOn } from "../end-to-end/process-table.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { openMint } from "./canary-mint.ts";
import { createScanner } from "./leak-scan.ts";

const mint = openMint("core files");
const endMsMax = 60_000;
/** Registers and a table of mappings. */
const coreBytesMax = 1024 * 1024;

/** Lets a process write a core file, whatever the shell that started us allows. */
function allowCore(pid: number): void {
  spawnSync("prlimit", ["--pid", String(pid), "--core=unlimited"]);
}

describe("a process that dies badly leaves nothing raw behind", { skip: needsProcessTable ?? false }, () => {
  let tidegate: TidegateProcess;
  before(async () => {
    tidegate = await startTidegate();
    const config = {
      bot_filtering: { enabled: false },
      custom_js: { enabled: true, code: "function process(event) { return event; }" },
    };
    const put = await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config });
    assert.equal(put.status, 200, put.text);
  });
  after(() => tidegate?.dispose());

  it("neither memory of the server, of its worker nor of the sandbox goes into a core file", async () => {
    const { ingest_url: url, write_key: writeKey } = tidegate.credentials;
    const batch = Array.from({ length: 100 }, (_, index) => {
      const where = `event ${index}`;
      const properties = { email: mint.email(where), ip: mint.ipv6(where), note: mint.email(`note of ${where}`) };
      return { type: "track", event: "Planted", userId: mint.email(`id of ${where}`), properties };
    });
    const sent = await fetch(`${url}/v1/batch`, { method: "POST", body: JSON.stringify({ writeKey, batch }) });
    assert.equal(sent.status, 200, await sent.text());
    await untilSettled(tidegate, batch.length);

    const ours = processesOn(tidegate.folder).filter(({ command }) => /serve\.ts|quickjs/.test(command));
    assert.ok(ours.length >= 3, ours.map(({ command }) => command).join("\n"));
    for (const { pid } of ours) {
      assert.equal(Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, "utf8"), 16), 0);
      allowCore(pid);
    }
    for (const { pid } of ours) process.kill(pid, "SIGQUIT");
    await waitFor(
      () => processesOn(tidegate.folder).length === 0,
      endMsMax,
      () => JSON.stringify(processesOn(tidegate.folder)),
    );
    // Where the system hands cores to a program there is no file; then the filter alone has to do.
    const cores = readdirSync(tidegate.folder).filter((name) => name.startsWith("core"));
    for (const name of cores) assert.ok(statSync(join(tidegate.folder, name)).size < coreBytesMax, name);
    assert.deepEqual(createScanner(mint.canaries).scanFolder(tidegate.folder).leaks, []);
  });
});
