import assert from "node:assert/strict";
import type { Integration } from "../../domain/model/delivery.ts";
import { orgId, type RelayRig, range, relayRig, startMs } from "../domain/pipeline/relay/parts.ts";
import type { Simulator } from "../simulators/server.ts";
import type { Stage, Trouble } from "./relay-troubles.ts";
import type { Failing, MatrixVendor } from "./relay-vendors.ts";

/** One cell: a trouble at a vendor, so many events, and which of them are poison of one kind. */
export interface Cell {
  readonly vendor: MatrixVendor;
  readonly trouble: Trouble;
  readonly size: number;
  readonly failing: Failing;
  readonly place: Place;
}

export const places = ["none", "first", "middle", "last", "two", "all"] as const;
export type Place = (typeof places)[number];

const minuteMs = 60_000;
const playMsMax = 3 * 24 * 60 * minuteMs;

/** The name a failing cell is found by. */
export function cellName({ vendor, trouble, size, failing, place }: Cell): string {
  return `${vendor.name}, ${trouble.name}, ${size} events, poison ${failing.name} at ${place}`;
}

/** Which of the events 1 to `size` are poison. */
export function failingNumbers(place: Place, size: number): ReadonlySet<number> {
  const numbers: Record<Place, readonly number[]> = {
    none: [],
    first: [1],
    middle: [Math.ceil(size / 2)],
    last: [size],
    two: [Math.ceil(size / 3), size],
    all: range(size),
  };
  return new Set(numbers[place]);
}

/** Plays one cell to its end, and checks all that it promises. */
export async function playCell(cell: Cell): Promise<void> {
  const { vendor, trouble, size, failing } = cell;
  const poisoned = failingNumbers(cell.place, size);
  let nowMs = () => startMs;
  const simulator = await vendor.start(() => nowMs());
  let isReachable = true;
  const rig = relayRig((clock) => {
    nowMs = clock.nowMs;
    const { timeoutMs } = trouble;
    const destination = vendor.open({ baseUrl: simulator.url, clock, timeoutMs, isReachable: () => isReachable });
    const spoil = (payload: unknown) =>
      poisoned.has(numberOf(idIn(vendor, payload))) ? { ...Object(payload), ...failing.ofPayload } : payload;
    return { ...destination, send: (one, secrets, payloads) => destination.send(one, secrets, payloads.map(spoil)) };
  }, vendor.name);
  const stage: Stage = { simulator, token: vendor.token, reachable: (yes) => void (isReachable = yes) };
  try {
    const integration = await vendor.integration(simulator.url);
    for (const number of range(size)) {
      const { ofEvent = {}, advertising = "granted" } = poisoned.has(number) ? failing : {};
      rig.outbox.enqueue(integration, vendor.event(number, ofEvent), advertising);
    }
    await playOut(rig, integration, trouble, stage);
    await checkPromise(cell, poisoned, { rig, simulator, integration });
  } catch (error) {
    throw new Error(`${cellName(cell)}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    await simulator.close();
  }
}

function idIn(vendor: MatrixVendor, payload: unknown): string {
  return String((payload as Record<string, unknown>)[vendor.idKey]);
}

function numberOf(messageId: string): number {
  return Number(messageId.replace("message-", ""));
}

/** What must become of an event; what is dead has its reason. */
type Fate = "delivered" | "expired" | { readonly dead: string };

function fateOf({ trouble, size, failing }: Cell, isFailing: boolean): Fate {
  const isSent = !isFailing || failing.ofPayload !== undefined;
  if (isSent && size === 1 && trouble.refusesAlone) return { dead: trouble.refusesAlone };
  if (!isFailing) return "delivered";
  return failing.becomes === "dead" ? { dead: failing.code } : "expired";
}

async function playOut(rig: RelayRig, integration: Integration, trouble: Trouble, stage: Stage): Promise<void> {
  trouble.begin(stage);
  const overAtMs = rig.clock.nowMs() + (trouble.lastsMs ?? Number.POSITIVE_INFINITY);
  const untilMs = rig.clock.nowMs() + playMsMax;
  const stepMs = (trouble.lastsMs === null ? 2 : 15) * minuteMs;
  let isOver = false;
  while (rig.clock.nowMs() < untilMs && rig.outbox.ledger(integration.id).waiting > 0) {
    if (!isOver && rig.clock.nowMs() >= overAtMs) {
      trouble.end(stage);
      isOver = true;
    }
    await rig.relay.runOnce(rig.clock.nowMs());
    await rig.clock.advance(stepMs);
  }
}

interface Played {
  readonly rig: RelayRig;
  readonly simulator: Simulator<string>;
  readonly integration: Integration;
}

/** Effects are those of the good events, each once; the others are buried with their reason; the books add up. */
async function checkPromise(cell: Cell, poisoned: ReadonlySet<number>, played: Played): Promise<void> {
  const { size, trouble, vendor } = cell;
  const { rig, simulator, integration } = played;
  const fates = range(size).map((number) => ({ number, fate: fateOf(cell, poisoned.has(number)) }));
  const good = fates.filter(({ fate }) => fate === "delivered").map(({ number }) => `message-${number}`);
  const deadLettered = fates.flatMap(({ number, fate }) =>
    typeof fate === "object" ? [[`message-${number}`, fate.dead]] : [],
  );
  const { queued, delivered, dead, expired, waiting } = rig.outbox.ledger(integration.id);
  const letters = await deadLetters(rig);
  const past = size - good.length - deadLettered.length;
  assert.deepEqual(
    { queued, delivered, dead, expired, waiting },
    { queued: size, delivered: good.length, dead: deadLettered.length, expired: past, waiting: 0 },
    `the ledger; letters: ${[...new Set(letters.map(([, code]) => code))]}`,
  );
  assert.deepEqual(letters, deadLettered.sort(), "dead letters");

  const effects = simulator.effectiveEvents().map((event) => idIn(vendor, event));
  assert.deepEqual(effects.sort(), good.sort(), "effects");
  const { effective, duplicates, tokenInUrl } = simulator.counts();
  assert.deepEqual([effective, tokenInUrl], [good.length, 0]);
  if (!trouble.isAmbiguous) assert.equal(duplicates, 0, "sent twice without a doubt that would explain it");
  assert.deepEqual(simulator.findings(), []);

  const receipts = rig.outbox.receipts().filter(({ ok }) => ok);
  const receipted = receipts.flatMap(({ eventIds }) => eventIds);
  assert.equal(receipted.length, good.length, "each delivered event has one good receipt");
  assert.equal(new Set(receipted).size, receipted.length);
}

async function deadLetters(rig: RelayRig): Promise<string[][]> {
  const page = await rig.outbox.deadLetters(orgId, { limit: 10_000 });
  return page.ok ? page.value.items.map(({ messageId, code }) => [String(messageId), code]).sort() : [];
}
