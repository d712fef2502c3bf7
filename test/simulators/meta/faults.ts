import { type Answer, badToken, htmlAnswer, type Refusal, refusedAnswer, usageHeaders } from "./answers.ts";

export const faultNames = [
  "throttle",
  "tokenRevoked",
  "transient",
  "html502",
  "slow",
  "quotaNearlyUsed",
  "answerLostAfterCommit",
  "resetBeforeCommit",
] as const;

export type Fault = (typeof faultNames)[number];

export type FaultOptions = {
  /** How many requests it strikes. Default 1; Infinity until the faults are cleared. */
  times?: number;
  /** How long the request is held first. Default 0, for `slow` 2,000. */
  afterMs?: number;
  /** One of the fault's codes; without it they take turns. */
  code?: number;
  /** Strikes requests for this dataset only. */
  dataset?: string;
  /** Minutes that a throttled caller is told to wait. Default 1. */
  regainMinutes?: number;
};

/** A fault that strikes the request at hand. `turn` counts how often this kind has struck before. */
export type Strike = { fault: Fault; afterMs: number; code?: number; regainMinutes: number; turn: number };

export type Faults = {
  fail: (fault: Fault, options?: FaultOptions) => void;
  /** Takes the oldest fault that fits this dataset. */
  next: (dataset: string) => Strike | null;
  clear: () => void;
};

const slowMs = 2000;
const nearlyUsedPercent = 95;

const throttles: readonly Refusal[] = [
  { status: 500, code: 17, subcode: 2446079, message: "User request limit reached", transient: true },
  { status: 400, code: 613, subcode: 1487742, message: "Calls to this api have exceeded the rate limit." },
  { status: 400, code: 4, subcode: 1504022, message: "Application request limit reached", transient: true },
];

const transients: readonly Refusal[] = [
  { status: 500, code: 1, message: "An unknown error occurred", transient: true },
  { status: 503, code: 2, message: "Service temporarily unavailable", transient: true },
];

/** A revoked token is answered with either status: callers must read the code. */
const revocations: readonly Refusal[] = [badToken(401), badToken(500)];

/** Tells whether a word names a fault. */
export function isFault(value: unknown): value is Fault {
  return faultNames.some((name) => name === value);
}

/** Opens an empty queue of faults; the oldest strikes first. */
export function openFaults(): Faults {
  let waiting: { fault: Fault; options: FaultOptions; left: number }[] = [];
  const turns = new Map<Fault, number>();

  return {
    fail: (fault, options = {}) => {
      const left = options.times ?? 1;
      if (!(left > 0)) throw new RangeError("times must be positive");
      waiting.push({ fault, options, left });
    },
    next: (dataset) => {
      const found = waiting.find(({ options }) => options.dataset === undefined || options.dataset === dataset);
      if (found === undefined) return null;
      found.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      const turn = turns.get(found.fault) ?? 0;
      turns.set(found.fault, turn + 1);
      const { code, regainMinutes = 1, afterMs = found.fault === "slow" ? slowMs : 0 } = found.options;
      return { fault: found.fault, afterMs, regainMinutes, turn, ...(code === undefined ? {} : { code }) };
    },
    clear: () => {
      waiting = [];
      turns.clear();
    },
  };
}

/** The answer that stands in for the vendor's own, or null where the request goes on. */
export function answerInstead(strike: Strike, dataset: string, traceId: string): Answer | null {
  switch (strike.fault) {
    case "throttle": {
      const answer = refusedAnswer(pick(throttles, strike), traceId);
      const headers = usageHeaders({ dataset, percent: 100, regainMinutes: strike.regainMinutes });
      return { ...answer, headers: { ...answer.headers, ...headers } };
    }
    case "tokenRevoked":
      return refusedAnswer(pick(revocations, strike), traceId);
    case "transient":
      return refusedAnswer(pick(transients, strike), traceId);
    case "html502":
      return htmlAnswer();
    default:
      return null;
  }
}

/** Adds what a good answer carries under this fault. */
export function dressAnswer(answer: Answer, strike: Strike | null, dataset: string): Answer {
  if (strike?.fault !== "quotaNearlyUsed") return answer;
  const headers = usageHeaders({ dataset, percent: nearlyUsedPercent, regainMinutes: 0 });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function pick(refusals: readonly Refusal[], strike: Strike): Refusal {
  const fitting = refusals.filter(({ code }) => strike.code === undefined || strike.code === code);
  const refusal = fitting[strike.turn % fitting.length];
  if (refusal === undefined) throw new RangeError(`${strike.fault} has no such code`);
  return refusal;
}
