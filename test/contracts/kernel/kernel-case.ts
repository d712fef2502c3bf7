import { createHash } from "node:crypto";
import type { CapturedField } from "../../../domain/model/event/event.ts";
import { defaultLimits, type Limits } from "../../../domain/model/limits.ts";
import type { BodyFaultCode, DropReason, RejectReason } from "../../../domain/model/outcome.ts";
import type { Program } from "../../../domain/model/program.ts";
import type { BodyShape } from "../../../ports/kernel.ts";

/** What a kernel must make of one event. */
export type ExpectedEvent =
  | {
      readonly json?: string;
      readonly email?: string | null;
      readonly phone?: string | null;
      readonly phoneE164?: string | null;
      readonly flags?: number;
      readonly fields?: Partial<Record<CapturedField, string | null>>;
    }
  | { readonly reject: RejectReason; readonly at?: number; readonly field?: CapturedField | null }
  | { readonly drop: DropReason; readonly rule?: number };

/** One case of the kernel's contract, as data: a promise, what goes in, what must come out. */
export interface KernelCase {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly shape?: Partial<BodyShape>;
  readonly program?: Partial<Program>;
  readonly limits?: Partial<Limits>;
  /** For every event of the body. */
  readonly facts?: {
    readonly drop?: number;
    readonly geo?: string;
    readonly device?: string;
    readonly userAgent?: string;
  };
  /** A fault of the body, or its events in order. */
  readonly expect: { readonly fault: BodyFaultCode; readonly at?: number } | readonly ExpectedEvent[];
}

export const plainProgram: Program = {
  version: 1,
  trustClaims: false,
  defaultCallingCode: null,
  hashPaths: [],
  redactPaths: [],
  rules: [],
  consentCategories: new Map(),
  detector: { phones: "mask", ips: "mask" },
  limits: defaultLimits,
};

export const plainShape: BodyShape = { dialect: "segment", list: null, type: null };

/** The start of an event that passes; what a case is about follows. */
export const head = '{"type":"track","event":"E","userId":"u"';

/** A passing event with more members, and the same as it must come out. */
export function passes(
  name: string,
  members: string,
  expected: string,
  rest: Partial<Omit<KernelCase, "name" | "body" | "expect">> &
    Omit<Extract<ExpectedEvent, { json?: string }>, "json"> = {},
): KernelCase {
  const { shape, program, limits, facts, ...identity } = rest;
  const given = {
    ...(shape && { shape }),
    ...(program && { program }),
    ...(limits && { limits }),
    ...(facts && { facts }),
  };
  const json = `${head}${expected === "" ? "" : ","}${expected}}`;
  return { name, body: `${head}${members === "" ? "" : ","}${members}}`, ...given, expect: [{ json, ...identity }] };
}

/** An event with more members that must be refused alone; `at` counts from the first of them. */
export function rejects(name: string, members: string, reject: RejectReason, at?: number): KernelCase {
  const expected = at === undefined ? { reject } : { reject, at: head.length + 1 + at };
  return { name, body: `${head},${members}}`, expect: [expected] };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
