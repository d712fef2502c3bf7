import type { AttributionState } from "../../domain/model/attribution.ts";
import { samplePayload } from "../simulators/apple/contract.ts";
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
}

const hourMs = 3_600_000;
export const exchanged: TokenFate = { state: "exchanged", code: null, isTold: true };
const tooOld: TokenFate = { state: "expired", code: "token_too_old", isTold: false };

/** What a token can be beside an ordinary one. */
export const tokenKinds: readonly TokenKind[] = [
  { name: "invalid", becomes: { state: "failed", code: "apple_400", isTold: false }, plan: null },
  { name: "not yet", becomes: exchanged, plan: { readyAfterMs: 7_000 } },
  { name: "not for 20 h", becomes: exchanged, plan: { readyAfterMs: 20 * hourMs } },
  { name: "never", becomes: tooOld, plan: { readyAfterMs: 25 * hourMs } },
  { name: "organic", becomes: { ...exchanged, state: "organic" }, plan: { payload: { attribution: false } } },
  {
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
}

function survived(trouble: Trouble): AppleTrouble {
  return { ...trouble, costs: null };
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
  ...[nothing, struck("throttle"), struck("serverError"), struck("notFound"), struck("unreadable")].map(survived),
  ...[struck("forbidden"), lasting("forbidden", 6)].map(survived),
  ...[struck("html502"), slow, struck("answerLostAfterCommit", true), struck("resetBeforeCommit")].map(survived),
  ...["throttle", "serverError", "notFound", "html502", "resetBeforeCommit"]
    .map((fault) => lasting(fault, 6))
    .map(survived),
  ...[cutOff(6), cutOff(23)].map(survived),
  ...[cutOff(25), lasting("serverError", 25)].map((trouble) => ({ ...trouble, costs: tooOld })),
];
