import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openApple } from "../../adapters/apple/apple.ts";
import { openMemoryAttributionStore } from "../../adapters/memory/attribution-store.ts";
import { openVirtualClock } from "../../adapters/memory/clock.ts";
import { openSeededRandom } from "../../adapters/memory/random.ts";
import { openVault } from "../../adapters/system/vault.ts";
import { type AttributionStep, tokenPlace } from "../../domain/model/attribution.ts";
import { createExchangeTokens, type ExchangeTokens } from "../../domain/pipeline/attribution/exchange-tokens.ts";
import type { AttributionStore } from "../../ports/attribution-store.ts";
import { newAttribution } from "../contracts/attributions.ts";
import { unwrap } from "../contracts/results.ts";
import { orgId, range, recordedTelemetry, startMs } from "../domain/pipeline/relay/parts.ts";
import { samplePayload } from "../simulators/apple/contract.ts";
import { type AppleSimulator, startAppleSimulator } from "../simulators/apple/server.ts";
import { type AppleTrouble, type ExpectedEnd, endOf, ordinaryToken, type TokenKind } from "./apple-rows.ts";
import { failingNumbers, type Place } from "./relay-matrix.ts";
import type { Stage } from "./relay-troubles.ts";
import { erased, wayOf } from "./relay-vendors.ts";

