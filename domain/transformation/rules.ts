import { checkCondition } from "../data-layer/expression/check.ts";
import { type ConditionFault, caretAt } from "../data-layer/expression/fault.ts";
import {
  fault,
  type ReadField,
  readList,
  readObject,
  readOneOf,
  readText,
  type Submitted,
} from "../data-layer/fields.ts";
import { holdsVersions } from "../data-layer/key-table.ts";
import { parsePath } from "../data-layer/paths.ts";
import { findPersonal, type Personal, sayPersonal, type TextUse } from "../data-layer/personal-texts.ts";
import type { ConfigFault } from "../model/data-layer.ts";
import { fieldBytesMax, transformationPathSegmentsMax, transformationRulesMax } from "../model/limits.ts";
import type { PathPattern } from "../model/program.ts";
import { hashForms, ruleTypes, type Scalar, type TransformationRule } from "../model/transformation.ts";
import { checkCalculation } from "./calculation.ts";
import { fixedMembers } from "./envelope.ts";

export const ruleEventsMax = 100;
export const mapValuesMax = 200;
export const valueBytesMax = 2_000;
/** Parts of all conditions and expressions of one transformation: what every event may cost. */
export const rulesCostMax = 2_000;

type RuleType = TransformationRule["type"];
type Rest = Readonly<Record<string, unknown>>;

/** Rules that may run, or everything that is wrong with what was submitted. */
export type CheckedRules =
  | { readonly ok: true; readonly rules: readonly TransformationRule[] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

const fixed: ReadonlySet<string> = new Set(fixedMembers.map((name) => name.toLowerCase()));
const containers: ReadonlySet<string> = new Set(["properties", "traits", "context"]);
const nameMembers: ReadonlySet<string> = new Set(["event", "name"]);

const scope = { events: optional(readList(readText("", fieldBytesMax), ruleEventsMax)) };

/** Members of each type of rule beside `type`. */
const members: Readonly<Record<RuleType, ReadField<Rest>>> = {
  map: readObject<Rest>({
    ...scope,
    path: readPattern,
    values: readTable,
    otherwise: optional(readScalar),
  }),
  set: readObject<Rest>({ ...scope, path: readWritable, value: readScalar }),
  rename: readObject<Rest>({ ...scope, path: readMovable, to: readWritable }),
  delete: readObject<Rest>({ ...scope, path: readDeletable }),
  filter: readObject<Rest>({ ...scope, condition: readCondition }),
  compute: readObject<Rest>({ ...scope, path: readWritable, expression: readExpression }),
  hash: readObject<Rest>({ ...scope, path: readPattern, as: optional(readOneOf(hashForms, null)) }),
};

/**
 * Checks a submitted list of rules as a whole.
 *
 * All faults are told, not the first, each with its path; those of conditions, expressions and paths with a position.
 */
export function checkRules(input: unknown, root = "rules"): CheckedRules {
  const faults: ConfigFault[] = [];
  const missing = input === undefined;
  if (missing) faults.push({ path: root, code: "missing", message: "rules are missing." });
  const rules = readList(readRule, transformationRulesMax)({ value: input, path: root, faults });
  if (faults.length === 0) checkCost(rules, root, faults);
  return faults.length === 0 ? { ok: true, rules } : { ok: false, faults };
}

function readRule(submitted: Submitted): TransformationRule {
  const { value, path, faults } = submitted;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) fault(submitted, "wrong_type", "This must be an object.");
  const { type: given, ...rest } = (isObject ? value : {}) as Record<string, unknown>;
  const known = ruleTypes.find((name) => name === given);
  if (known === undefined && isObject) readOneOf(ruleTypes, null)({ value: given, path: `${path}.type`, faults });
  if (known === undefined) return { type: "filter", condition: "" };
  const read = members[known]({ value: rest, path, faults });
  if (known === "set" || known === "map") checkName(known, read, path, faults);
  const personal = personalIn(rest);
  if (personal !== null) faults.push({ path, ...sayPersonal(personal) });
  const stated = Object.entries(read).filter(([, member]) => member !== undefined);
  return { type: known, ...Object.fromEntries(stated) } as unknown as TransformationRule;
}

/** An event's name is text: nothing else may be put there. */
function checkName(type: "set" | "map", rule: Rest, path: string, faults: ConfigFault[]): void {
  if (!nameMembers.has(String(rule["path"]))) return;
  const values = type === "set" ? [rule["value"]] : Object.values(rule["values"] as Rest);
  const isName = (value: unknown) => typeof value === "string" && value !== "" && value.length <= fieldBytesMax;
  if (values.every(isName) && (rule["otherwise"] === undefined || isName(rule["otherwise"]))) return;
  const member = type === "set" ? "value" : "values";
  const message = `An event's name is text of 1 to ${fieldBytesMax} characters.`;
  faults.push({ path: `${path}.${member}`, code: "wrong_type", message });
}

/** What a rule says of a person, which would rest in clear with it: in any of its texts, and in a map's keys. */
function personalIn(rule: Rest): Personal | null {
  const versions = typeof rule["path"] === "string" && holdsVersions(rule["path"].split(".").at(-1) as string);
  for (const [name, member] of Object.entries(rule)) {
    const use = usesOfMembers[name] ?? (versions ? "code" : "name");
    const found = findPersonal(name, "path") ?? personalWithin(member, use);
    if (found !== null) return found;
  }
  return null;
}

function personalWithin(value: unknown, use: TextUse): Personal | null {
  if (typeof value === "string") return findPersonal(value, use === "name" && value.includes("://") ? "url" : use);
  if (typeof value !== "object" || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    const found = (Array.isArray(value) ? null : findPersonal(key, use)) ?? personalWithin(member, use);
    if (found !== null) return found;
  }
  return null;
}

