import { createHash } from "node:crypto";
import process from "node:process";
import { openMeta } from "../../adapters/meta/meta.ts";
import { openPostgres } from "../../adapters/postgres/open.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import { openSystemRandom } from "../../adapters/system/random.ts";
import { openVault } from "../../adapters/system/vault.ts";
import type { Vendor } from "../../domain/model/delivery.ts";
import { createRelay } from "../../domain/pipeline/relay/relay.ts";
import type { Destination } from "../../ports/destination.ts";
import type { Outbox } from "../../ports/outbox.ts";
import { unwrap } from "../contracts/results.ts";
import { recordedTelemetry } from "../domain/pipeline/relay/parts.ts";
import { type KillPlan, type RelayOrder, spoilFailing, workUntilIdle } from "./relay-kills.ts";

/**
 * A relay in a process of its own, which kills itself where its order says: the kill is SIGKILL, so that nothing is
 * tidied up. Exit code 0: there was nothing left to do before it came to that point.
 */
const order = JSON.parse(process.env["RELAY_ORDER"] ?? "") as RelayOrder;
const clock = openSystemClock();
const random = openSystemRandom();
const store = unwrap(await openPostgres({ admin: order.admin, pipeline: order.pipeline, clock }));
const vault = await openVault({ key: order.vaultKey });

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Lets a call be the last thing that this process does, or what it is doing when it dies, or not even that. */
function deadly<A extends unknown[], R>(point: KillPlan["point"], call: (...args: A) => Promise<R>) {
  let calls = 0;
  return async (...args: A): Promise<R> => {
    const { plan } = order;
    const isMeant = plan.point === point && ++calls === plan.nth;
    if (isMeant && plan.phase === "before") die();
    if (isMeant && plan.phase === "during") setTimeout(die, plan.delayMs);
    const result = await call(...args);
    if (isMeant && plan.phase === "after") die();
    return result;
  };
}

const meta = openMeta({ baseUrl: order.vendorUrl, clock });
const destination: Destination = {
  ...meta,
  send: deadly("send", (one, secrets, payloads) => meta.send(one, secrets, payloads.map(spoilFailing))),
};
const outbox: Outbox = {
  ...store.outbox,
  claim: deadly("claim", store.outbox.claim),
  freeze: deadly("freeze", store.outbox.freeze),
  settle: deadly("settle", store.outbox.settle),
};
const destinations = new Map<Vendor, Destination>([["meta", destination]]);
const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const telemetry = recordedTelemetry();
await workUntilIdle(createRelay({ outbox, destinations, vault, clock, random, telemetry, sha256Hex }), clock);
process.exit(0);
