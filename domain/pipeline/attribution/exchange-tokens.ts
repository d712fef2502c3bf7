import type { Attribution } from "../../../ports/attribution.ts";
import type { AttributionClaim, AttributionStore, ClaimedToken } from "../../../ports/attribution-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Random } from "../../../ports/random.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Vault } from "../../../ports/vault.ts";
import {
  type AttributionStep,
  advance,
  deferToken,
  endToken,
  isOver,
  type TokenAnswer,
  tokenPlace,
} from "../../model/attribution.ts";
import { BrokenInvariant, placeOfThrow } from "../../model/failure.ts";
import { requestMsMax } from "../../model/limits.ts";
import { inTime } from "../in-time.ts";
import { createCircuits } from "../relay/relay-circuits.ts";

export interface ExchangeParts {
  readonly attributions: Pick<AttributionStore, "claim" | "settle" | "awaitWork">;
  readonly apple: Attribution;
  readonly vault: Pick<Vault, "open">;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface ExchangeTokens {
  /** Claims what is due once and sees it through. Returns how many tokens were claimed. */
  runOnce(): Promise<number>;
  /** Exchanges until `signal` aborts, then finishes the requests that are under way and returns. */
  run(signal: AbortSignal): Promise<void>;
}

/** Requests under way at once. */
const claimTokensMax = 64;
/** Outlasts a request and what is written after it. */
const leaseMs = 30_000;
const awaitWorkMs = 1_000;
/** Notices come with every event that is queued for any vendor; the next look is no sooner than this. */
const lookEveryMs = 200;
const againMs = 1_000;
const settleTriesMax = 5;
const settleAgainFirstMs = 200;

/** All tokens go to one vendor, without an account: its trouble is everybody's. */
const circuit = "apple";

type Unanswered = Extract<TokenAnswer, { kind: "unanswered" }>;

const lost = { kind: "unanswered", class: "transient", retryAfterMs: 0 } as const;
/** Of a request in which the adapter threw, though its contract forbids it: as if its answer had been lost. */
const exchangeFailed: Unanswered = { ...lost, code: "exchange_failed" };
/** Of a request of which the adapter did not say in time how it ended. */
const timedOut: Unanswered = { ...lost, code: "timeout" };

interface Tried {
  readonly token: ClaimedToken;
  readonly step: AttributionStep;
  /** Null where Apple was not asked. */
  readonly answer: TokenAnswer | null;
}

/** How many of a claim's tokens Apple may still be asked about, and why not about the rest. */
interface Turn {
  asksLeft: number;
  readonly code: string | null;
  /** What must end the process, but not before what Apple said of the others is written. */
  readonly broken: unknown[];
}

/**
 * Makes the loop that exchanges tokens for attributions, beside the relay and never behind it: a token lives for a day.
 *
 * A token is exchanged at least once and its outcome is written once: only after Apple's answer, by who holds the
 * lease. A crash in between asks again, which changes nothing at Apple.
 */
export function createExchangeTokens(parts: ExchangeParts): ExchangeTokens {
  const { attributions, apple, vault, clock, random, telemetry } = parts;
  const circuits = createCircuits(random);

  /** While it is not known that Apple is back, one request is to show it; what is over ends all the same. */
  function nextTurn(): Turn {
    const away = circuits.of(circuit);
    return { asksLeft: away ? 1 : claimTokensMax, code: away?.code ?? null, broken: [] };
  }

  async function tryToken(token: ClaimedToken, turn: Turn): Promise<Tried> {
    const ended = endedUnasked(token);
    if (ended) return { token, step: ended, answer: null };
    const opened = await vault.open(token.sealed, tokenPlace(token.orgId, token.sha256));
    if (!opened.ok) {
      const unread = { kind: "unanswered", class: "config", code: opened.failure.code, retryAfterMs: 0 } as const;
      return { token, step: advance(token, unread, clock.nowMs(), random.fraction()), answer: null };
    }
    if (turn.asksLeft === 0) return { token, step: deferToken(token, turn.code, clock.nowMs()), answer: null };
    turn.asksLeft -= 1;
    const startedMs = clock.nowMs();
    const answer = await ask(opened.value, turn);
    measure(answer, clock.nowMs() - startedMs);
    return { token, step: advance(token, answer, clock.nowMs(), random.fraction()), answer };
  }

  async function ask(token: string, turn: Turn): Promise<TokenAnswer> {
    try {
      return await inTime(clock, requestMsMax, apple.exchange(token), timedOut);
    } catch (fault) {
      const place = placeOfThrow(fault);
      const where = place === null ? null : word(place);
      telemetry.log("error", "a token's request was not seen through", { code: word(exchangeFailed.code), where });
      if (fault instanceof BrokenInvariant) turn.broken.push(fault);
      return exchangeFailed;
    }
  }

  function endedUnasked(token: ClaimedToken): AttributionStep | null {
    if (token.isDenied) return endToken(token, "failed", "consent_denied");
    return isOver(token, clock.nowMs()) ? endToken(token, "expired", "token_too_old") : null;
  }

  function measure(answer: TokenAnswer, durationMs: number): void {
    const code = "code" in answer ? answer.code : answer.kind;
    telemetry.count("attribution_requests_total", 1, { code });
    telemetry.observe("attribution_request_seconds", durationMs / 1_000);
  }

  /**
   * Opens Apple's circuit if nobody got an answer, closes it if anybody did. A refusal that the contract does not know
   * may be one token's own fault, and only that token waits; but somebody is there, if nothing else was heard. What
   * was thrown may be a token's fault, too: it does not open the circuit, but nobody knows more while it is open.
   */
  function followUp(tried: readonly Tried[]): void {
    const heard = tried.flatMap(({ answer }) => answer ?? []);
    if (heard.length === 0) return;
    const isAway = circuits.of(circuit) !== null;
    const answers = heard.filter((answer) => !isOdd(answer) && (isAway || answer !== exchangeFailed));
    const failures = answers.filter((answer): answer is Unanswered => answer.kind === "unanswered");
    const nowMs = clock.nowMs();
    const [first] = failures;
    if (failures.length < answers.length || !first) {
      if (circuits.succeed(circuit)) telemetry.log("info", "Apple answers about tokens again");
    } else {
      const retryAfterMs = Math.max(...failures.map((failure) => failure.retryAfterMs));
      const untilMs = circuits.fail(circuit, { class: first.class, code: first.code, retryAfterMs }, nowMs);
      const fields = { code: word(first.code), again_in_ms: untilMs - nowMs };
      telemetry.log("warn", "Apple does not answer about tokens", fields);
    }
    telemetry.gauge("attribution_circuit_open", circuits.open(clock.nowMs()).length);
  }

  /** What can't be written is left to its lease: the token is asked about again. */
  async function settle(claim: AttributionClaim, tried: readonly Tried[]): Promise<void> {
    const steps = new Map(tried.map(({ token, step }) => [token.id, step]));
    for (let tries = 1; tries <= settleTriesMax; tries += 1) {
      const settled = await attributions.settle(claim, steps, clock.nowMs());
      if (settled.ok) {
        for (const { step } of tried.filter(wasSeenTo)) {
          telemetry.count("attribution_tokens_total", 1, { state: step.state });
        }
        return;
      }
      telemetry.log("warn", "attributions were not written", { code: word(settled.failure.code), tries });
      if (tries < settleTriesMax) await clock.sleep(settleAgainFirstMs * 2 ** tries);
    }
  }

  async function runOnce(): Promise<number> {
    const nowMs = clock.nowMs();
    if (circuits.open(nowMs).length > 0) return 0;
    const claimed = await attributions.claim({ tokensMax: claimTokensMax, leaseMs, nowMs });
    if (!claimed.ok) {
      telemetry.log("warn", "attributions can't be read", { code: word(claimed.failure.code) });
      await clock.sleep(againMs);
      return 0;
    }
    const { tokens } = claimed.value;
    if (tokens.length === 0) return 0;
    const turn = nextTurn();
    const tried = await Promise.all(tokens.map((token) => tryToken(token, turn)));
    followUp(tried);
    await settle(claimed.value, tried);
    if (turn.broken.length > 0) throw turn.broken[0];
    return tokens.length;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if ((await runOnce()) > 0) continue;
      await clock.sleep(lookEveryMs, signal);
      if (!signal.aborted) await attributions.awaitWork(awaitWorkMs);
    }
  }

  return { runOnce, run };
}

/** False of a token that only waited for another's answer. */
function wasSeenTo({ token, step }: Tried): boolean {
  return step.state !== "pending" || step.attempts > token.attempts;
}

function isOdd(answer: TokenAnswer): boolean {
  return answer.kind === "unanswered" && answer.class === "config";
}
