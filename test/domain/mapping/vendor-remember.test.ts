import assert from "node:assert/strict";
import { test } from "node:test";
import { rememberWords } from "../../../domain/mapping/remember.ts";

function counted() {
  let made = 0;
  const lengthOf = rememberWords((word) => {
    made += 1;
    return word.length;
  });
  return { lengthOf, made: () => made };
}

test("what was made of a word is made once, an empty answer too", () => {
  const { lengthOf, made } = counted();
  assert.deepEqual([lengthOf("revenue"), lengthOf("revenue"), lengthOf(""), lengthOf("")], [7, 7, 0, 0]);
  assert.equal(made(), 2);
});

test("words like an object's own members are words", () => {
  const { lengthOf } = counted();
  assert.deepEqual(["__proto__", "constructor", "toString"].map(lengthOf), [9, 11, 8]);
});

test("a sender of many or long words fills no memory", () => {
  const { lengthOf, made } = counted();
  for (let number = 0; number < 10_000; number += 1) lengthOf(`key-${number}`);
  lengthOf("key-0");
  assert.equal(made(), 10_001, "the first was forgotten");
  const long = "k".repeat(101);
  assert.deepEqual([lengthOf(long), lengthOf(long), made()], [101, 101, 10_003]);
});
