import { BrokenInvariant } from "../domain/model/failure.ts";
import { compose, type Running } from "./compose.ts";
import { ConfigError, credentialsPath, processRoles, readConfig } from "./config.ts";
import { keepMemoryOutOfCoreFiles } from "./system/core-file.ts";
import { whenParentGone } from "./system/worker-process.ts";

const exitAfterMs = 30_000;
/** A worker whose parent died has this long: its database may be gone, and the next start has a worker of its own. */
const orphanExitAfterMs = 3_000;
const metricsEveryMs = 2_000;

const usage = `npm start runs all of Tidegate: it brings its own Postgres, keeps events in ./data and keys in ./secrets,
and prints a write key and a curl line that works. Ctrl-C stops it; the next start carries on where it was.

  npm start -- --role ingest,admin     only these of the roles ${processRoles.join(", ")}
  npm start -- --help                  shows this

Environment variables change where it listens and keeps things; the ones most asked for (all: docs/operations.md):

  TIDEGATE_INGEST_PORT, TIDEGATE_ADMIN_PORT     8080, 8084
  TIDEGATE_INGEST_HOST, TIDEGATE_ADMIN_HOST     0.0.0.0, 127.0.0.1
  TIDEGATE_DATA_DIR, TIDEGATE_SECRETS_DIR       ./data, ./secrets
  DATABASE_URL                                  a Postgres of your own
`;

/** The entry: reads the configuration, runs until it is told to stop, and leaves nothing behind. */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) return void process.stdout.write(usage);
  keepMemoryOutOfCoreFiles();
  const config = readConfig(process.env, args);
  const isWorker = config.logins !== null;
  let running: Running | null = null;
  let stopping = false;

  const stop = async (code: number, afterMsMax = exitAfterMs) => {
    setTimeout(() => process.exit(1), afterMsMax).unref();
    if (stopping) return;
    stopping = true;
    await running?.close();
    if (!isWorker && code === 0) console.log("Tidegate has stopped. The next start carries on where it was.");
    process.exit(code);
  };
  const stopByHand = () => {
    if (!isWorker && !stopping) console.log("\nTidegate stops: what came in is kept, requests under way are answered.");
    void stop(0);
  };
  process.on("SIGTERM", stopByHand);
  process.on("SIGINT", stopByHand);
  if (isWorker) whenParentGone(() => void stop(0, orphanExitAfterMs));

  running = await compose(config);
  if (stopping) return void (await running.close());
  if (isWorker && running.credentials) process.send?.({ url: running.credentials.admin_url });
  if (isWorker) setInterval(() => void reportMetrics(running as Running), metricsEveryMs).unref();
  if (!isWorker) console.log(banner(running, credentialsPath(config)));
}

/** A worker's metrics and troubles travel to its parent, which serves them with its own. */
async function reportMetrics(running: Running): Promise<void> {
  const told = { metrics: await running.metrics(), troubles: running.troubles() };
  if (process.send && process.connected) process.send(told);
}

function banner(running: Running, path: string): string {
  const { credentials } = running;
  if (!credentials) return "Tidegate is running.";
  const { ingest_url, admin_url, write_key, admin_token } = credentials;
  const isShown = running.isFirstStart && process.stdout.isTTY;
  const token = isShown ? admin_token : "in the file below";
  const bearer = isShown ? `'authorization: Bearer ${admin_token}'` : bearerFrom(path);
  const made = running.isFirstStart ? " for the first time: an organisation, a project and two sources were made" : "";
  if (running.deadKeys.length > 0) {
    return `\nTidegate is running.\n\n  events   ${ingest_url}\n  admin    ${admin_url}\n\nCtrl-C stops.\n`;
  }
  const pages = credentials.browser_write_key === undefined ? "" : pageLine(credentials.browser_write_key);
  const event = {
    userId: "user-1",
    event: "Order Completed",
    properties: { revenue: 25, currency: "EUR", email: "ana@example.com" },
  };
  return `
Tidegate is running${made}.

  events   ${ingest_url}     write key    ${write_key}${pages}
  admin    ${admin_url}     admin token  ${token}

Send an event:

  curl ${ingest_url}/v1/track -u ${write_key}: -H 'content-type: application/json' \\
    -d '${JSON.stringify(event)}'

Read it back, hashed:

  curl ${admin_url}/v1/events -H ${bearer}

What else there is: ${admin_url}/docs
The same is in ${path}. Ctrl-C stops.
`;
}

/** Pages have a source of their own: what they say of their visitors' addresses does not count. */
function pageLine(key: string): string {
  return `\n                                     for pages    ${key}`;
}

/** The header that holds the file's admin token, for a shell: later starts don't print the token again. */
function bearerFrom(path: string): string {
  const script = `require(${JSON.stringify(path)}).admin_token`.replaceAll("'", "'\\''");
  return `"authorization: Bearer $(node -p '${script}')"`;
}

process.on("uncaughtException", (error: unknown) => endWith(error));
process.on("unhandledRejection", (error: unknown) => endWith(error));

/** What nobody caught ends the process. Only our own messages are shown: another's may quote what it was given. */
function endWith(error: unknown): never {
  const message = error instanceof BrokenInvariant ? error.message : "an unexpected fault";
  const stack = error instanceof Error ? (error.stack ?? "").replace(error.message, "") : "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  console.error([`Tidegate stops: ${message}`, ...frames].join("\n"));
  process.exit(1);
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) console.error(`Tidegate can't start: ${error.message}`);
  else if (error instanceof BrokenInvariant) console.error(`Tidegate stops, an invariant is broken: ${error.message}`);
  else console.error("Tidegate can't start:", startFault(error));
  process.exit(1);
});

/** A fault of starting carries no event: its message and where it came from may be shown. */
function startFault(error: unknown): string {
  if (!(error instanceof Error)) return "an unknown fault";
  return process.env["TIDEGATE_DEBUG"] ? (error.stack ?? error.message) : error.message;
}
