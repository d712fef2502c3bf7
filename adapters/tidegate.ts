import { fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { createTrial } from "../domain/admin/dry-run-trial.ts";
import { createTally } from "../domain/admin/trial-tally.ts";
import { defaultLimits } from "../domain/model/limits.ts";
import { openWasmKernel } from "../wasm/kernel.ts";
import { exitCodes, type Terminal } from "./cli/terminal.ts";
import { runTidegate } from "./cli/tidegate.ts";
import { type BotList, openBotList } from "./device/bot-list.ts";
import { openDevice } from "./device/device.ts";
import { openBundledGeo } from "./geo/bundled.ts";

const standardInput = 0;

/** The entry of the command line: the kernel and its facts put together, without a server or a database. */
async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) ends the run.
  process.stdout.on("error", () => process.exit(0));
  const kernel = openWasmKernel();
  const args = process.argv.slice(2);
  const botList = args[0] === "dry-run" ? await readBotList() : null;
  process.exitCode = await runTidegate(args, openTerminal(), {
    kernel,
    createTally,
    async openTrial(config, source) {
      const geo = await openBundledGeo();
      return createTrial({ kernel, geo, device: openDevice({ botList }), limits: defaultLimits }, config, source);
    },
  });
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

function openTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    input: stdin,
    inputBytes: inputBytes(),
    inputIsTyped: stdin.isTTY === true,
    write: (text) => new Promise((resolve) => stdout.write(text, () => resolve())),
    note: (text) => void stderr.write(text),
    colours: stdout.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    isWatched: stderr.isTTY === true && stdout.isTTY !== true,
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
