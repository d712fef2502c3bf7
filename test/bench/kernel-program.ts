import { checkCondition } from "../../domain/data-layer/expression/check.ts";
import { assert } from "../../domain/model/failure.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { DetectorMode, Program } from "../../domain/model/program.ts";
import type { BodyShape, EventFacts } from "../../ports/kernel.ts";

/** What an organisation set up: how many routing rules, and whether phones and IPs are detected; emails always are. */
export interface BenchSettings {
  readonly rules: number;
  readonly detector: DetectorMode;
}

export const benchSettings: BenchSettings = { rules: 3, detector: "mask" };
export const benchShape: BodyShape = { dialect: "segment", list: "batch", type: null };

/** The connection's word, the same for all events of a request. */
export const benchFacts: EventFacts = {
  drop: 0,
  geo: new TextEncoder().encode('{"country":"DE","region":"BE"}'),
  device: new TextEncoder().encode('{"type":"mobile","os":"iOS 18","browser":"Safari"}'),
};

const firstRules = [
  "event == 'Debug Event' and exists properties.debug",
  "properties.revenue < 0",
  "context.app.name in ['Test App', 'Staging']",
];

/** What organisations keep out: test events, staging sites, their own people; each of the ten kinds in turn. */
const furtherRules: readonly ((number: number) => string)[] = [
  (n) => `event == 'Internal Check ${n}'`,
  (n) => `context.page.url contains '/staging-${n}/'`,
  (n) => `properties.revenue > ${100_000 + n}`,
  (n) => `userId starts_with 'qa-${n}-'`,
  (n) => `event in ['Ping ${n}', 'Heartbeat ${n}']`,
  (n) => `context.app.name == 'Shop Preview ${n}'`,
  (n) => `context.page.path matches '/internal/${n}/*'`,
  (n) => `properties.coupon == 'TEST${n}' and properties.currency == 'EUR'`,
  (n) => `traits.plan == 'staff-${n}' or context.traits.plan == 'staff-${n}'`,
  (n) => `context.locale ends_with '-X${n}' and not exists properties.order_id`,
];

/** Conditions, no two alike; none holds for an event of the mix, so that every event is held against all of them. */
export function benchConditions(rules: number): string[] {
  return Array.from({ length: rules }, (_, at) => {
    return firstRules[at] ?? (furtherRules[at % furtherRules.length] as (number: number) => string)(at);
  });
}

/** The program of the benchmark: a hashed path, a redacted one, and what the settings say. */
export function benchProgramOf({ rules, detector }: BenchSettings): Program {
  return {
    version: 1,
    trustClaims: false,
    defaultCallingCode: "49",
    hashPaths: [
      ["traits", "first_name"],
      ["context", "traits", "first_name"],
    ],
    redactPaths: [["properties", "internal_note"]],
    rules: benchConditions(rules).map((condition) => {
      const checked = checkCondition(condition);
      assert(checked.ok, "a condition of the benchmark does not compile");
      return { condition: checked.expression, action: "drop" };
    }),
    consentCategories: new Map(),
    detector: { phones: detector, ips: detector },
    limits: defaultLimits,
  };
}

export const benchProgram: Program = benchProgramOf(benchSettings);
