import { type Grouping, groupings } from "./request-pool.ts";

export const phaseNames = ["acknowledged", "limits", "stored", "relayed", "growth", "flood"] as const;
export type PhaseName = (typeof phaseNames)[number];

/** What to measure, and for how long. */
export interface Plan {
  readonly isShort: boolean;
  readonly phases: readonly PhaseName[];
  readonly groupings: readonly Grouping[];
  /** Units: seconds; singles are watched for longer, since they show whether the store keeps up. */
  readonly seconds: number;
  readonly singleSeconds: number;
  readonly batchSeconds: number;
  readonly warmUpSeconds: number;
  readonly floodSeconds: number;
  /** Stored for the store's limits. */
  readonly limitEvents: number;
  readonly seed: number;
  readonly rules: number;
  readonly customJs: boolean;
  readonly against: string | null;
  readonly jsonPath: string | null;
  readonly svgPath: string | null;
}

/** A command line that can't be followed; the message says why. */
export class PlanError extends Error {}

export const usage = `npm run bench -- throughput [options]

  --short                 about two minutes; without it about twenty
  --phases=NAMES          of ${phaseNames.join(", ")}; without it all but the last two
  --growth, --flood       these, too
  --groupings=LIST        of ${groupings.join(", ")}: events to a request
  --seconds=N             how long each phase is watched
  --seed=N                the same seed makes the same events
  --custom-js             with a script in the data layer
  --against=COMMIT        the same for another revision of this repository
  --json FILE             the figures
  --svg FILE              a chart of them
`;

const defaultPhases: readonly PhaseName[] = ["acknowledged", "limits", "stored", "relayed"];
const full = {
  groupings,
  seconds: 20,
  singleSeconds: 60,
  // What batches bring in more fills the backlog, and then another thing is measured.
  batchSeconds: 4,
  warmUpSeconds: 1.5,
  floodSeconds: 60,
  limitEvents: 100_000,
};
const short = {
  groupings: ["single", 100] as readonly Grouping[],
  seconds: 3,
  singleSeconds: 2,
  batchSeconds: 1,
  warmUpSeconds: 0.7,
  floodSeconds: 3,
  limitEvents: 20_000,
};
const seedDefault = 20_261_201;
const rulesDefault = 3;
const valued = ["phases", "groupings", "seconds", "seed", "against", "json", "svg"];
const plain = ["short", "growth", "flood", "custom-js"];

/** Reads the part's own command line. Errors: `PlanError`. */
export function readPlan(args: readonly string[]): Plan {
  const given = readOptions(args);
  const isShort = given.has("short");
  const size = isShort ? short : full;
  const seconds = numberOf(given.get("seconds"), "seconds");
  const phases = listOf(given.get("phases"), phaseNames, "phase") ?? defaultPhases;
  const extra = (["growth", "flood"] as const).filter((name) => given.has(name) && !phases.includes(name));
  return {
    ...size,
    ...(seconds === null ? {} : { seconds, singleSeconds: seconds, batchSeconds: seconds, floodSeconds: seconds }),
    isShort,
    phases: [...phases, ...extra],
    groupings: groupingsOf(given.get("groupings")) ?? size.groupings,
    seed: numberOf(given.get("seed"), "seed") ?? seedDefault,
    rules: rulesDefault,
    customJs: given.has("custom-js"),
    against: given.get("against") ?? null,
    jsonPath: given.get("json") ?? null,
    svgPath: given.get("svg") ?? null,
  };
}

/** `--name`, `--name=value`, and `--name value` where one is wanted. */
function readOptions(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const [, name = "", value] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[at] as string) ?? [];
    if (plain.includes(name) && value === undefined) given.set(name, "");
    else if (valued.includes(name)) given.set(name, value ?? args[(at += 1)] ?? "");
    else throw new PlanError(`${args[at]}: no such option`);
    if (valued.includes(name) && given.get(name) === "") throw new PlanError(`--${name} needs a value`);
  }
  return given;
}

function numberOf(text: string | undefined, name: string): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (!(number > 0)) throw new PlanError(`--${name} must be a number above 0`);
  return number;
}

function listOf<T extends string>(text: string | undefined, known: readonly T[], what: string): T[] | null {
  if (text === undefined) return null;
  return text.split(",").map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new PlanError(`${name}: no such ${what}; there are ${known.join(", ")}`);
    return found;
  });
}

function groupingsOf(text: string | undefined): Grouping[] | null {
  const names = listOf(text, groupings.map(String), "grouping");
  return names?.map((name) => groupings.find((grouping) => String(grouping) === name) as Grouping) ?? null;
}
