import type { TSchema } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Value } from "@sinclair/typebox/value";
import type { ErrorDetail } from "../server/errors.ts";

/** Deeper than anything that is configured: past it, what walks a body could run out of stack. */
const adminBodyDepthMax = 64;
/** Deeper than any event may be, with room for what stands around it. */
const trialEventsDepthMax = 300;
const detailsMax = 100;
/** Events of one's own, for dry runs: the kernel judges them as it does at ingest. */
const judgedByKernel = "events";

/** The body as JSON; undefined if it is none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** What is wrong with a body: first its shape, then what stands in it; neither values nor unknown names are told. */
export function bodyFaults(schema: TSchema, value: unknown): ErrorDetail[] {
  const faults = shapeFaults(schema, value);
  return faults.length > 0 ? faults : contentFaults(value as object);
}

/** Where the body differs from its schema, in the schema's words. */
function shapeFaults(schema: TSchema, value: unknown): ErrorDetail[] {
  const faults: ErrorDetail[] = [];
  for (const error of Value.Errors(schema, value)) {
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      const members = Object.keys((schema["properties"] as object | undefined) ?? {}).join(", ");
      faults.push({ path: "body", code: "unknown_member", message: `Only these members are known: ${members}.` });
    } else {
      const path = error.path.slice(1).replaceAll("/", ".") || "body";
      // A member that is missing is of no type either: it is told once.
      if (faults.some((fault) => fault.path === path)) continue;
      faults.push({ path, code: "invalid_type", message: shapeMessage(error) });
    }
    if (faults.length === detailsMax) break;
  }
  return faults;
}

/** What should stand there. */
function shapeMessage({ type, schema, message }: ValueError): string {
  const words = choicesOf(schema);
  const expected = words.length > 0 ? `one of ${words.join(", ")}` : (kinds[schema["type"] as string] ?? null);
  if (type === ValueErrorType.ObjectRequiredProperty) {
    return expected === null ? "This is required." : `This is required: send ${expected}.`;
  }
  if (type === ValueErrorType.Union && words.length > 0) return `Send ${expected}.`;
  return `${message}.`;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

/** The words of a union that has nothing but words. */
function choicesOf(schema: TSchema): string[] {
  const all = (schema["anyOf"] as TSchema[] | undefined) ?? [];
  const words = all.map((one) => one["const"]).filter((word) => typeof word === "string");
  return words.length === all.length ? words : [];
}

const unstorable =
  "Send it without NUL characters, unpaired surrogates and numbers beyond 1e308: they can't be stored.";

/** Members that hold what Postgres, or JSON itself, could not give back, or nest too deeply, each told once. */
function contentFaults(body: object): ErrorDetail[] {
  return Object.entries(body).flatMap(([path, member]) => {
    const isJudged = path === judgedByKernel;
    const depthMax = isJudged ? trialEventsDepthMax : adminBodyDepthMax;
    const code = contentFault(member, depthMax, isJudged ? () => true : isStorable);
    if (code === null) return [];
    return [{ path, code, message: code === "too_deep" ? `Nest no deeper than ${depthMax} levels.` : unstorable }];
  });
}

/** Without recursion: what is asked is whether there may be any. */
function contentFault(
  member: unknown,
  depthMax: number,
  fits: (value: string | number) => boolean,
): "too_deep" | "unstorable" | null {
  const left: [unknown, number][] = [[member, 1]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [value, depth] = next;
    if ((typeof value === "string" || typeof value === "number") && !fits(value)) return "unstorable";
    if (typeof value !== "object" || value === null) continue;
    if (depth >= depthMax) return "too_deep";
    for (const [name, item] of Object.entries(value)) {
      if (!fits(name)) return "unstorable";
      left.push([item, depth + 1]);
    }
  }
  return null;
}

function isStorable(value: string | number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return !value.includes("\0") && !/\p{Surrogate}/u.test(value);
}