/** One cell: a trouble at Apple, so many tokens, and which of them are of one particular kind. */
export interface AppleCell {
  readonly trouble: AppleTrouble;
  readonly size: number;
  readonly kind: TokenKind;
  readonly place: Place;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** Long enough for every token to come to its end. */
const playMsMax = 26 * 60 * minuteMs;
/** Time moves in small steps for this long, and then in such steps: the last try is as long before a token's end. */
const quickMs = 2 * minuteMs;
const vault = await openVault({ key: "5".repeat(64) });

/** The name a failing cell is found by. */
export function appleCellName({ trouble, size, kind, place }: AppleCell): string {
  return `apple, ${trouble.name}, ${size} tokens, ${kind.name} at ${place}`;
}

/** What a cell is played with; `ends` are the final steps written of each token. */
interface AppleRig {
  readonly clock: ReturnType<typeof openVirtualClock>;
  readonly simulator: AppleSimulator;
  readonly store: ReturnType<typeof openMemoryAttributionStore>;
  readonly exchange: ExchangeTokens;
  readonly ends: Map<string, AttributionStep[]>;
  readonly stage: Stage;
}

/** A token of the cell, and what must become of it. */
interface Played {
  readonly id: string;
  readonly sha256: string;
  readonly number: number;
  readonly end: ExpectedEnd;
}

/** Plays one cell to its end, and checks all that it promises. */
export async function playAppleCell(cell: AppleCell): Promise<void> {
  const rig = await appleRig(cell.trouble);
  try {
    const particular = failingNumbers(cell.place, cell.size);
    const played: Played[] = [];
    for (const number of range(cell.size)) played.push(await addToken(rig, cell, number, particular.has(number)));
    await playOut(rig, cell.trouble);
    await checkTokens(rig, played);
    checkApple(rig, played, cell.trouble);
  } catch (error) {
    throw new Error(`${appleCellName(cell)}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    await rig.simulator.close();
  }
}

async function appleRig(trouble: AppleTrouble): Promise<AppleRig> {
  const clock = openVirtualClock(startMs);
  const simulator = await startAppleSimulator({ now: clock.nowMs, knownOnly: true, recordRequests: false });
  let isReachable = true;
  const fetchAnswer = wayOf({ baseUrl: simulator.url, isReachable: () => isReachable });
  const apple = openApple({ baseUrl: simulator.url, clock, timeoutMs: trouble.timeoutMs, fetch: fetchAnswer });
  const store = openMemoryAttributionStore();
  const ends = new Map<string, AttributionStep[]>();
  const settle: AttributionStore["settle"] = (claim, steps, nowMs) => {
    for (const [id, step] of steps) if (step.dueAtMs === null) ends.set(id, [...(ends.get(id) ?? []), step]);
    return store.settle(claim, steps, nowMs);
  };
  const parts = { apple, vault, clock, random: openSeededRandom(7), telemetry: recordedTelemetry() };
  const exchange = createExchangeTokens({ ...parts, attributions: { ...store, settle } });
  const stage = { simulator: erased(simulator), token: "", reachable: (yes: boolean) => void (isReachable = yes) };
  return { clock, simulator, store, exchange, ends, stage };
}

/** A token as its event brought it; each has a record of its own, so that no two can be taken for one another. */
async function addToken(rig: AppleRig, cell: AppleCell, number: number, isParticular: boolean): Promise<Played> {
  const kind = isParticular ? cell.kind : ordinaryToken;
  const { plan, isDenied = false } = kind;
  const token = `token-${number}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  const sealed = await vault.seal(token, tokenPlace(orgId, sha256));
  const payload = { ...samplePayload, adId: number };
  if (plan) rig.simulator.issueToken(token, { issuedAtMs: startMs, payload, ...plan });
  const waiting = newAttribution({ orgId, sha256, sealed, receivedAtMs: startMs, madeAtMs: startMs, isDenied });
  rig.store.add(waiting);
  return { id: waiting.id, sha256, number, end: endOf(kind, cell.trouble) };
}

async function playOut({ clock, exchange, ends, store, stage }: AppleRig, trouble: AppleTrouble): Promise<void> {
  trouble.begin(stage);
  const overAtMs = startMs + (trouble.lastsMs ?? Number.POSITIVE_INFINITY);
  const tokens = unwrap(await store.list(orgId, { limit: 10_000 })).items.length;
  let isOver = false;
  while (clock.nowMs() < startMs + playMsMax && ends.size < tokens) {
    if (!isOver && clock.nowMs() >= overAtMs) {
      trouble.end(stage);
      isOver = true;
    }
    while ((await exchange.runOnce()) > 0);
    await clock.advance(stepMs(clock.nowMs() - startMs));
  }
}

/** How long the clock stands still from a moment on; what is due in between happens so much later. */
function stepMs(passedMs: number): number {
  return passedMs < quickMs ? secondMs : quickMs;
}

/** Each token has come to its end once and in time, with its reason or its own ad, and is not asked about any more. */
async function checkTokens({ store, ends, clock }: AppleRig, played: readonly Played[]): Promise<void> {
  const wrong: unknown[] = [];
  for (const { id, number, end } of played) {
    const { fate, fromMs, untilMs } = end;
    const { state, code, campaign, settledAtMs } = unwrap(await store.find(orgId, id));
    const ad = state === "exchanged" ? String(number) : undefined;
    const tookMs = (settledAtMs ?? Number.NaN) - startMs;
    const isInTime = tookMs >= fromMs && tookMs <= untilMs + stepMs(untilMs);
    const isAsItMust = state === fate.state && code === fate.code && campaign?.["adId"] === ad;
    const isOnce = ends.get(id)?.length === 1;
    if (!isInTime || !isAsItMust || !isOnce) wrong.push({ number, end, state, code, campaign, tookMs, isOnce });
  }
  assert.deepEqual(wrong, [], "tokens that fared otherwise");
  const nowMs = clock.nowMs() + playMsMax;
  const left = unwrap(await store.claim({ tokensMax: played.length, leaseMs: 1, nowMs }));
  assert.deepEqual(left.tokens, []);
}

/** Apple told the records of those that have one, each with one effect, and saw no token but in a body. */
function checkApple({ simulator }: AppleRig, played: readonly Played[], trouble: AppleTrouble): void {
  const told = played.filter(({ end }) => end.fate.isTold).map(({ sha256 }) => sha256);
  const effects = simulator.effectiveEvents().map((event) => String(event["event_id"]));
  assert.deepEqual(effects.sort(), told.sort(), "effects");
  const { duplicates, tokenInUrl } = simulator.counts();
  if (!trouble.isAmbiguous) assert.equal(duplicates, 0, "asked again without a doubt that would explain it");
  assert.equal(tokenInUrl, 0);
  assert.deepEqual(simulator.findings(), []);
}
