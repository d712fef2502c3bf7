import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { freePort, startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, sentEvents, untilSettled } from "./api.ts";
import { asSuperuser, endLeasesBefore, listenersOf, postgresPid } from "./database.ts";
import { needsProcessTable, processesOn, type RunningProcess, workerOn } from "./process-table.ts";

const main = fileURLToPath(new URL("../../adapters/serve.ts", import.meta.url));
const orphanMaxMs = 30_000;
const restartMaxMs = 60_000;
const vendorSilentMs = 60_000;
const fewestProcesses = 3; // the main process, its worker, Postgres

function names(running: readonly RunningProcess[]): string {
  return running.map(({ pid, command }) => `${pid} ${command}`).join("\n");
}

async function untilNothingRuns(tidegate: TidegateProcess, maxMs: number): Promise<void> {
  const left = () => processesOn(tidegate.folder);
  await waitFor(
    () => left().length === 0,
    maxMs,
    () => `these still run:\n${names(left())}`,
  );
}

/** Who was told that a change may have been missed asks again, and until then for the database. */
async function untilListening(tidegate: TidegateProcess, listeners: number): Promise<void> {
  await waitFor(
    async () => (await listenersOf(tidegate)) >= listeners,
    restartMaxMs,
    () => "not all listeners came back",
  );
}

