import assert from "node:assert/strict";
import process from "node:process";
import { openQuickJs } from "../../../adapters/quickjs/sandbox.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTelemetry } from "../../../adapters/system/telemetry.ts";
import { assertHarmless, patientMsMax, returned, scriptEvent, scriptOf } from "../../contracts/sandbox.ts";
import type { HostileScript } from "../../contracts/sandbox-scripts.ts";
import { childrenBytes } from "./quickjs-children.ts";

/** What a process may have in memory above what it had after its first script: 18 MB of it are an engine's. */
export const grownBytesMax = 40 * 1024 * 1024;
export const skip = process.platform === "linux" ? false : "memory is read from /proc";
const lookEveryMs = 1;

/** Runs the scripts one after another; fails unless each ends as it must and no process grows beyond the bound. */
export async function assertBounded(scripts: readonly HostileScript[]): Promise<void> {
  const clock = openSystemClock();
  const telemetry = openTelemetry({ clock, out: () => undefined, err: () => undefined });
  const sandbox = openQuickJs({ clock, telemetry, processes: 2, eventMsMax: patientMsMax });
  let peak = 0;
  const look = () => void (peak = Math.max(peak, ...childrenBytes()));
  const looking = setInterval(look, lookEveryMs);
  try {
    const calm = scriptOf("calm", "function process(event) { return event }");
    returned((await sandbox.run(calm, [scriptEvent()]))[0]);
    const base = Math.max(...childrenBytes());
    for (const script of scripts) {
      peak = 0;
      await assertHarmless(sandbox, script);
      look();
      assert.ok(peak - base < grownBytesMax, `${script.name}: ${peak - base} bytes above ${base}`);
    }
  } finally {
    clearInterval(looking);
    await sandbox.close();
  }
}
