/** What a rule puts somewhere. */
export type Scalar = string | number | boolean | null;

/** How a value is normalised before it is hashed; `phone` is digits alone, `phone_e164` has a plus. */
export const hashForms = [
  "email",
  "phone",
  "phone_e164",
  "name",
  "city",
  "state",
  "zip",
  "country",
  "gender",
  "date_of_birth",
  "plain",
] as const;
export type HashForm = (typeof hashForms)[number];

export const ruleTypes = ["map", "set", "rename", "delete", "filter", "compute", "hash"] as const;

/** Names of the events a rule is for, as they are when it is its turn; left out: all. */
interface Scoped {
  readonly events?: readonly string[];
}

/** Puts another value in a value's place, wherever the path leads; `otherwise` for values that are not in the table. */
export interface MapRule extends Scoped {
  readonly type: "map";
  readonly path: string;
  readonly values: Readonly<Record<string, Scalar>>;
  readonly otherwise?: Scalar;
}

/** Puts a value in one place, with the objects on the way there. */
export interface SetRule extends Scoped {
  readonly type: "set";
  readonly path: string;
  readonly value: Scalar;
}

/** Moves what is in one place to another. */
export interface RenameRule extends Scoped {
  readonly type: "rename";
  readonly path: string;
  readonly to: string;
}

/** Takes away what the path leads to, wherever that is, and the identity that came from it. */
export interface DeleteRule extends Scoped {
  readonly type: "delete";
  readonly path: string;
}

/** Only events for which the condition holds are sent on. */
export interface FilterRule extends Scoped {
  readonly type: "filter";
  readonly condition: string;
}

/** Puts a calculated value in one place; where it can't be calculated, nothing changes. */
export interface ComputeRule extends Scoped {
  readonly type: "compute";
  readonly path: string;
  readonly expression: string;
}

/** Puts the SHA-256 of a normalised value in its place, wherever the path leads; left out, the key tells the form. */
export interface HashRule extends Scoped {
  readonly type: "hash";
  readonly path: string;
  readonly as?: HashForm;
}

/** One step of a transformation. */
export type TransformationRule = MapRule | SetRule | RenameRule | DeleteRule | FilterRule | ComputeRule | HashRule;

/** What an integration changes about events before they are sent to its vendor. */
export interface Transformation {
  readonly id: string;
  readonly orgId: string;
  readonly integrationId: string;
  readonly name: string;
  /** Those of one integration run in the order of their positions, then of their making. */
  readonly position: number;
  readonly enabled: boolean;
  readonly rules: readonly TransformationRule[];
  /** Counts from 1, one more with each change. */
  readonly version: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}
