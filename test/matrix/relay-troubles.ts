import type { Simulator } from "../simulators/server.ts";

/** What a trouble acts on: the simulator, and the way to it. */
export interface Stage {
  readonly simulator: Simulator<string>;
  readonly token: string;
  /** Cuts the vendor off: no connection comes about. */
  reachable(yes: boolean): void;
}

/** What goes wrong at the vendor, for how long, and what it leaves in doubt. */
export interface Trouble {
  readonly name: string;
  /** The simulator's faults that it plays. */
  readonly faults: readonly string[];
  /** Whether the vendor may take a batch whose answer is lost: then it sees events twice, and must count them once. */
  readonly isAmbiguous: boolean;
  /** How long a request may take before the relay gives it up. Units: real milliseconds. */
  readonly timeoutMs: number;
  /** The code under which an event is buried that meets it alone: it is taken for that event's own fault. */
  readonly refusesAlone?: string;
  begin(stage: Stage): void;
  /** Null: it strikes a few requests and is over. Units: virtual milliseconds. */
  readonly lastsMs: number | null;
  end(stage: Stage): void;
}

const hourMs = 3_600_000;
const patientMs = 60_000;
const strikes = 3;
/** Past the timeout, so that the answer comes too late. */
const slowTimeoutMs = 60;
const slowAfterMs = 90;

/** Strikes a few requests. */
export function struck(fault: string, isAmbiguous = false): Trouble {
  const slow = fault === "slow" ? { afterMs: slowAfterMs } : {};
  return {
    name: fault,
    faults: [fault],
    isAmbiguous,
    timeoutMs: fault === "slow" ? slowTimeoutMs : patientMs,
    begin: ({ simulator }) => simulator.fail(fault, { times: strikes, ...slow }),
    lastsMs: null,
    end: ({ simulator }) => simulator.clearFaults(),
  };
}

/** Strikes every request for hours. */
export function lasting(fault: string, hours: number): Trouble {
  return {
    ...struck(fault),
    name: `${fault} for ${hours} h`,
    begin: ({ simulator }) => simulator.fail(fault, { times: Number.POSITIVE_INFINITY }),
    lastsMs: hours * hourMs,
  };
}

/** A batch is refused for what might be one of its events: it is halved, and only who stands alone is buried. */
function refusing(fault: string, code: string): Trouble {
  return { ...struck(fault), refusesAlone: code };
}

const quiet: Pick<Trouble, "faults" | "isAmbiguous" | "timeoutMs"> = {
  faults: [],
  isAmbiguous: false,
  timeoutMs: patientMs,
};

export const nothing: Trouble = { ...quiet, name: "nothing", begin() {}, lastsMs: null, end() {} };

/** No connection comes about for hours. */
export function cutOff(hours: number): Trouble {
  return {
    ...quiet,
    name: `unreachable for ${hours} h`,
    begin: ({ reachable }) => reachable(false),
    lastsMs: hours * hourMs,
    end: ({ reachable }) => reachable(true),
  };
}

/** Every trouble of the matrix; those whose faults a vendor's simulator does not know are not played there. */
export const troubles: readonly Trouble[] = [
  nothing,
  struck("throttle"),
  struck("tokenRevoked"),
  struck("transient"),
  struck("quotaNearlyUsed"),
  {
    ...struck("quotaUsedUp"),
    begin: ({ simulator }) => simulator.fail("quotaUsedUp", { times: strikes, regainMinutes: 12 }),
  },
  struck("unavailable"),
  struck("gone"),
  struck("refused"),
  struck("redirect"),
  struck("hugeAnswer"),
  refusing("badRequest", "http_400"),
  refusing("tooLarge", "http_413"),
  struck("html502"),
  struck("slow", true),
  struck("answerLostAfterCommit", true),
  struck("resetBeforeCommit"),
  {
    ...quiet,
    name: "a token revoked for 6 h",
    begin: ({ simulator, token }) => simulator.revokeToken(token),
    lastsMs: 6 * hourMs,
    end: ({ simulator, token }) => simulator.restoreToken(token),
  },
  cutOff(24),
  lasting("html502", 24),
  lasting("transient", 24),
  lasting("throttle", 24),
  lasting("resetBeforeCommit", 24),
  lasting("unavailable", 24),
  lasting("gone", 24),
];

/** The troubles that a simulator of these faults can play. */
export function troublesAmong(faultNames: readonly string[]): Trouble[] {
  return troubles.filter(({ faults }) => faults.every((fault) => faultNames.includes(fault)));
}
