import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { givenHash } from "../../../domain/mapping/given-hash.ts";
import { isPlaceholderHash, isPlaceholderId, joinableId } from "../../../domain/model/identity/placeholder-id.ts";
import { placeholderTexts, spellings } from "./placeholder-texts.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Ids of somebody, that look a little like one of nobody's. */
const somebody: readonly string[] = [
  ...[
    "1",
    "-2",
    "10",
    "007",
    "0001",
    "user-0",
    "user-1",
    "u0",
    "null-42",
    "guest-17",
    "anonymous_8f3a",
    "test",
    "admin",
  ],
  ...[
    "nulla",
    "nonesuch",
    "Nadia",
    "noone",
    "unknownpleasures",
    "guesthouse",
    "falsetto",
    "ana",
    "undefinedly",
    "Void",
    "user",
    "visitor",
    "customer",
    "device",
    "person",
  ],
  ...["00000000-0000-0000-0000-000000000001", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", "0x00000000000000000000dead"],
  ...["AEBE52E7-03EE-455A-B3C4-E57283966239", "02:00:00:00:00:01", "9774d56d682e549d", "😀", "用户", "Ünal", "न", "a"],
  ...[
    "<user-17>",
    "{{42",
    "%user1%",
    "[1]",
    "auth0|5f7c",
    "jennifer.null",
    "li-nan",
    "undefined_behaviour",
    "undefined-42",
    "android",
    "11111111",
    "2147483646",
    "ana@cafe1",
    "com.example",
    "true-north",
    "emmanuel",
    "anna:none5",
    "$money7",
    "%41",
    "aaaaaa",
    "user@host",
    "id=7",
    "facebook:0a",
    sha256("ana@example.com"),
  ],
];

describe("an id that stands for nobody", () => {
  for (const text of placeholderTexts) {
    it(`is ${JSON.stringify(text)}, in any case, in quotes, with spaces around`, () => {
      const zeroWidth = [`\u200b${text}\ufeff`, ` ${text}\u00a0`, `\\"${text}\\"`, `“${text}”`, `\t${text}\n`];
      for (const one of [...spellings(text), ...zeroWidth]) {
        assert.equal(isPlaceholderId(one), true, JSON.stringify(one));
        assert.equal(joinableId(one), null);
      }
    });
  }

  it("is blank text, whatever its length and kind of space", () => {
    for (const blank of ["", " ", "\u00a0", "\u200b", "\u3000\t", " ".repeat(5_000), '""', "' '"]) {
      assert.equal(isPlaceholderId(blank), true, JSON.stringify(blank));
    }
  });

  it("is what holds a mask: two people look the same behind it", () => {
    for (const masked of ["[email]", "[phone]", "customer:[phone]", "[ip]"])
      assert.equal(isPlaceholderId(masked), true);
  });

  it("is the hash of such an id, too", () => {
    for (const text of placeholderTexts.flatMap(spellings).concat("")) {
      assert.equal(isPlaceholderId(sha256(text)), true, JSON.stringify(text));
      assert.equal(isPlaceholderId(sha256(text).toUpperCase()), true, JSON.stringify(text));
      assert.equal(givenHash(sha256(text)), null);
    }
    assert.equal(isPlaceholderHash(sha256("ana@example.com")), false);
  });

  it("is nobody's full-width spelling", () => assert.equal(isPlaceholderId("ｕｎｄｅｆｉｎｅｄ"), true));
});

describe("an id of somebody", () => {
  for (const id of [...somebody, randomUUID()]) {
    it(`is ${JSON.stringify(id)}`, () => {
      assert.equal(isPlaceholderId(id), false);
      assert.equal(joinableId(id), id);
    });
  }
});
