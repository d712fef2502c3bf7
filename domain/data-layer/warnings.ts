import type { ConfigFault, DataLayerConfig } from "../model/data-layer.ts";
import type { Expression } from "../model/program.ts";
import type { TransformationRule } from "../model/transformation.ts";
import { caretAt } from "./expression/fault.ts";
import { parseCondition } from "./expression/parse.ts";
import { tokenize } from "./expression/tokens.ts";
import { nearName } from "./fields.ts";
import { parsePath } from "./paths.ts";

/** Members that an event may have at its top: what SDKs send, and what ingest adds. */
const roots: readonly string[] = [
  ...["type", "event", "name", "messageId", "userId", "anonymousId", "groupId", "previousId", "properties", "traits"],
  ...["context", "integrations", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "category", "channel"],
  ...["version", "writeKey", "projectId", "_metadata"],
];

/**
 * What is probably not meant in a configuration that is valid: conditions and paths on a member that no event has.
 *
 * A missing member is null, so that such a rule runs and never holds, or always. Shape: as faults are told.
 */
export function configWarnings(config: DataLayerConfig): ConfigFault[] {
  const { hash_fields: hashed, redact_fields: removed } = config.pii_rules;
  return [
    ...hashed.flatMap((path, n) => pathWarnings(path, `config.pii_rules.hash_fields[${n}]`)),
    ...removed.flatMap((path, n) => pathWarnings(path, `config.pii_rules.redact_fields[${n}]`)),
    ...config.routing_rules.flatMap(({ condition }, n) =>
      conditionWarnings(condition).map((warning) => ({ path: `config.routing_rules[${n}].condition`, ...warning })),
    ),
  ];
}

/** Of a transformation's rules: what they delete, move or look at where no event has it. */
export function ruleWarnings(rules: readonly TransformationRule[], root = "rules"): ConfigFault[] {
  return rules.flatMap((rule, n) => {
    const at = `${root}[${n}]`;
    const condition = rule.type === "filter" ? conditionWarnings(rule.condition) : [];
    return [
      ...("path" in rule ? pathWarnings(rule.path, `${at}.path`, ["identity"]) : []),
      ...("to" in rule ? pathWarnings(rule.to, `${at}.to`, ["identity"]) : []),
      ...condition.map((warning) => ({ path: `${at}.condition`, ...warning })),
    ];
  });
}

/** A path that begins at a member that no event has; paths match in any case. */
function pathWarnings(path: string, place: string, more: readonly string[] = []): ConfigFault[] {
  const parsed = parsePath(path);
  const root = parsed.ok ? parsed.pattern[0] : undefined;
  const known = [...roots, ...more];
  if (root === undefined || root === "*" || known.some((name) => name.toLowerCase() === root.toLowerCase())) return [];
  const near = nearName(known, root);
  const hint = near === undefined ? placesHint : `Did you mean ${near}?`;
  const message = "Events have no such field at their top; the path leads to nothing.";
  return [{ path: place, code: "unknown_field", message, hint, position: 0, caret: caretAt(path, 0) }];
}

const placesHint = "Fields of the sender's own are under properties, traits or context: properties.plan";

/** The unknown roots of one condition, each once. */
export function conditionWarnings(condition: string): Omit<ConfigFault, "path">[] {
  const tokens = tokenize(condition);
  if (!Array.isArray(tokens)) return [];
  const parsed = parseCondition(tokens);
  if ("code" in parsed) return [];
  const seen = new Set<string>();
  return pathsOf(parsed.expression).flatMap((path) => {
    const [root] = path.segments;
    if (typeof root !== "string" || roots.includes(root) || seen.has(root)) return [];
    seen.add(root);
    const position = parsed.positions.get(path) ?? 0;
    const near = roots.find((name) => name.toLowerCase() === root.toLowerCase()) ?? nearName(roots, root);
    const hint = near === undefined ? placesHint : `Did you mean ${near}?`;
    const message = "Events have no such field at their top; it is null, so the comparison never changes.";
    return [{ code: "unknown_field", message, hint, position, caret: caretAt(condition, position) }];
  });
}

function pathsOf(expression: Expression): Extract<Expression, { op: "path" }>[] {
  if (expression.op === "path") return [expression];
  if ("left" in expression) return [...pathsOf(expression.left), ...pathsOf(expression.right)];
  return "of" in expression ? pathsOf(expression.of) : [];
}
