import type { Expression, RoutingRule } from "../../domain/model/program.ts";
import { segments, texts } from "./kernel-texts.ts";
import type { SeededRandom } from "./seeded-random.ts";

const values = ["u", "x", "", "Order Completed", "track", 1, 12.5, 3, true, false, null, "\u00e9"];

function term(random: SeededRandom, depth: number): Expression {
  const dice = random.below(depth <= 0 ? 60 : 100);
  if (dice < 20) return { op: "literal", value: random.pick(values) };
  if (dice < 60) {
    const rest = Array.from({ length: random.below(3) }, () =>
      random.chance(15) ? random.below(3) : random.pick(segments),
    );
    return {
      op: "path",
      segments: [random.pick(["properties", "context", "traits", "event", "userId", "type", "a"]), ...rest],
    };
  }
  if (dice < 75) return { op: random.pick(["lower", "length", "exists", "not"] as const), of: term(random, depth - 1) };
  return condition(random, depth - 1);
}

function condition(random: SeededRandom, depth: number): Expression {
  const dice = random.below(100);
  if (dice < 12)
    return { op: "matches", of: term(random, depth), glob: random.pick(["*", "?", "O*ed", "*a*b", "u?", "t*k"]) };
  if (dice < 24) return { op: "in", of: term(random, depth), list: [random.pick(values), random.pick(values)] };
  const left = term(random, depth);
  const right = term(random, depth);
  if (dice < 40) return { op: random.pick(["and", "or"] as const), left, right };
  const ops = ["==", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "ends_with"] as const;
  return { op: random.pick(ops), left, right };
}

const rulePaths: readonly (readonly (string | number)[])[] = [
  ["event"],
  ["event"],
  ["type"],
  ["userId"],
  ["messageId"],
  ["name"],
  ["timestamp"],
  ["context", "locale"],
  ["context", "geo", "country"],
  ["context", "device", "os"],
  ["context", "app"],
  ["context", "page", "a"],
  ["properties"],
  ["traits", "name"],
];
const ruleNumbers = [0, 1, 3, 12.5, -300, 2, 0.000001, 1e21, 9007199254740992, 1e308];

/** A condition as people write them, about words that events hold: few are true, and each is at times. */
function plainCondition(random: SeededRandom, depth: number): Expression {
  if (depth > 0 && random.chance(30)) {
    const [left, right] = [plainCondition(random, depth - 1), plainCondition(random, depth - 1)];
    return { op: random.pick(["and", "or"] as const), left, right };
  }
  const path: Expression = { op: "path", segments: random.pick(rulePaths) };
  const of: Expression = random.chance(20) ? { op: "lower", of: path } : path;
  const dice = random.below(100);
  if (dice < 6) return { op: "not", of: { op: "exists", of } };
  if (dice < 10) return { op: "exists", of };
  const text = random.chance(20) ? random.pick(texts).toLowerCase() : random.pick(texts);
  const part = pieceOf(random, text);
  if (dice < 20) return { op: "in", of, list: [text, random.pick(values), random.pick(texts)] };
  if (dice < 32)
    return { op: "matches", of, glob: random.pick([`${part}*`, `*${part}`, `*${part}*`, `${part}?*`, part]) };
  const number = random.chance(25);
  const right: Expression = {
    op: "literal",
    value: number ? random.pick(ruleNumbers) : random.chance(50) ? text : part,
  };
  if (number || dice < 40) return { op: random.pick(["==", "<", "<=", ">", ">="] as const), left: of, right };
  return { op: random.pick(["==", "==", "contains", "starts_with", "ends_with"] as const), left: of, right };
}

/** A stretch of whole characters. */
function pieceOf(random: SeededRandom, text: string): string {
  const characters = [...text];
  const start = random.chance(40) ? 0 : random.below(characters.length + 1);
  const end = random.chance(40) ? characters.length : start + random.below(characters.length - start + 1);
  return characters.slice(start, end).join("");
}

/** Few rules of any shape, or so many that the kernel indexes them. */
export function anyRules(random: SeededRandom): RoutingRule[] {
  const many = random.chance(50);
  return Array.from({ length: random.below(many ? 41 : 4) }, () => ({
    condition: random.chance(many ? 3 : 70) ? condition(random, 2) : plainCondition(random, 2),
    action: random.chance(60) ? "pass" : "drop",
  }));
}
