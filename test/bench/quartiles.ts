/** The middle of a list of samples, and how far its middle half spreads. */
export interface Quartiles {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

export function quartiles(samples: readonly number[], digits: number): Quartiles {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] as number).toFixed(digits));
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}
