import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Random } from "../../ports/random.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { apartVariable, type Config, type DatabaseLogins, loginsVariable } from "../config.ts";
import { type AnswerApart, createAnswerApart } from "../http/server/apart.ts";
import { startWorkerProcess, type WorkerProcess } from "../system/worker-process.ts";

const secretChars = 32;
const startMsMax = 20_000;
const pollMs = 10;
/** Below the processes that take events in, where the system knows such a thing. */
const niceness = 10;

export interface ApartProcessParts {
  readonly config: Pick<Config, "roles">;
  readonly logins: DatabaseLogins;
  readonly random: Pick<Random, "token">;
  readonly telemetry: Pick<Telemetry, "log">;
}

/**
 * Where one process takes events in and serves the admin API, trials and lists run in another one, which is started
 * when the first of them is asked for; null where they disturb nobody's events.
 */
export function openApart(parts: ApartProcessParts, closers: (() => Promise<void>)[]): AnswerApart | null {
  const { roles } = parts.config;
  if (!roles.includes("ingest") || !roles.includes("admin")) return null;
  const secret = parts.random.token(secretChars);
  let running: WorkerProcess | null = null;

  function start(): WorkerProcess {
    const started = startWorkerProcess({
      entry: fileURLToPath(new URL("../serve.ts", import.meta.url)),
      args: ["--role", "admin"],
      env: {
        ...process.env,
        [loginsVariable]: JSON.stringify(parts.logins),
        [apartVariable]: secret,
        TIDEGATE_ADMIN_HOST: "127.0.0.1",
        TIDEGATE_ADMIN_PORT: "0",
      },
      niceness,
      onExit: ({ code }) =>
        parts.telemetry.log("error", "the process of trials and lists ended: started again", { code }),
    });
    closers.push(() => started.stop());
    return started;
  }

  async function url(): Promise<string | null> {
    running ??= start();
    const untilMs = performance.now() + startMsMax;
    for (;;) {
      const told = running.url();
      if (told !== null || performance.now() > untilMs) return told;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  return createAnswerApart({ url, secret });
}
