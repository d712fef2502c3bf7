import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlob } from "../../../domain/data-layer/glob.ts";
import { customPatternsMax } from "../../../domain/model/limits.ts";
import { createBotRules } from "../../../domain/pipeline/ingest/bot-rules.ts";
import { userAgentCharsMax } from "../../../domain/pipeline/ingest/resolve-facts.ts";
import { SeededRandom } from "../../properties/seeded-random.ts";

const userAgents = 10;
const userAgentsMsMax = 20_000;

test("the patterns of a data layer cost a long User-Agent milliseconds, whatever stands in them", () => {
  const settings = { enabled: true, block_known_bots: true, block_empty_user_agent: true };
  const worst = ["a".repeat(250), `${"a".repeat(120)}?${"a".repeat(120)}`, "a?*".repeat(80)];
  const patterns = Array.from({ length: customPatternsMax }, (_, i) => `*${worst[i % worst.length]}b*c`);
  const judge = createBotRules({ ...settings, custom_patterns: patterns });
  judge("a".repeat(userAgentCharsMax), false);
  const started = performance.now();
  for (let i = 0; i < userAgents; i += 1) assert.equal(judge("a".repeat(userAgentCharsMax - 1) + i, false), 0);
  assert.ok(performance.now() - started < userAgentsMsMax, `${performance.now() - started} ms`);
});

/** Tries everything. */
function slowly([sign, ...rest]: readonly string[], text: readonly string[]): boolean {
  if (sign === undefined) return text.length === 0;
  if (sign === "*") return slowly(rest, text) || (text.length > 0 && slowly([sign, ...rest], text.slice(1)));
  return text.length > 0 && (sign === "?" || sign === text[0]) && slowly(rest, text.slice(1));
}

test("a glob agrees with one that tries everything, short or longer than a machine's word", () => {
  const random = new SeededRandom(11);
  const draw = (signs: readonly string[]) => Array.from({ length: random.below(9) }, () => random.pick(signs));
  for (let i = 0; i < 20_000; i += 1) {
    const before = Array<string>(random.below(4) * 21).fill("c");
    const glob = [...before, ...draw(["*", "*", "?", "a", "b", "\u{1f44d}"])];
    const text = [...before, ...draw(["a", "b", "\u{1f44d}"])];
    assert.equal(compileGlob(glob.join(""))(text.join("")), slowly(glob, text), `${glob.join("")} ${text.join("")}`);
  }
});
