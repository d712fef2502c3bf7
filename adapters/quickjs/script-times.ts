/** How long scripts may take. Units: milliseconds. */
export interface ScriptTimes {
  /** What one event may take of the processor. */
  readonly eventMsMax: number;
  /** What it may take by the clock on a busy machine, if it ran for `ranMsMin` of that. */
  readonly busyMsMax: number;
  /** Who ran for less was kept waiting by others: starting a script takes up to 17, most events a hundredth. */
  readonly ranMsMin: number;
  /** What it may take by the clock, however busy the machine is. */
  readonly stepMsMax: number;
  /** Beyond these, when the engine's own interrupt has failed: the process is killed. */
  readonly killGraceMs: number;
  /** How long an owner waits for an answer whose process says nothing: its watch has failed. */
  readonly exchangeMsMax: number;
}

/** What one event may take of the processor, unless the sandbox is opened with another bound. */
export const eventMsMaxDefault = 50;

const clockGraceMs = 10;
const stepsPerEvent = 20;
const exchangeSteps = 5;

/** Derives all times from what one event may take: a sandbox process and its owner derive the same. */
export function timesFor(eventMsMax = eventMsMaxDefault): ScriptTimes {
  const stepMsMax = eventMsMax * stepsPerEvent;
  return {
    eventMsMax,
    busyMsMax: eventMsMax + clockGraceMs,
    ranMsMin: eventMsMax / 2,
    stepMsMax,
    killGraceMs: clockGraceMs,
    exchangeMsMax: stepMsMax * exchangeSteps,
  };
}
