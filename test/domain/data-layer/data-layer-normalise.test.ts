import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { countryCodes } from "../../../domain/data-layer/countries.ts";
import { keyRowOf, keyTable, type NormaliserName } from "../../../domain/data-layer/key-table.ts";
import { normalise } from "../../../domain/data-layer/normalise.ts";
import { normalisePhone } from "../../../domain/data-layer/normalise-phone.ts";
import { alreadyHashed, compareText } from "../../../domain/data-layer/text.ts";

/** First eight digits of the hashes that Meta's documentation gives for its examples. */
const referenceHashes = [
  ["email", " John_Smith@gmail.com ", "62a14e44"],
  ["name", "Mary", "6915771b"],
  ["name", "\uc815", "8fa8cd9c"],
  ["name", "Val\u00e9ry", "08e1996b"],
  ["date_of_birth", "2/16/1997", "01acdbf6"],
  ["country", "US", "79adb2a2"],
] as const;

const forms: readonly (readonly [Exclude<NormaliserName, "phone">, string, string])[] = [
  ["name", "Mary-Jane", "maryjane"],
  ["name", "O\u2019Brien", "obrien"],
  ["name", "Van der Berg", "van der berg"],
  ["name", " Mary\t & \u00a0Anna2 ", "mary anna2"],
  ["name", "- Mary -", "mary"],
  ["date_of_birth", "1997-02-16", "19970216"],
  ["date_of_birth", "19970216", "19970216"],
  ["date_of_birth", "1997-02-16T00:00:00Z", "19970216"],
  ["date_of_birth", "16.02.1997", "19970216"],
  ["date_of_birth", "16/2/1997", "19970216"],
  ["date_of_birth", "1997/2/6", "19970206"],
  ["date_of_birth", "1997-02-16 08:30:00", "19970216"],
  ["date_of_birth", "19970216T083000Z", "19970216"],
  ["date_of_birth", "2/3/1997", "19970203"],
  ["date_of_birth", "29.2.2000", "20000229"],
  ["date_of_birth", "31-12-1900", "19001231"],
  ["date_of_birth", "29.2.1900", ""],
  ["date_of_birth", "1997-02-29", ""],
  ["date_of_birth", "31/4/1997", ""],
  ["date_of_birth", "1997-13-01", ""],
  ["date_of_birth", "1997-00-10", ""],
  ["date_of_birth", "1997-10-00", ""],
  ["date_of_birth", "02-16-1997", ""],
  ["date_of_birth", "1899-12-31", ""],
  ["date_of_birth", "2100-01-01", ""],
  ["date_of_birth", "9702-1-6", ""],
  ["date_of_birth", "1997-02/16", ""],
  ["date_of_birth", "1997-02-16tomorrow", ""],
  ["date_of_birth", "970216", ""],
  ["date_of_birth", "1997216", ""],
  ["date_of_birth", "199712", ""],
  ["date_of_birth", "1997-0216", ""],
  ["date_of_birth", "199702161", ""],
  ["date_of_birth", "855964800", ""],
  ["date_of_birth", "0000-00-00", ""],
  ["date_of_birth", "February 16", ""],
  ["date_of_birth", "", ""],
  ["city", "S\u00e3o Paulo", "s\u00e3opaulo"],
  ["city", "St. John's", "stjohns"],
  ["city", "75008 Paris", "paris"],
  ["city", "\u6771\u4eac 1", "\u6771\u4eac"],
  ["city", "1010", ""],
  ["state", "California", "ca"],
  ["state", "New South Wales", "newsouthwales"],
  ["state", "CA", "ca"],
  ["state", "New York 10001", "ny"],
  ["state", "Washington, D.C.", "dc"],
  ["state", "03", ""],
  ["zip", "M1 1AE", "m11ae"],
  ["zip", "94105-1234", "94105"],
  ["zip", "1", ""],
  ["country", " De ", "de"],
  ["country", "deu", ""],
  ["country", "Germany", ""],
  ["country", "UK", ""],
  ["country", "U.S.", ""],
  ["country", "xx", ""],
  ["gender", " Female ", "f"],
  ["gender", "(M)", "m"],
  ["gender", "w", ""],
  ["gender", "man", ""],
  ["gender", "\u0436f", ""],
  ["gender", "other", ""],
  ["plain", " User_123 ", "User_123"],
];

test("the documented reference hashes come out", () => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
  for (const [name, value, expected] of referenceHashes) assert.equal(hash(normalise(name, value)), expected, value);
  assert.equal(hash(normalisePhone("+1 (650) 555-1212", null).international as string), "e323ec62");
});

test("values take the form that vendors hash", () => {
  for (const [name, value, expected] of forms) assert.equal(normalise(name, value), expected, value);
});

test("countries are the 249 codes that are assigned", () => {
  assert.equal(countryCodes.size, 249);
  for (const code of countryCodes) assert.match(code, /^[a-z]{2}$/);
  assert.deepEqual([...countryCodes], [...countryCodes].sort());
});

test("a hash is told by exactly 64 hex digits", () => {
  const hash = "ab".repeat(32);
  assert.equal(alreadyHashed(` ${hash.toUpperCase()}\n`), hash);
  assert.equal(alreadyHashed(`${hash}0`), null);
  assert.equal(alreadyHashed(hash.slice(1)), null);
  assert.equal(alreadyHashed(`g${hash.slice(1)}`), null);
});

test("no spelling stands in two rows of the key table, each is folded", () => {
  const spellings = keyTable.flatMap((row) => row.spellings);
  assert.equal(new Set(spellings).size, spellings.length);
  for (const spelling of spellings) assert.match(spelling, /^[a-z0-9]+$/);
});

test("keys are found whatever their case, separators and prefixes", () => {
  for (const key of [
    "email",
    "E-Mail",
    "user_email",
    "$email",
    "traits[email]",
    "a[b][E-Mail]",
    "user.Email",
    "a/b:e_mail",
  ]) {
    assert.equal(keyRowOf(key)?.identity, "emailSha256", key);
  }
  for (const key of ["remote-addr", "x_forwarded_for", "client IP"])
    assert.equal(keyRowOf(key)?.treatment, "remove", key);
  for (const key of [
    "email_opt_in",
    "zipper",
    "description",
    "constructor",
    "__proto__",
    "emailed",
    "",
    "[email]",
    "x [email]",
    "a:[ip]",
  ]) {
    assert.equal(keyRowOf(key), null, key);
  }
});

test("text is ordered by code point", () => {
  assert.ok(compareText("\uffff", "\u{10000}") < 0);
  assert.ok(compareText("\u{10000}", "\ue000") > 0);
  assert.ok(compareText("a", "ab") < 0);
  assert.equal(compareText("\u{10000}", "\u{10000}"), 0);
});
