import type { AttributionState } from "../../domain/model/attribution.ts";
import { samplePayload, tokenLifeMs } from "../simulators/apple/contract.ts";
import type { TokenPlan } from "../simulators/apple/tokens.ts";
import { cutOff, lasting, nothing, struck, type Trouble } from "./relay-troubles.ts";

/** What must become of a token. */
export interface TokenFate {
  readonly state: AttributionState;
  readonly code: string | null;
  /** Whether Apple tells its record: that is what counts as an effect there. */
  readonly isTold: boolean;
}

/** What is particular about a token. */
export interface TokenKind {
  readonly name: string;
  readonly becomes: TokenFate;
  /** What Apple knows of it; null if Apple never issued it. */
  readonly plan: TokenPlan | null;
  readonly isDenied?: boolean;
  /** How long it may take after Apple has its record until it is asked about again. Units: virtual milliseconds. */
  readonly waitsMs: number;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const exchanged: TokenFate = { state: "exchanged", code: null, isTold: true };
const tooOld: TokenFate = { state: "expired", code: "token_too_old", isTold: false };

export const ordinaryToken: TokenKind = { name: "ordinary", becomes: exchanged, plan: {}, waitsMs: 0 };

/** What a token can be beside an ordinary one. */
export const tokenKinds: readonly TokenKind[] = [
  { ...ordinaryToken, name: "invalid", becomes: { state: "failed", code: "apple_400", isTold: false }, plan: null },
  { ...ordinaryToken, name: "not yet", plan: { readyAfterMs: 7 * secondMs }, waitsMs: 5 * secondMs },
  { ...ordinaryToken, name: "not for 20 h", plan: { readyAfterMs: 20 * hourMs }, waitsMs: hourMs },
  { ...ordinaryToken, name: "never", becomes: tooOld, plan: { readyAfterMs: 25 * hourMs } },
  {
    ...ordinaryToken,
    name: "organic",
    becomes: { ...exchanged, state: "organic" },
    plan: { payload: { attribution: false } },
  },
  {
    ...ordinaryToken,
    name: "denied",
    becomes: { state: "failed", code: "consent_denied", isTold: false },
    plan: { payload: samplePayload },
    isDenied: true,
  },
];

/** A trouble at Apple; a token lives for a day, and none outlives a longer one. */
export interface AppleTrouble extends Trouble {
  /** What becomes of every token that Apple had to be asked about; null if each fares as its kind does. */
  readonly costs: TokenFate | null;
  /** How much longer than without it a token may take, counted from its end. Units: virtual milliseconds. */
  readonly waitsMs: number;
}

/** A trouble that lasts: who got no answer asks again within a quarter of an hour, unless told otherwise. */
function survived(trouble: Trouble, waitsMs = 15 * minuteMs): AppleTrouble {
  return { ...trouble, costs: null, waitsMs };
}

/** A few requests in vain, perhaps of one token: waits of 5, 10 and 20 seconds, unless told otherwise. */
function shrugged(trouble: Trouble, waitsMs = 35 * secondMs): AppleTrouble {
  return survived(trouble, waitsMs);
}

function outlasting(trouble: Trouble): AppleTrouble {
  return { ...trouble, costs: tooOld, waitsMs: 0 };
}

const strikes = 3;
/** Sixty-four requests are under way at once, and none of them may be late but those that are meant. */
const slow: Trouble = {
  ...struck("slow", true),
  timeoutMs: 400,
  begin: ({ simulator }) => simulator.fail("slow", { times: strikes, afterMs: 600 }),
};

/** Every trouble of Apple's: it has no account and no batch, so that nothing can be revoked or halved. */
export const appleTroubles: readonly AppleTrouble[] = [
  shrugged(nothing, 0),
  // Apple asks for a minute, and the wait for all grows with each refusal.
  shrugged(struck("throttle"), 4 * minuteMs),
  ...[struck("serverError"), struck("unreadable")].map((trouble) => shrugged(trouble)),
  shrugged(struck("notFound"), strikes * 5 * secondMs),
  // Nobody knows what it means: it is looked at again every half hour.
  shrugged(struck("forbidden"), strikes * 30 * minuteMs),
  survived(lasting("forbidden", 6), 30 * minuteMs),
  ...[struck("html502"), slow, struck("answerLostAfterCommit", true), struck("resetBeforeCommit")].map((trouble) =>
    shrugged(trouble),
  ),
  // An answer that there is no record: after hours of it, a token is asked about once an hour.
  survived(lasting("notFound", 6), hourMs),
  ...["throttle", "serverError", "html502", "resetBeforeCommit"].map((fault) => survived(lasting(fault, 6))),
  ...[cutOff(6), cutOff(23)].map((trouble) => survived(trouble)),
  ...[cutOff(25), lasting("serverError", 25)].map(outlasting),
];

/** How long Apple is left alone at most, so that a token may outlive itself. */
const leftAloneMs = 5 * minuteMs;

export interface ExpectedEnd {
  readonly fate: TokenFate;
  /** Units: virtual milliseconds since the token came. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What must become of a token in a trouble, not before and not after when; who denies may end behind the others. */
export function endOf({ becomes, plan, isDenied, waitsMs }: TokenKind, trouble: AppleTrouble): ExpectedEnd {
  const fate = isDenied ? becomes : (trouble.costs ?? becomes);
  if (fate.state === "expired") return { fate, fromMs: tokenLifeMs, untilMs: tokenLifeMs + leftAloneMs };
  const toldMs = Math.max(plan?.readyAfterMs ?? 0, trouble.lastsMs ?? 0);
  const untilMs = Math.min(tokenLifeMs, toldMs + waitsMs + trouble.waitsMs);
  return { fate, fromMs: isDenied ? 0 : toldMs, untilMs };
}
