import type { DataLayerVersion } from "../model/data-layer.ts";
import { assert } from "../model/failure.ts";
import type { Limits } from "../model/limits.ts";
import type { PathPattern, Program, RoutingRule } from "../model/program.ts";
import type { Source } from "../model/tenant.ts";
import { compileCategories } from "./consent-categories.ts";
import { checkCondition } from "./expression/check.ts";
import { parsePath, withContextTraits } from "./paths.ts";

/**
 * Makes what a kernel executes from an organisation's data layer and what one of its sources says of itself.
 *
 * Only a checked configuration gets here: one that does not compile is a broken invariant. With custom JavaScript on,
 * use `withoutRules` at the edge and `forReturnedEvents` on what the JavaScript returns.
 */
export function compileProgram(
  dataLayer: DataLayerVersion,
  source: Pick<Source, "kind" | "defaultCallingCode">,
  limits: Limits,
): Program {
  const { pii_rules: pii, routing_rules: rules } = dataLayer.config;
  return {
    version: dataLayer.version,
    trustClaims: source.kind === "server",
    defaultCallingCode: source.defaultCallingCode,
    hashPaths: pii.enabled ? pii.hash_fields.flatMap(compilePath) : [],
    redactPaths: pii.enabled ? pii.redact_fields.flatMap(compilePath) : [],
    rules: rules.map(compileRule),
    consentCategories: compileCategories(dataLayer.config.consent),
    detector: pii.enabled ? { phones: pii.detect_phones, ips: pii.detect_ips } : { phones: "off", ips: "off" },
    limits,
  };
}

/** The same program without its routing rules: they run after custom JavaScript, where that is on. */
export function withoutRules(program: Program): Program {
  return { ...program, rules: [] };
}

/**
 * The same program for events that passed it once and come back from custom JavaScript: their geo is the host's own
 * word. A kernel run on them needs `facts` without geo and device, and a shape that names the event's type.
 */
export function forReturnedEvents(program: Program): Program {
  return { ...program, trustClaims: true };
}

function compilePath(path: string): PathPattern[] {
  const parsed = parsePath(path);
  assert(parsed.ok, "a stored data layer has a path that does not parse");
  return withContextTraits(parsed.pattern);
}

function compileRule(rule: DataLayerVersion["config"]["routing_rules"][number]): RoutingRule {
  const checked = checkCondition(rule.condition);
  assert(checked.ok, "a stored data layer has a condition that does not compile");
  return { condition: checked.expression, action: rule.action };
}
