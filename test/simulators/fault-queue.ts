/** Faults that every vendor can have; each vendor adds its own. */
export const connectionFaults = ["html502", "slow", "answerLostAfterCommit", "resetBeforeCommit"] as const;
export type ConnectionFault = (typeof connectionFaults)[number];

export type FaultOptions = {
  /** How many requests it strikes. Default 1; Infinity until the faults are cleared. */
  times?: number;
  /** How long the request is held first. Default 0, for `slow` 2,000. */
  afterMs?: number;
  /** One of the fault's codes; without it they take turns. */
  code?: number;
  /** Strikes requests for this target only: a dataset, a pixel, an app. */
  target?: string;
  /** Minutes that a throttled caller is told to wait, where the vendor says so. Default 1. */
  regainMinutes?: number;
};

/** A fault that strikes the request at hand. `turn` counts how often this kind has struck before. */
export type Strike<F extends string> = {
  fault: F;
  afterMs: number;
  code?: number;
  regainMinutes: number;
  turn: number;
};

export type FaultQueue<F extends string> = {
  fail: (fault: F, options?: FaultOptions) => void;
  /** Takes the oldest fault that fits this target. */
  next: (target: string) => Strike<F> | null;
  clear: () => void;
};

const slowMs = 2000;

/** Opens an empty queue of faults; the oldest strikes first. */
export function openFaultQueue<F extends string>(): FaultQueue<F> {
  let waiting: { fault: F; options: FaultOptions; left: number }[] = [];
  const turns = new Map<F, number>();

  return {
    fail: (fault, options = {}) => {
      const left = options.times ?? 1;
      if (!(left > 0)) throw new RangeError("times must be positive");
      waiting.push({ fault, options, left });
    },
    next: (target) => {
      const found = waiting.find(({ options }) => options.target === undefined || options.target === target);
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

/** The refusal whose turn it is, or the one with the code that was asked for. */
export function pickRefusal<R extends { code: number }>(refusals: readonly R[], strike: Strike<string>): R {
  const fitting = refusals.filter(({ code }) => strike.code === undefined || strike.code === code);
  const refusal = fitting[strike.turn % fitting.length];
  if (refusal === undefined) throw new RangeError(`${strike.fault} has no such code`);
  return refusal;
}
