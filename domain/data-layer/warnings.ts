import type { ConfigFault, DataLayerConfig } from "../model/data-layer.ts";
import type { Expression } from "../model/program.ts";
import { caretAt } from "./expression/fault.ts";
import { parseCondition } from "./expression/parse.ts";
import { tokenize } from "./expression/tokens.ts";
import { nearName } from "./fields.ts";

/** Members that an event may have at its top: what SDKs send, and what ingest adds. */
const roots: readonly string[] = [
  ...["type", "event", "name", "messageId", "userId", "anonymousId", "groupId", "previousId", "properties", "traits"],
  ...["context", "integrations", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "category", "channel"],
  ...["version", "writeKey", "projectId", "_metadata"],
];

/**
 * What is probably not meant in a configuration that is valid: conditions on a member that no event has.
 *
 * A missing member is null, so that such a rule runs and never holds, or always. Shape: as faults are told.
 */
export function configWarnings(config: DataLayerConfig): ConfigFault[] {
  return config.routing_rules.flatMap(({ condition }, n) =>
    conditionWarnings(condition).map((warning) => ({ path: `config.routing_rules[${n}].condition`, ...warning })),
  );
}

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
    const hint =
      near === undefined
        ? "Fields of the sender's own are under properties, traits or context: properties.plan"
        : `Did you mean ${near}?`;
    const message = "Events have no such field at their top; it is null, so the comparison never changes.";
    return [{ code: "unknown_field", message, hint, position, caret: caretAt(condition, position) }];
  });
}

function pathsOf(expression: Expression): Extract<Expression, { op: "path" }>[] {
  if (expression.op === "path") return [expression];
  if ("left" in expression) return [...pathsOf(expression.left), ...pathsOf(expression.right)];
  return "of" in expression ? pathsOf(expression.of) : [];
}
