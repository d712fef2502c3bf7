import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Characters, readCharacters } from "../../../domain/data-layer/detector/characters.ts";
import { decodeOnce } from "../../../domain/data-layer/detector/encoded.ts";
import { findNamedValues } from "../../../domain/data-layer/detector/named-values.ts";
import { findUserAgents, senderCodes } from "../../../domain/data-layer/detector/user-agents.ts";

const size = 4_000;
/** Characters that one character of a text may have looked at, whatever stands around it. */
const readsPerCharacterMax = 150;

/** Texts that make a careless search look at the same stretch again and again. */
const hostile = [
  "phone=",
  "ua=",
  "ua=a&",
  "ua=%26",
  "ip=%26",
  '"phone":"',
  '\\"phone\\":\\"',
  '"phone":[',
  '"phone":{"phone":',
  '"ua":\'',
  '"name":"phone","value":',
  '"value":"',
  "phone: ",
  "a b c: ",
  "a/1 (",
  "iOS (Shop/1 (",
  "Mozilla/5.0 ",
  "CFNetwork/1",
  "%25",
  "%252525E2%25",
  "&amp;",
  "&amp;amp;",
  "&#6",
  "\\",
  "\\u00",
  '\\\\\\"',
  "aaaaaaaa/",
  "(",
  "=",
  ":",
  '"',
];

/** The same characters, and how often one of them was looked at. */
function counted(characters: Characters): { characters: Characters; reads: () => number } {
  let reads = 0;
  const codes = new Proxy(characters.codes as number[], {
    get(target, name) {
      reads++;
      return Reflect.get(target, name);
    },
  });
  return { characters: { ...characters, codes }, reads: () => reads };
}

function readsOf(text: string, work: (characters: Characters) => void): number {
  const { characters, reads } = counted(readCharacters(text));
  work(characters);
  return reads();
}

describe("no text takes the detector more than linear time", () => {
  const sender = senderCodes("aaaaaaaa/aaaaaaaaaaab") as readonly number[];
  const works: Readonly<Record<string, (text: string) => (characters: Characters) => void>> = {
    "values under keys": (text) => (characters) => findNamedValues(characters, text),
    "User-Agents": () => (characters) => findUserAgents(characters, [sender]),
    encodings: () => (characters) => decodeOnce(characters),
  };
  for (const [name, work] of Object.entries(works)) {
    it(`${name}: twice the text is looked at about twice as often`, () => {
      for (const piece of hostile) {
        const short = piece.repeat(size / piece.length);
        const [once, twice] = [short, short + short].map((text) => readsOf(text, work(text))) as [number, number];
        assert.ok(twice <= 2.3 * once + 1_000, `${JSON.stringify(piece)}: ${once}, then ${twice} reads`);
        assert.ok(once <= readsPerCharacterMax * size, `${JSON.stringify(piece)}: ${once} reads`);
      }
    });
  }
});
