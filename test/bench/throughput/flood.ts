import { setTimeout as sleep } from "node:timers/promises";
import { type AfterKill, drain, killAndCount } from "./books.ts";
import { startGenerator } from "./generator-process.ts";
import { prefixOf, type Scene } from "./phases.ts";
import { type Delay, delayFrom } from "./relayed.ts";
import { readNumber } from "./request-pool.ts";
import type { Server } from "./server.ts";
import { addOrganizations } from "./tenants.ts";

export interface FloodReport {
  readonly phase: "flood";
  readonly seconds: number;
  readonly flooder_acked_per_second: number;
  /** Answers to the flooder and to the other that were no success, by status. */
  readonly flooder_refused: Readonly<Record<string, number>>;
  readonly other_refused: Readonly<Record<string, number>>;
  /** The other organisation's events, from acknowledged to stored, before the flood and in it. Units: milliseconds. */
  readonly undisturbed: Delay;
  readonly flooded: Delay;
  readonly limit_ms: number;
  readonly is_within_limit: boolean;
  readonly kill: AfterKill;
}

const otherPerSecond = 20;
const floodConnections = 2;
const floodGrouping = 500;
const pollMs = 25;
const lookBackMs = 2_000;
const limitMsMin = 500;
const lettersCount = 8;

/** One organisation sends as fast as two connections can, while another sends a little. */
export async function measureFlood(scene: Scene, seconds: number, turn: number): Promise<FloodReport> {
  const { server, seed } = scene;
  scene.step("flood: before it");
  await drain(server);
  const [other] = await addOrganizations(server, 1);
  if (other === undefined) throw new Error("no organisation was added");
  const shared = { port: server.ingestPort, seed, firstMessage: 0, dialects: ["segment", "layers"] as const };
  const others = (prefix: string) =>
    startGenerator({
      ...{ ...shared, prefix, grouping: "single", connections: 4, ratePerSecond: otherPerSecond },
      ...{ senders: [other.sender], firstPerson: turn * 1_000_000 },
    });
  const quietly = await delaysOf(server, other.orgId, prefixOf("before"), seconds, others);
  scene.step("flood");
  const prefix = prefixOf("flood");
  const flooder = startGenerator({
    ...{ ...shared, prefix, grouping: floodGrouping, connections: floodConnections, ratePerSecond: null },
    ...{ senders: scene.senders, firstPerson: (turn + 1) * 1_000_000 },
  });
  const flooded = await delaysOf(server, other.orgId, prefixOf("meanwhile"), seconds, others);
  const told = await flooder.report();
  scene.step("killed, flood");
  const { kill } = await killAndCount(server, flooder, prefix);
  const limitMs = Math.max(limitMsMin, 2 * quietly.delay.p99);
  return {
    phase: "flood",
    seconds,
    flooder_acked_per_second: Math.round(told.acked / flooded.seconds),
    flooder_refused: told.refused,
    other_refused: flooded.refused,
    undisturbed: quietly.delay,
    flooded: flooded.delay,
    limit_ms: limitMs,
    is_within_limit: flooded.delay.p99 <= limitMs && Object.keys(flooded.refused).length === 0,
    kill,
  };
}

/** Sends for one organisation and looks when each event is stored; those that are not, count with what they waited. */
async function delaysOf(
  server: Server,
  orgId: string,
  prefix: string,
  seconds: number,
  start: (prefix: string) => ReturnType<typeof startGenerator>,
) {
  const seenMs = new Map<number, number>();
  let latest = new Date(Date.now() - lookBackMs);
  const generator = start(prefix);
  const startMs = performance.now();
  const look = async () => {
    const rows = await server.query<{ id: string; at: Date }>(
      `select right(message_id, ${lettersCount}) as id, received_at as at from tidegate.sdk_events
      where org_id = $1 and received_at >= $2 and message_id ^@ $3`,
      [orgId, new Date(latest.getTime() - lookBackMs), prefix],
    );
    const nowMs = Date.now();
    for (const { id, at } of rows) {
      const number = readNumber(id);
      if (!seenMs.has(number)) seenMs.set(number, nowMs);
      if (at > latest) latest = at;
    }
  };
  while (performance.now() - startMs < seconds * 1_000) {
    await look();
    await sleep(pollMs);
  }
  const { told, acks } = await generator.finish();
  for (let tries = 0; tries < limitMsMin / pollMs && seenMs.size < acks.length; tries += 1) {
    await look();
    await sleep(pollMs);
  }
  const endMs = Date.now();
  const delays = acks.map(({ firstMessage, atMs }) => Math.max(0, (seenMs.get(firstMessage) ?? endMs) - atMs));
  return { delay: delayFrom(delays), refused: told.refused, seconds: (performance.now() - startMs) / 1_000 };
}
