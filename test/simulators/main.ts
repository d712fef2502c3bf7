// What `npm run simulators` runs: every vendor's simulator on loopback, and what to start Tidegate with.
import { once } from "node:events";
import process from "node:process";
import { startAppleSimulator } from "./apple/server.ts";
import { startMetaSimulator } from "./meta/server.ts";
import type { Simulator } from "./server.ts";
import { startTiktokSimulator } from "./tiktok/server.ts";
import { startWebhookSimulator } from "./webhook/server.ts";

type Started = Pick<Simulator<string>, "url" | "close">;

/** A simulator's usual port, and how Tidegate is told of it. */
interface Stand {
  readonly name: string;
  readonly port: number;
  readonly start: (options: { port: number }) => Promise<Started>;
  /** The variable that holds its address; null where an integration's own configuration does. */
  readonly variable: string | null;
}

const stands: readonly Stand[] = [
  { name: "meta", port: 8091, start: startMetaSimulator, variable: "TIDEGATE_META_BASE_URL" },
  { name: "tiktok", port: 8092, start: startTiktokSimulator, variable: "TIDEGATE_TIKTOK_BASE_URL" },
  { name: "apple", port: 8093, start: startAppleSimulator, variable: "TIDEGATE_APPLE_BASE_URL" },
  { name: "webhook", port: 8094, start: startWebhookSimulator, variable: null },
];

/** Starts one at its usual port, or at any where that is taken. */
async function startAt({ start, port }: Stand): Promise<Started> {
  return start({ port }).catch(() => start({ port: 0 }));
}

const started = await Promise.all(stands.map(async (stand) => ({ ...stand, simulator: await startAt(stand) })));
const variables = started.flatMap(({ variable, simulator }) => (variable ? [`${variable}=${simulator.url}`] : []));
const receiver = started.find(({ name }) => name === "webhook");

process.stdout.write(`Simulators are running; any token will do, but one with "revoked" or "expired" in it.

${started.map(({ name, simulator }) => `  ${name.padEnd(8)} ${simulator.url}`).join("\n")}

Start Tidegate with them, in another terminal:

  ${[...variables, "TIDEGATE_WEBHOOK_ALLOW_PRIVATE=1"].join(" \\\n  ")} \\
  npm start

A webhook's url is any path of ${receiver?.simulator.url}. What came of it, and faults to order:

  curl ${started[0]?.simulator.url}/_sim/counts        events, findings, requests alike
  curl ${started[0]?.simulator.url}/_sim/faults -d '{"fault":"throttle","times":3}'

Ctrl-C stops.
`);

await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await Promise.all(started.map(({ simulator }) => simulator.close()));
process.exit(0);