/** Starts a second Tidegate on the folders of the first, and waits until it gives up. */
async function startBeside(tidegate: TidegateProcess): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["--no-install", main], {
    cwd: tidegate.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TIDEGATE_DATA_DIR: tidegate.dataDir,
      TIDEGATE_SECRETS_DIR: tidegate.secretsDir,
      TIDEGATE_INGEST_PORT: String(await freePort()),
      TIDEGATE_ADMIN_PORT: String(await freePort()),
      DATABASE_URL: "",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const hard = setTimeout(() => child.kill("SIGKILL"), restartMaxMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(hard);
  return { code, output };
}

describe("the processes of Tidegate", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  let sent = 0;
  let listeners = 0;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url }, { ownGroup: true });
    await connectMeta(tidegate);
    await send();
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  async function send(): Promise<void> {
    sent += 1;
    const event = { event: "Sent", userId: "user-1", messageId: `message-${sent}` };
    const answer = await callIngest(tidegate, "/v1/track", event);
    assert.equal(answer.status, 200, answer.text);
  }

  /** All that was answered is stored and relayed, whatever happened to the processes meanwhile. */
  async function nothingIsLost(): Promise<void> {
    const ledger = await untilSettled(tidegate, sent);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    const ids = Array.from({ length: sent }, (_, index) => `message-${index + 1}`).sort();
    assert.deepEqual((await sentEvents(tidegate)).map((event) => event.messageId).sort(), ids);
    const relayed = simulator.effectiveEvents().map((event) => event["event_id"]);
    assert.deepEqual(relayed.sort(), ids);
  }

  it("a second one on the same data is refused, says why and what to do, and harms nothing", async () => {
    const credentials = tidegate.credentials;
    const second = await startBeside(tidegate);
    assert.equal(second.code, 1, second.output);
    assert.match(second.output, /another Tidegate runs on .*: stop it, or give this one a data directory of its own/);
    assert.equal(second.output.includes("    at "), false, "a stack trace is no message");
    assert.deepEqual(tidegate.credentials, credentials);
    await send();
    await nothingIsLost();
  });

  it("a killed worker is started again and work goes on", async () => {
    const killed = workerOn(tidegate.folder);
    assert.ok(killed, "there is a worker");
    process.kill(killed.pid, "SIGKILL");
    await send();
    await waitFor(
      () => ![undefined, killed.pid].includes(workerOn(tidegate.folder)?.pid),
      restartMaxMs,
      () => `no new worker:\n${tidegate.output()}`,
    );
    await send();
    await nothingIsLost();
  });

  it("a killed connection of Postgres makes all of them restart, and Tidegate goes on", async () => {
    listeners = await listenersOf(tidegate);
    assert.ok(listeners > 0);
    const pids = await asSuperuser(tidegate, async (client) => {
      const { rows } = await client.query("select pid from pg_stat_activity where usename like 'tidegate%'");
      return rows.map((row) => row.pid as number);
    });
    assert.ok(pids.length > 0);
    const killedAtMs = Date.now();
    process.kill(pids[0] as number, "SIGKILL");
    await send();
    await waitFor(
      async () => (await callAdmin(tidegate, "GET", "/v1/admin/ledger")).status === 200,
      restartMaxMs,
      () => `the database does not come back:\n${tidegate.output()}`,
    );
    await send();
    await endLeasesBefore(tidegate, killedAtMs);
    await nothingIsLost();
  });

  it("a killed Postgres comes back, and events are taken meanwhile", async () => {
    await untilListening(tidegate, listeners);
    await send();
    const killedAtMs = Date.now();
    process.kill(postgresPid(tidegate), "SIGKILL");
    await send();
    await waitFor(
      async () => (await callAdmin(tidegate, "GET", "/v1/admin/ledger")).status === 200,
      restartMaxMs,
      () => `the database does not come back:\n${tidegate.output()}`,
    );
    await send();
    assert.match(tidegate.output(), /Postgres has ended \(SIGKILL\) and is started again/);
    await endLeasesBefore(tidegate, killedAtMs);
    await nothingIsLost();
  });

  it("a killed main process leaves neither worker nor Postgres behind", async () => {
    assert.ok(processesOn(tidegate.folder).length >= fewestProcesses, names(processesOn(tidegate.folder)));
    await send();
    await tidegate.kill();
    await untilNothingRuns(tidegate, orphanMaxMs);
    await tidegate.restart();
    await nothingIsLost();
  });

  it("a killed main process leaves no worker behind that waits for a vendor who does not answer", async () => {
    const requests = simulator.requests().length;
    simulator.fail("slow", { afterMs: vendorSilentMs });
    await send();
    const isWaiting = () => simulator.requests().length > requests;
    await waitFor(isWaiting, restartMaxMs, () => "the vendor was not asked");
    await tidegate.kill();
    await untilNothingRuns(tidegate, orphanMaxMs);
    await tidegate.restart();
    await nothingIsLost();
  });

  it("SIGTERM ends it with 0 and leaves no process", async () => {
    await send();
    assert.equal(await tidegate.stop(), 0, tidegate.output());
    assert.deepEqual(processesOn(tidegate.folder), []);
    await tidegate.restart();
    await nothingIsLost();
  });

  it("Ctrl-C, a SIGINT to its whole group, ends it with 0 and leaves no process", async () => {
    await send();
    process.kill(-tidegate.pid, "SIGINT");
    assert.equal(await tidegate.ended(), 0, tidegate.output());
    assert.match(tidegate.output(), /Tidegate stops: .*\n[\s\S]*Tidegate has stopped\./);
    assert.deepEqual(processesOn(tidegate.folder), []);
    await tidegate.restart();
    await nothingIsLost();
  });

  it("a lost file of credentials is written anew, with keys that work, and other tokens go on", async () => {
    const before = tidegate.credentials;
    for (let loss = 1; loss <= 2; loss += 1) {
      assert.equal(await tidegate.stop(), 0, tidegate.output());
      rmSync(join(tidegate.secretsDir, "credentials.json"));
      await tidegate.restart();
    }
    const { admin_token: token, ...keys } = tidegate.credentials;
    const { admin_token: tokenBefore, ...keysBefore } = before;
    assert.deepEqual(keys, keysBefore);
    assert.notEqual(token, tokenBefore);
    const tokens = await callAdmin(tidegate, "GET", "/v1/admin/tokens");
    assert.equal(tokens.status, 200, tokens.text);
    assert.equal(JSON.parse(tokens.text).items.length, 2, "the first token, and the latest of those made anew");
    const url = `${before.admin_url}/v1/admin/me`;
    assert.equal((await fetch(url, { headers: { authorization: `Bearer ${tokenBefore}` } })).status, 200);
    await send();
    await nothingIsLost();
  });

  it("a vault key that opens nothing is told at the start", async () => {
    assert.doesNotMatch(tidegate.output(), /vault/);
    assert.equal(await tidegate.stop(), 0, tidegate.output());
    const path = join(tidegate.secretsDir, "vault.key");
    renameSync(path, `${path}.kept`);
    await tidegate.restart();
    assert.match(tidegate.output(), /the vault's keys open none .*vault\.key/);
    assert.equal(await tidegate.stop(), 0, tidegate.output());
    renameSync(`${path}.kept`, path);
    await tidegate.restart();
  });
});
