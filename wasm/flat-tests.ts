import { plainPatternOf } from "../domain/data-layer/expression/pattern.ts";
import type { Expression } from "../domain/model/program.ts";

export type Path = Extract<Expression, { readonly op: "path" }>;

/** A value that tests look at, found once an event: what stands at a path, or its lower case. */
export type Source = Path | { readonly op: "lower"; readonly of: Path };

/** One comparison of a source with what is known beforehand (assembly/routing.ts). */
export type FlatTest =
  | { readonly kind: "tags"; readonly of: Source; readonly tags: number }
  | { readonly kind: TextKind; readonly of: Source; readonly text: string }
  | {
      readonly kind: "text_order" | "number_order";
      readonly of: Source;
      readonly accept: number;
      readonly text: string;
    };

export type TextKind = "equals" | "starts" | "ends" | "contains" | "glob";

/** Bits by the tag of a value: null, false, true, string, number, array, object. */
export const stringTag = 1 << 3;
export const numberTag = 1 << 4;
const anyTag = 0x7e;
const literalTags = new Map<unknown, number>([
  [null, 1 << 0],
  [false, 1 << 1],
  [true, 1 << 2],
]);

/** Bits by what an order may come to: below, equal, above. */
const accepted = { "==": 2, "<": 1, "<=": 3, ">": 4, ">=": 6 } as const;
const textKinds = { starts_with: "starts", ends_with: "ends", contains: "contains" } as const;

/** Takes apart what has a simpler form of the same meaning: `!=` and `in`. */
export function simplify(given: Expression): Expression {
  if (given.op === "!=") return { op: "not", of: { op: "==", left: given.left, right: given.right } };
  if (given.op !== "in") return given;
  return given.list.reduceRight<Expression>(
    (rest, value) => {
      const item: Expression = { op: "==", left: given.of, right: { op: "literal", value } };
      return rest.op === "literal" ? item : { op: "or", left: item, right: rest };
    },
    { op: "literal", value: false },
  );
}

/** The condition as one flat test, or null where it takes more than that. */
export function flatTest(given: Expression): FlatTest | null {
  if (isSource(given)) return { kind: "tags", of: given, tags: 1 << 2 };
  if (given.op === "exists") return isSource(given.of) ? { kind: "tags", of: given.of, tags: anyTag } : null;
  if (given.op === "matches") return isSource(given.of) ? globTest(given.of, given.glob) : null;
  if (!("left" in given) || !isSource(given.left) || given.right.op !== "literal") return null;
  const { op, left: of } = given;
  const { value } = given.right;
  if (op === "starts_with" || op === "ends_with" || op === "contains") {
    return typeof value === "string" ? { kind: textKinds[op], of, text: value } : null;
  }
  if (op === "and" || op === "or" || op === "!=") return null;
  const tags = literalTags.get(value);
  if (tags !== undefined) return op === "==" ? { kind: "tags", of, tags } : null;
  if (typeof value === "number") return { kind: "number_order", of, accept: accepted[op], text: String(value) };
  if (op === "==") return { kind: "equals", of, text: value as string };
  return { kind: "text_order", of, accept: accepted[op], text: value as string };
}

export function isSource(given: Expression): given is Source {
  return given.op === "path" || (given.op === "lower" && given.of.op === "path");
}

/** Most patterns are a text with a star at an end or two, which is quicker to find than any pattern. */
function globTest(of: Source, glob: string): FlatTest {
  const plain = plainPatternOf(glob);
  if (plain === null) return { kind: "glob", of, text: glob };
  const { kind, text } = plain;
  return kind === "starts" && text === "" ? { kind: "tags", of, tags: stringTag } : { kind, of, text };
}

/** The text with which everything begins that passes, or "". */
export function beginningOf(test: FlatTest): string {
  if (test.kind === "equals" || test.kind === "starts") return test.text;
  return test.kind === "glob" ? (/^[^*?]*/.exec(test.text)?.[0] ?? "") : "";
}
