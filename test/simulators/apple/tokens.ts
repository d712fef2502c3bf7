import type { JsonObject } from "../json.ts";
import { developmentPayload, samplePayload, tokenCharsMax, tokenLifeMs, tokenPattern } from "./contract.ts";

/** What is known of a token. */
export type TokenPlan = {
  /** When the device made it; the moment it was told of, if left out. */
  issuedAtMs?: number;
  /** How long after that its record is there. Default 0. */
  readyAfterMs?: number;
  /** The record; `{attribution: false}` is none of Apple's ads. Default: the sample. */
  payload?: JsonObject;
};

/** What a token is told. */
export type Verdict = { status: 200; payload: JsonObject } | { status: 400 | 404 };

export type TokenRegistry = {
  issue: (token: string, plan?: TokenPlan) => void;
  judge: (token: string, nowMs: number) => Verdict;
  clear: () => void;
};

/**
 * Knows tokens that were issued. One that was not is read by how it begins, unless `knownOnly`: `organic`,
 * `development`, `missing` and `invalid` say what they are told, any other is told the sample.
 */
export function openTokens(options: { knownOnly: boolean; now: () => number }): TokenRegistry {
  const plans = new Map<string, Required<TokenPlan>>();

  return {
    issue: (token, { issuedAtMs = options.now(), readyAfterMs = 0, payload = samplePayload } = {}) => {
      plans.set(token, { issuedAtMs, readyAfterMs, payload });
    },
    judge: (token, nowMs) => {
      if (token.length > tokenCharsMax || !tokenPattern.test(token)) return { status: 400 };
      const plan = plans.get(token);
      if (plan === undefined) return options.knownOnly ? { status: 400 } : readToken(token);
      const ageMs = nowMs - plan.issuedAtMs;
      if (ageMs < plan.readyAfterMs || ageMs > tokenLifeMs) return { status: 404 };
      return { status: 200, payload: plan.payload };
    },
    clear: () => plans.clear(),
  };
}

function readToken(token: string): Verdict {
  if (token.startsWith("invalid")) return { status: 400 };
  if (token.startsWith("missing")) return { status: 404 };
  if (token.startsWith("organic")) return { status: 200, payload: { attribution: false } };
  return { status: 200, payload: token.startsWith("development") ? developmentPayload : samplePayload };
}
