import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Credentials, freePort, waitFor } from "../tidegate-process.ts";
import { openDice } from "./crash-rounds.ts";

const main = fileURLToPath(new URL("../../adapters/serve.ts", import.meta.url));
const killedStarts = 2;
const killAfterMaxMs = 2_200;
const readyMaxMs = 90_000;

function start(folder: string, ports: readonly number[], output: string[]) {
  const child = spawn(process.execPath, ["--no-install", main], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TIDEGATE_DATA_DIR: join(folder, "data"),
      TIDEGATE_SECRETS_DIR: join(folder, "secrets"),
      TIDEGATE_INGEST_PORT: String(ports[0]),
      TIDEGATE_INGEST_HOST: "127.0.0.1",
      TIDEGATE_ADMIN_PORT: String(ports[1]),
      DATABASE_URL: "",
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return { child, ended };
}

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/ready`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Kills the first starts on a new folder at random moments; the next start must finish what they began. */
export async function killFirstStarts(rounds: number, seed: number): Promise<void> {
  const dice = openDice(seed);
  for (let round = 0; round < rounds; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-first-"));
    const ports = [await freePort(), await freePort()];
    const output: string[] = [];
    const delaysMs: number[] = [];
    for (let killed = 0; killed < killedStarts; killed += 1) {
      const delayMs = Math.round(dice() * killAfterMaxMs);
      delaysMs.push(delayMs);
      const { child, ended } = start(folder, ports, output);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill("SIGKILL");
      await ended;
    }
    const { child, ended } = start(folder, ports, output);
    const story = () => `seed ${seed}, round ${round}, killed after ${delaysMs.join(" and ")} ms:\n${output.join("")}`;
    try {
      await waitFor(
        async () => {
          assert.equal(child.exitCode, null, story());
          return (await isReady(ports[0] as number)) && isReady(ports[1] as number);
        },
        readyMaxMs,
        story,
      );
      await checkKeys(folder, story());
    } finally {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  }
}

/** The keys that were written down are those that open it. */
async function checkKeys(folder: string, story: string): Promise<void> {
  const keys = JSON.parse(readFileSync(join(folder, "secrets", "credentials.json"), "utf8")) as Credentials;
  const sent = await fetch(`${keys.ingest_url}/v1/track`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${keys.write_key}:`)}` },
    body: '{"event":"First","userId":"user-1"}',
  });
  assert.equal(sent.status, 200, story);
  const read = await fetch(`${keys.admin_url}/v1/events`, { headers: { authorization: `Bearer ${keys.admin_token}` } });
  assert.equal(read.status, 200, story);
}
