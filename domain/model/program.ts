import type { Limits } from "./limits.ts";

/** What the kernel executes: made from a data layer and a source by domain/data-layer/program.ts, plain data. */
export interface Program {
  /** Version of the data layer it was made from; a record pins it. */
  readonly version: number;
  /** True for a source of kind server: what an event claims of its own ip, user agent and geo counts. */
  readonly trustClaims: boolean;
  /** Digits of the calling code put before a phone number that has none, e.g. "49"; null: no phone identity. */
  readonly defaultCallingCode: string | null;
  readonly hashPaths: readonly PathPattern[];
  readonly redactPaths: readonly PathPattern[];
  readonly rules: readonly RoutingRule[];
  /** Purposes (bits of domain/model/consent) by the folded name of a category, before the usual ones; 0: none. */
  readonly consentCategories: ReadonlyMap<string, number>;
  readonly detector: { readonly phones: DetectorMode; readonly ips: DetectorMode };
  readonly limits: Limits;
}

export type DetectorMode = "off" | "flag" | "mask";

/** Segments of a path in the envelope, unescaped; `*` stands for any one key. Arrays are walked through. */
export type PathPattern = readonly string[];

export interface RoutingRule {
  readonly condition: Expression;
  readonly action: "pass" | "drop";
}

/** A checked routing condition (grammar: domain/data-layer/expression). Missing values are null; nothing can fail. */
export type Expression =
  | { readonly op: "literal"; readonly value: string | number | boolean | null }
  | { readonly op: "path"; readonly segments: readonly (string | number)[] }
  | { readonly op: "lower" | "length" | "exists" | "not"; readonly of: Expression }
  | { readonly op: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts_with" | "ends_with";
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: "matches"; readonly of: Expression; readonly glob: string }
  | { readonly op: "in"; readonly of: Expression; readonly list: readonly (string | number | boolean | null)[] };
