const quietMs = 60_000;
/** Lines that are remembered; what differs more than that is said each time. */
const linesMax = 500;

interface Said {
  readonly atMs: number;
  /** How often it was kept quiet since. */
  kept: number;
}

/**
 * Makes the memory that says one line once a minute, so that a failure that goes on for hours buries no other.
 *
 * Shape: null if the line was said within the minute; else how often it came since it was last said, this one included.
 */
export function createRepeatedLines(): (line: string, nowMs: number) => number | null {
  const said = new Map<string, Said>();
  return function timesToSay(line, nowMs) {
    const before = said.get(line);
    if (before && nowMs >= before.atMs && nowMs < before.atMs + quietMs) {
      before.kept += 1;
      return null;
    }
    said.delete(line);
    if (said.size >= linesMax) said.delete(said.keys().next().value as string);
    said.set(line, { atMs: nowMs, kept: 0 });
    return 1 + (before?.kept ?? 0);
  };
}