/** What members of rules hold that are no words. */
const usesOfMembers: Readonly<Record<string, TextUse>> = {
  ...{ path: "path", to: "path", as: "path", condition: "code", expression: "code" },
};

function optional<T>(read: ReadField<T>): ReadField<T | undefined> {
  return (submitted) => (submitted.value === undefined ? undefined : read(submitted));
}

function readScalar(submitted: Submitted): Scalar {
  const { value } = submitted;
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string") return readText("", valueBytesMax)(submitted);
  const code = value === undefined ? "missing" : "wrong_type";
  fault(submitted, code, "This must be a string, a number, true, false or null.");
  return null;
}

/** The table of a map rule: text of what stands there, to what is put in its place. */
function readTable(submitted: Submitted): Readonly<Record<string, Scalar>> {
  const { value, path, faults } = submitted;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(submitted, value === undefined ? "missing" : "wrong_type", "This must be an object: from value to value.");
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > mapValuesMax) {
    fault(submitted, "out_of_range", `This may have 1 to ${mapValuesMax} members.`);
    return {};
  }
  const tooLong = entries.some(([from]) => from.length > valueBytesMax || from === "__proto__");
  if (tooLong) fault(submitted, "too_long", `A value to look for may have ${valueBytesMax} characters.`);
  return Object.fromEntries(
    entries.map(([from, to]) => [from, readScalar({ value: to, path: `${path}[…]`, faults })] as const),
  );
}

/** A path in parts; a fault is noted and null returned where there is none. */
function readSegments(submitted: Submitted): PathPattern | null {
  const { value } = submitted;
  if (typeof value !== "string") {
    const code = value === undefined ? "missing" : "wrong_type";
    fault(submitted, code, "This must be a path.", { hint: "properties.plan" });
    return null;
  }
  const parsed = parsePath(value);
  if (!parsed.ok) {
    const { message, hint, position } = parsed;
    const caret = caretAt(value, position);
    fault(submitted, "bad_path", message, { ...(hint === null ? {} : { hint }), position, caret });
    return null;
  }
  if (parsed.pattern.length > transformationPathSegmentsMax) {
    fault(submitted, "too_deep", `A path may have ${transformationPathSegmentsMax} segments.`);
    return null;
  }
  if (!fixed.has(parsed.pattern[0]?.toLowerCase() ?? "") && !parsed.pattern.includes("__proto__")) {
    return parsed.pattern;
  }
  fault(submitted, "reserved_path", "This holds the event together and stays as it is.");
  return null;
}

/** A path that may lead to many places. */
function readDeletable(submitted: Submitted): string {
  readSegments(submitted);
  return String(submitted.value ?? "");
}

function readPattern(submitted: Submitted): string {
  const segments = readSegments(submitted);
  if (segments !== null) checkRoot(submitted, segments);
  return String(submitted.value ?? "");
}

/** A path of one place that is read and taken away. */
function readMovable(submitted: Submitted): string {
  const segments = readSegments(submitted);
  if (segments !== null && checkRoot(submitted, segments)) checkSingle(submitted, segments);
  return String(submitted.value ?? "");
}

/** A path of one place that is written. */
function readWritable(submitted: Submitted): string {
  return readMovable(submitted);
}

function checkRoot(submitted: Submitted, segments: PathPattern): boolean {
  const [root = ""] = segments;
  if (root.toLowerCase() === "identity") {
    fault(submitted, "reserved_path", "The identity block can be read in filters and deleted, nothing else.");
    return false;
  }
  if (segments.length > 1 || !containers.has(root.toLowerCase())) return true;
  fault(submitted, "reserved_path", "Name something within it.", { hint: `${root}.plan` });
  return false;
}

function checkSingle(submitted: Submitted, segments: PathPattern): void {
  if (!segments.includes("*")) return;
  fault(submitted, "bad_path", "This must be the path of one place: * stands for many.");
}

function readCondition(submitted: Submitted): string {
  const { value } = submitted;
  if (typeof value !== "string") {
    const code = value === undefined ? "missing" : "wrong_type";
    fault(submitted, code, "This must be a condition.", { hint: "properties.value > 0" });
    return "";
  }
  const checked = checkCondition(value);
  if (!checked.ok) pointAt(submitted, value, checked.fault);
  return value;
}

function readExpression(submitted: Submitted): string {
  const { value } = submitted;
  if (typeof value !== "string") {
    const code = value === undefined ? "missing" : "wrong_type";
    fault(submitted, code, "This must be an expression.", { hint: "properties.price * 2" });
    return "";
  }
  const checked = checkCalculation(value);
  if (!checked.ok) pointAt(submitted, value, checked.fault);
  return value;
}

function pointAt(submitted: Submitted, text: string, { code, message, hint, position }: ConditionFault): void {
  const caret = code === "too_long" ? {} : { caret: caretAt(text, position) };
  fault(submitted, code, message, { ...(hint === null ? {} : { hint }), position, ...caret });
}

function checkCost(rules: readonly TransformationRule[], root: string, faults: ConfigFault[]): void {
  let cost = 0;
  for (const rule of rules) {
    const checked =
      rule.type === "filter"
        ? checkCondition(rule.condition)
        : rule.type === "compute"
          ? checkCalculation(rule.expression)
          : null;
    if (checked?.ok) cost += checked.cost;
  }
  if (cost <= rulesCostMax) return;
  const message = `All conditions and expressions together have ${cost} parts; ${rulesCostMax} are allowed.`;
  faults.push({ path: root, code: "too_costly", message });
}
