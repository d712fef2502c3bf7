import assert from "node:assert/strict";
import { allEvents, callAdmin, callIngest, connectMeta, isBalanced, untilSettled, wasSent } from "../end-to-end/api.ts";
import { postgresPid } from "../end-to-end/database.ts";
import { workerOn } from "../end-to-end/process-table.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";

export interface CrashPlan {
  readonly rounds: number;
  readonly seed: number;
  readonly sendersMax: number;
}

type Victim = "main" | "worker" | "postgres";

const victims: readonly Victim[] = ["main", "main", "worker", "postgres"];
const delayMaxMs = 200;
const batchEvents = 4;
const requestMaxMs = 5_000;
const backMaxMs = 90_000;

/** A small seeded generator (mulberry32), so that a failing run can be replayed. Shape: uniform in [0, 1). */
export function openDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What senders saw: ids in requests answered 2xx, and in all requests. */
interface Seen {
  readonly answered: Set<string>;
  readonly attempted: Set<string>;
}

/** Sends batches one after another until told to stop; a batch that got no 2xx is sent again first, as SDKs do. */
async function sendUntil(tidegate: TidegateProcess, name: string, seen: Seen, stopped: () => boolean): Promise<void> {
  let batch: { messageId: string }[] = [];
  for (let count = 0; !stopped(); count += 1) {
    if (batch.length === 0) {
      batch = Array.from({ length: batchEvents }, (_, index) => ({
        type: "track",
        event: "Order Completed",
        userId: `user-${index}`,
        messageId: `${name}-${count}-${index}`,
        properties: { email: `sender-${name}@example.org` },
      }));
    }
    for (const { messageId } of batch) seen.attempted.add(messageId);
    const signal = AbortSignal.timeout(requestMaxMs);
    const answer = await callIngest(tidegate, "/v1/batch", { batch }, {}, "POST", signal).catch(() => null);
    if (answer?.status !== 200) continue;
    for (const { messageId } of batch) seen.answered.add(messageId);
    batch = [];
  }
}

async function killOne(tidegate: TidegateProcess, victim: Victim): Promise<void> {
  if (victim === "worker") {
    const worker = workerOn(tidegate.folder);
    if (worker) process.kill(worker.pid, "SIGKILL");
  } else if (victim === "postgres") {
    process.kill(postgresPid(tidegate), "SIGKILL");
    const isBack = async () => (await callAdmin(tidegate, "GET", "/v1/admin/ledger").catch(() => null))?.status === 200;
    await waitFor(isBack, backMaxMs, () => `Postgres does not come back:\n${tidegate.output()}`);
    await tidegate.stop();
  } else {
    await tidegate.kill();
  }
}

/** One life of Tidegate: senders send, something is killed in the middle of it, and it is started again. */
async function runRound(
  tidegate: TidegateProcess,
  round: number,
  plan: CrashPlan,
  dice: () => number,
  seen: Seen,
): Promise<void> {
  const victim = victims[Math.floor(dice() * victims.length)] as Victim;
  const senders = 1 + Math.floor(dice() * plan.sendersMax);
  let stopped = false;
  const sending = Array.from({ length: senders }, (_, index) =>
    sendUntil(tidegate, `round${round}-sender${index}`, seen, () => stopped),
  );
  await new Promise((resolve) => setTimeout(resolve, dice() * delayMaxMs));
  await killOne(tidegate, victim);
  stopped = true;
  await Promise.all(sending);
  if (victim !== "worker") await tidegate.restart();
}

/**
 * Kills Tidegate's processes again and again while it takes events, and then asks for the promise: what was answered
 * 2xx is stored once and takes effect at the vendor once, and the books balance.
 */
export async function runCrashRounds(plan: CrashPlan): Promise<void> {
  const dice = openDice(plan.seed);
  const simulator = await startMetaSimulator();
  const tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
  const seen: Seen = { answered: new Set(), attempted: new Set() };
  try {
    await connectMeta(tidegate);
    for (let round = 0; round < plan.rounds; round += 1) await runRound(tidegate, round, plan, dice, seen);
    await checkPromise(tidegate, simulator, seen);
  } catch (error) {
    throw new Error(`seed ${plan.seed}: ${error instanceof Error ? error.message : ""}`, { cause: error });
  } finally {
    await tidegate.dispose();
    await simulator.close();
  }
}

async function checkPromise(tidegate: TidegateProcess, simulator: MetaSimulator, seen: Seen): Promise<void> {
  assert.ok(seen.answered.size > 0, "no request was answered at all");
  const ledger = await untilSettled(tidegate, seen.answered.size);
  assert.ok(isBalanced(ledger), JSON.stringify(ledger));
  const events = await allEvents(tidegate);
  const stored = events.filter(wasSent).map((event) => event.messageId);
  const storedOnce = new Set(stored);
  assert.equal(stored.length, storedOnce.size, "an event is stored twice");
  assert.deepEqual(
    [...seen.answered].filter((id) => !storedOnce.has(id)),
    [],
    "answered 2xx, and not stored",
  );
  assert.deepEqual(
    stored.filter((id) => !seen.attempted.has(id)),
    [],
    "stored, and never sent",
  );
  const starts = events.filter((event) => event.event === "Session Started").map((event) => event.userId);
  assert.equal(starts.length, new Set(starts).size, "a session was started twice");
  const effects = simulator.effectiveEvents().map((event) => String(event["event_id"]));
  assert.equal(effects.length, new Set(effects).size, "an event took effect twice");
  assert.deepEqual(effects.sort(), stored.sort(), "what is stored is what took effect");
  const [integration] = ledger.integrations;
  assert.equal(integration?.delivered, stored.length, JSON.stringify(ledger));
}
