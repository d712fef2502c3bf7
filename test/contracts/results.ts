import assert from "node:assert/strict";
import type { Result } from "../../domain/model/failure.ts";

/** What a call that must succeed gave. */
export function unwrap<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? "" : `failed with ${result.failure.code}`);
  return result.value;
}

/** `ok`, or the code of the failure. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.failure.code;
}
