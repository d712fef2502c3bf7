import { fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { checkDataLayer } from "../domain/admin/data-layer/check-data-layer.ts";
import { createScriptTrial, throughScript } from "../domain/admin/data-layer/dry-run-script.ts";
import { createTrial } from "../domain/admin/data-layer/dry-run-trial.ts";
import { createTally } from "../domain/admin/data-layer/trial-tally.ts";
import { createCountSecrets, createResealSecrets } from "../domain/admin/workspace/rotate-vault.ts";
import type { DataLayerConfig } from "../domain/model/data-layer.ts";
import { defaultLimits } from "../domain/model/limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { Kernel } from "../ports/kernel.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import type { Vault } from "../ports/vault.ts";
import { openWasmKernel } from "../wasm/kernel.ts";
import type { Scripts } from "./cli/dry-run.ts";
import { exitCodes, type Terminal } from "./cli/terminal.ts";
import { runTidegate } from "./cli/tidegate.ts";
import type { Rotation } from "./cli/vault-rotate.ts";
import { joinDatabaseServer } from "./compose/database-server.ts";
import { readConfig, vaultKeysOf } from "./config.ts";
import { type BotList, openBotList } from "./device/bot-list.ts";
import { openDevice } from "./device/device.ts";
import { openBundledGeo } from "./geo/bundled.ts";
import type { RolePasswords } from "./postgres/migrate/migrate.ts";
import { openPostgres, storeFault } from "./postgres/open.ts";
import { openQuickJs } from "./quickjs/sandbox.ts";
import { openSystemClock } from "./system/clock.ts";
import { keepMemoryOutOfCoreFiles } from "./system/core-file.ts";
import { readSecretFile } from "./system/secret-file.ts";
import { openTelemetry } from "./system/telemetry.ts";
import { openVault } from "./system/vault.ts";
import { addKey, forgetOldKeys } from "./system/vault-key.ts";

const standardInput = 0;

/** The entry of the command line: the kernel and its facts put together; a database only where keys are rotated. */
async function main(): Promise<void> {
  keepMemoryOutOfCoreFiles();
  // A reader that has seen enough (`| head`) ends the run.
  process.stdout.on("error", () => process.exit(0));
  const kernel = openWasmKernel();
  const args = process.argv.slice(2);
  const botList = args[0] === "dry-run" ? await readBotList() : null;
  process.exitCode = await runTidegate(args, openTerminal(args[0] === "vault"), {
    kernel,
    openRotation: () => openRotation().catch((error: Error) => error.message),
    createTally,
    checkLayer,
    openScripts: (config) => openScripts(kernel, config),
    async openTrial(config, source) {
      const geo = await openBundledGeo();
      return createTrial({ kernel, geo, device: openDevice({ botList }), limits: defaultLimits }, config, source);
    },
  });
}

async function checkLayer(config: unknown) {
  const sandbox = openSandbox(openSystemClock());
  try {
    return await checkDataLayer(sandbox, config);
  } finally {
    await sandbox.close();
  }
}

/** Custom JavaScript in processes of its own, as a server runs it; none are started where it is off. */
async function openScripts(kernel: Kernel, config: DataLayerConfig): Promise<Scripts> {
  if (!config.custom_js.enabled) {
    return { take: async ({ reports }) => reports, close: async () => undefined };
  }
  const clock = openSystemClock();
  const sandbox = openSandbox(clock);
  const parts = { kernel, limits: defaultLimits, sandbox };
  const script = createScriptTrial(parts, "", config, null, clock.nowMs());
  return { take: (tried) => throughScript(tried, script), close: sandbox.close };
}

function openSandbox(clock: Clock): Sandbox {
  const telemetry = openTelemetry({ clock, out: () => undefined, err: () => undefined });
  return openQuickJs({ clock, telemetry });
}

/** The operator's list of bots that a server with this environment would use. */
async function readBotList(): Promise<BotList | null> {
  const path = process.env["IAB_BOT_LIST"]?.trim();
  if (!path) return null;
  return openBotList(path).catch((error: Error) => {
    process.stderr.write(`tidegate: IAB_BOT_LIST can't be used: ${error.message}\n`);
    process.exit(exitCodes.usage);
  });
}

/** The vault of the installation that this environment is of, for one rotation; or why there can be none. */
async function openRotation(): Promise<Rotation | string> {
  const config = readConfig(process.env, []);
  const { databaseUrl, dataDir, secretsDir } = config;
  const path = join(secretsDir, "database-roles.json");
  const passwords = readSecretFile<RolePasswords>(path, ["admin", "pipeline"]);
  if (!passwords) return `no Tidegate has run with ${secretsDir}: there is nothing to rotate`;
  const keys = vaultKeysOf(config);
  let vault = await openVault(keys);
  const clock = openSystemClock();
  const server = await joinDatabaseServer({ databaseUrl, dataDir, secretsDir, passwords, log: () => undefined });
  const opened = await openPostgres({ ...server.logins, clock });
  const store = opened.ok ? opened.value : null;
  const close = async () => {
    await store?.close();
    await server.stop();
  };
  const turn = opened.ok ? await opened.value.secretStore.takeTurn() : opened;
  if (store === null || !turn.ok || turn.value === null) {
    await close();
    return turn.ok ? "another rotation is under way" : storeFault(turn.failure.code);
  }
  const { end } = turn.value;
  const current: Vault = {
    seal: (secret, place) => vault.seal(secret, place),
    open: (sealed, place) => vault.open(sealed, place),
    ageOf: (sealed) => vault.ageOf(sealed),
  };
  const parts = { vault: current, secrets: store.secretStore };
  const signal = whenInterrupted();
  return {
    count: createCountSecrets(parts),
    reseal: (progress) => createResealSecrets(parts)(signal, progress),
    keyFile:
      keys.keyPath !== undefined ? keyFileAt(keys.keyPath, async () => void (vault = await openVault(keys))) : null,
    nowMs: clock.nowMs,
    close: () => end().then(close),
  };
}

function keyFileAt(path: string, changed: () => Promise<void>): NonNullable<Rotation["keyFile"]> {
  return { path, add: () => addKey(path).then(changed), forgetOld: () => forgetOldKeys(path) };
}

/** Aborts when the process is told to end: what is under way is finished first. */
function whenInterrupted(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

function openTerminal(watchAlways: boolean): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    input: stdin,
    inputBytes: inputBytes(),
    inputIsTyped: stdin.isTTY === true,
    write: (text) => new Promise((resolve) => stdout.write(text, () => resolve())),
    note: (text) => void stderr.write(text),
    colours: stdout.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    isWatched: stderr.isTTY === true && (watchAlways || stdout.isTTY !== true),
    readFile,
  };
}

function inputBytes(): number | null {
  try {
    const found = fstatSync(standardInput);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

/** Reads one byte more than may be, so that a longer file is known as such. */
async function readFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(bytesMax + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

await main();
