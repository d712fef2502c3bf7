import assert from "node:assert/strict";
import { test } from "node:test";
import { e164Form, normalisePhone } from "../../../domain/data-layer/normalise-phone.ts";
import { factsLeading, phoneFacts } from "../../../domain/data-layer/phone-facts.ts";
import { writtenPhones } from "../../contracts/phone-numbers.ts";
import { parseDigitPattern } from "../../generators/digit-pattern.ts";

test("no calling code begins with another one", () => {
  for (const { code } of phoneFacts) {
    for (let digits = code; digits.length <= 4; digits += "0") assert.equal(factsLeading(digits)?.code, code);
  }
});

test("a pattern of digits tells its lengths and its matches", () => {
  const pattern = parseDigitPattern("0?(?:1[2-4]|5\\d{2,3})");
  assert.equal(pattern.lengthsFrom(""), 0b111100);
  assert.equal(pattern.lengthsFrom("1"), 0b100);
  assert.equal(pattern.lengthsFrom("2"), 0);
  assert.deepEqual(parseDigitPattern("0[12]|3").matches(3), ["3", "01", "02"]);
  assert.equal(parseDigitPattern("\\d\\d").matches(64), null);
  assert.throws(() => parseDigitPattern("1*"));
});

test("phones are read by their country's facts", () => {
  for (const { defaultCode, written, international } of writtenPhones) {
    assert.equal(normalisePhone(written, defaultCode).international, international, `${defaultCode} ${written}`);
  }
});

test("digits of no country are hashed without leading zeros", () => {
  assert.deepEqual(normalisePhone("0151 23456789", null), { digits: "15123456789", international: null });
  assert.deepEqual(normalisePhone("none", "49"), { digits: "", international: null });
  assert.deepEqual(normalisePhone("000", "49"), { digits: "", international: null });
});

test("TikTok's form has a plus, but for mainland China's numbers", () => {
  assert.equal(e164Form("16505551212"), "+16505551212");
  assert.equal(e164Form("8613800000000"), "13800000000");
  assert.equal(e164Form("886912345678"), "+886912345678");
});
