/** When a failed call may be made again. */
export type Retry = "never" | "backoff" | { readonly afterMs: number };

/**
 * What a port reports when it could not do its work.
 *
 * `effect` says whether the other side may have acted all the same: `unknown` after a timeout or a lost answer.
 * `code` is ours, stable and free of values taken from an event; `cause` is for a debugger and is never logged.
 */
export interface Failure {
  readonly code: string;
  readonly retry: Retry;
  readonly effect: "none" | "unknown";
  readonly cause?: unknown;
}

/** The answer of a port: a value or a failure, never a thrown error for what can be expected to happen. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Wraps a value as a success. */
export function succeed<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** Builds a failure; without more said it is worth a retry and had no effect. */
export function fail<T>(code: string, rest: Partial<Omit<Failure, "code">> = {}): Result<T> {
  return { ok: false, failure: { code, retry: "backoff", effect: "none", ...rest } };
}

/** A broken invariant: only the entry point catches it, and the process exits. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** Throws `BrokenInvariant` unless `condition` holds; the message never carries a value taken from an event. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BrokenInvariant(message);
}

/**
 * Where something was thrown, as `file.ts:line`; null if it can't be told.
 *
 * Only lines of the stack that name a place are read, never the message: it may hold a value.
 */
export function placeOfThrow(error: unknown): string | null {
  const stack = error instanceof Error ? (error.stack ?? "").replace(error.message, "") : "";
  return /^ +at .*?([\w.-]+\.[jt]s:\d+):\d+\)?$/m.exec(stack)?.[1] ?? null;
}
