import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOfThrow } from "../../../domain/model/failure.ts";

test("where something was thrown is told by its file and line, and nothing of what it says", () => {
  for (const message of ["", "ana@example.com", "ana.ts:1:2", "a\n    at ana (ana.ts:3:4)\nb", "$& ana.ts:5:6)"]) {
    assert.match(placeOfThrow(new TypeError(message)) ?? "", /^model-failure\.test\.[jt]s:\d+$/);
  }
});

test("what is no error, or has no stack, was thrown nowhere", () => {
  const bare = new Error("ana.ts:1:2");
  bare.stack = "";
  for (const thrown of [bare, "ana.ts:1:2", null, undefined, { stack: "    at x (ana.ts:1:2)" }]) {
    assert.equal(placeOfThrow(thrown), null);
  }
});
