import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../../tidegate-process.ts";
import type { Ack, Finished, GeneratorProcess } from "./generator-process.ts";
import { readNumber } from "./request-pool.ts";
import type { Server } from "./server.ts";

/** What the store has counted, of all organisations. */
export interface Counts {
  readonly accepted: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly dead: number;
}

/** What a kill did to the events of one phase. */
export interface AfterKill {
  readonly acknowledged: number;
  /** Acknowledged, and not there after the next start: there must be none. */
  readonly lost: number;
  /** Stored more than once: there must be none. */
  readonly doubled: number;
  /** Stored although no answer came, as the kill was faster. */
  readonly unanswered: number;
  /** From the start of the next process until it took requests, and until all was stored. Units: seconds. */
  readonly restart_seconds: number;
  readonly drain_seconds: number;
}

const drainPollMs = 100;
const drainMsMax = 20 * 60_000;
const lettersCount = 8;

export async function readCounts(server: Server): Promise<Counts> {
  const [row] = await server.query<Record<keyof Counts, string>>(
    `select coalesce(sum(accepted), 0) as accepted, coalesce(sum(stored), 0) as stored,
      coalesce(sum(duplicate), 0) as duplicate, coalesce(sum(dead), 0) as dead
    from tidegate.source_ledger`,
  );
  const { accepted, stored, duplicate, dead } = row as Record<keyof Counts, string>;
  return { accepted: Number(accepted), stored: Number(stored), duplicate: Number(duplicate), dead: Number(dead) };
}

/** Waits until nothing is left in the stream. */
export async function drain(server: Server): Promise<void> {
  const isEmpty = async () => (await server.backlogRecords()) === 0;
  await waitFor(isEmpty, drainMsMax, () => "the backlog does not end", drainPollMs);
}

/**
 * Kills the server in the middle of its work, starts it again, and holds what is stored then against what was
 * acknowledged, event by event.
 */
export async function killAndCount(
  server: Server,
  generator: GeneratorProcess,
  prefix: string,
): Promise<{ readonly kill: AfterKill; readonly finished: Finished }> {
  await server.kill();
  const finished = await generator.finish();
  const startMs = performance.now();
  await server.start();
  const restartMs = performance.now() - startMs;
  await drain(server);
  const drainMs = performance.now() - startMs;
  await sleep(drainPollMs);
  const compared = compareStored(finished.acks, await storedNumbers(server, prefix));
  return { finished, kill: { ...compared, restart_seconds: restartMs / 1_000, drain_seconds: drainMs / 1_000 } };
}

/** The numbers of the messages of a phase that are stored, one for each row. */
async function storedNumbers(server: Server, prefix: string): Promise<number[]> {
  const rows = await server.query<{ id: string }>(
    `select right(message_id, ${lettersCount}) as id from tidegate.sdk_events where message_id ^@ $1`,
    [prefix],
  );
  return rows.map(({ id }) => readNumber(id));
}

/** Holds what is stored against what was acknowledged, message by message. */
export function compareStored(acks: readonly Ack[], stored: readonly number[]) {
  const once = new Set(stored);
  let [acknowledged, lost] = [0, 0];
  for (const { firstMessage, events } of acks) {
    acknowledged += events;
    for (let number = firstMessage; number < firstMessage + events; number += 1) if (!once.has(number)) lost += 1;
  }
  const doubled = stored.length - once.size;
  return { acknowledged, lost, doubled, unanswered: once.size - (acknowledged - lost) };
}
