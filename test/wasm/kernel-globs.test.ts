import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCondition } from "../../domain/data-layer/expression/check.ts";
import { compileGlob } from "../../domain/data-layer/glob.ts";
import { column } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { verdicts } from "../../domain/model/outcome.ts";
import type { Kernel, PreparedProgram } from "../../ports/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";
import { SeededRandom } from "../properties/seeded-random.ts";

const encoder = new TextEncoder();
const facts = { drop: 0, geo: null, device: null } as const;
const seed = 20_261_124;

/** A kernel that drops what a pattern matches. */
function dropping(kernel: Kernel, pattern: string): PreparedProgram {
  const checked = checkCondition(`properties.t matches '${pattern}'`);
  assert.ok(checked.ok, pattern);
  return kernel.prepare({ ...plainProgram, rules: [{ condition: checked.expression, action: "drop" }] });
}

function drops(kernel: Kernel, program: PreparedProgram, text: string): boolean {
  const body = encoder.encode(JSON.stringify({ type: "page", userId: "u", properties: { t: text } }));
  const scan = kernel.scan(body, plainShape, defaultLimits);
  assert.ok(scan.ok);
  return column(scan.finish(program, [facts]), 0, "verdict") === verdicts.drop;
}

/** Signs that repeat, so that texts nearly match from many places. */
function anySigns(random: SeededRandom, signs: readonly string[], most: number): string {
  const few = signs.slice(random.below(signs.length));
  return Array.from({ length: random.below(most) }, () => random.pick(few)).join("");
}

/** What a pattern might match: itself with its signs replaced, cut, or followed by more. */
function nearTo(random: SeededRandom, pattern: string): string {
  const parts = [...pattern].map((sign) => {
    if (sign === "*") return anySigns(random, ["a", "b", "é", "漢"], 30);
    return sign === "?" || random.below(200) === 0 ? random.pick(["a", "b", "é", "𝄞"]) : sign;
  });
  return random.chance(80) ? parts.join("") : parts.slice(0, -1).join("");
}

test(`a pattern matches what it says, however often a text nearly matches (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  const kernel = openWasmKernel();
  let matched = 0;
  for (let round = 0; round < 1_500; round++) {
    const pattern = anySigns(random, ["*", "?", "漢", "é", "b", "a", "a", "a"], random.pick([6, 20, 70, 150, 250]));
    const program = dropping(kernel, pattern);
    const holds = compileGlob(pattern);
    for (let turn = 0; turn < 6; turn++) {
      const text = turn < 4 ? nearTo(random, pattern) : anySigns(random, ["𝄞", "漢", "é", "b", "a", "a"], 600);
      assert.equal(drops(kernel, program, text), holds(text), `${pattern} ${text}`);
      if (holds(text)) matched++;
    }
  }
  assert.ok(matched > 1_000, `${matched} of 9,000 match`);
});

test(`behind a text that nearly matches from every place, all still means what it says (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  const kernel = openWasmKernel();
  const words = Array.from({ length: 60 }, (_, at) => String.fromCodePoint(0x4e00 + 7 * at));
  const signs = ["?", "*", ...words, "é", "ü", "ж", "b", "a"];
  let matched = 0;
  for (let round = 0; round < 1_500; round++) {
    const rest = `${"a".repeat(20)}?${anySigns(random, signs, random.pick([4, 12, 60, 200]))}`;
    const program = dropping(kernel, `*${rest}`);
    const holds = compileGlob(`*${rest}`);
    for (let turn = 0; turn < 6; turn++) {
      const text = "a".repeat(200) + anySigns(random, ["𝄞", "漢", "é", "ж", "a", "a"], 8) + nearTo(random, rest);
      assert.equal(drops(kernel, program, text), holds(text), `${rest} ${text}`);
      if (holds(text)) matched++;
    }
  }
  assert.ok(matched > 1_000, `${matched} of 9,000 match`);
});

test("a long text that nearly matches everywhere is no match, and one more sign makes it one", () => {
  const kernel = openWasmKernel();
  for (const sign of ["a", "é", "漢"]) {
    for (const [pattern, end] of [
      [`*${sign.repeat(120)}?b*`, `${sign}xb`],
      [`*${sign.repeat(60)}?${sign.repeat(70)}c?d*${sign}`, `ced${sign}`],
      [`${sign}*${"?".repeat(130)}${sign.repeat(30)}z`, "z"],
    ] as const) {
      const program = dropping(kernel, pattern);
      const text = sign.repeat(600);
      assert.equal(drops(kernel, program, text), false, pattern);
      assert.equal(drops(kernel, program, text + end), compileGlob(pattern)(text + end), pattern);
      assert.equal(compileGlob(pattern)(text + end), true, pattern);
    }
  }
});
