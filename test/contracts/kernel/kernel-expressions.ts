import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { checkCondition } from "../../../domain/data-layer/expression/check.ts";
import { column } from "../../../domain/model/event/event.ts";
import { conditionNumberCharsMax, conditionTextBytesMax, defaultLimits } from "../../../domain/model/limits.ts";
import { verdicts } from "../../../domain/model/outcome.ts";
import type { RoutingRule } from "../../../domain/model/program.ts";
import type { Kernel } from "../../../ports/kernel.ts";
import { plainProgram, plainShape } from "./kernel-case.ts";

/** A condition, the text of an event, and whether the one holds for the other. */
export interface ExpressionCase {
  readonly condition: string;
  readonly event: string;
  readonly holds: boolean;
}

const golden = new URL("../../golden/expressions/results.txt", import.meta.url);

/** Reads the golden file: a line `event {…}`, then lines `true|false condition`. */
export function readExpressionCases(): ExpressionCase[] {
  const cases: ExpressionCase[] = [];
  let event = "";
  for (const line of readFileSync(golden, "utf8").split("\n")) {
    if (line.startsWith("event {")) event = line.slice("event ".length);
    const [, holds, condition] = /^(true|false) +(.*)$/.exec(line) ?? [];
    if (condition !== undefined) cases.push({ condition, event, holds: holds === "true" });
  }
  return cases;
}

/** Texts and numbers around the bounds of what a condition sees of them. */
function boundCases(): ExpressionCase[] {
  const most = conditionTextBytesMax;
  const eventOf = (properties: Record<string, unknown>) =>
    JSON.stringify({ type: "page", properties: { m: "A", ...properties } });
  const texts: [text: string, condition: string, holds: boolean][] = [
    [`${"a".repeat(most - 1)}b`, "properties.t contains 'b'", true],
    [`${"a".repeat(most)}b`, "properties.t contains 'b'", false],
    [`${"a".repeat(most - 1)}b`, "properties.t matches '*a?'", true],
    [`${"a".repeat(most - 2)}bca`, "properties.t matches '*?bc'", true],
    [`${"a".repeat(most - 2)}bca`, "properties.t matches '*?bca'", false],
    [`${"a".repeat(most - 1)}é`, "properties.t matches '?*aa'", true],
    [`${"a".repeat(most - 2)}é`, "properties.t matches '?*é'", true],
    [`${"a".repeat(most - 3)}𝄞`, "lower(properties.t) contains '𝄞'", false],
    [`${"a".repeat(most - 4)}𝄞`, "lower(properties.t) contains '𝄞'", true],
    ["漢".repeat(most), "length(lower(properties.t)) == 682", true],
    ["A".repeat(most * 2), `length(lower(properties.t)) == ${most}`, true],
    ["A".repeat(most * 2), `length(properties.t) == ${most * 2}`, true],
    [`x${"漢".repeat(most)}`, `length(properties.t) == ${most + 1}`, true],
    [`${"a".repeat(most * 2)}end`, "properties.t ends_with 'end'", true],
    [`${"a".repeat(most * 2)}end`, "properties.t matches '*end'", true],
    [`${"İ".repeat(most / 2)}END`, "lower(properties.t) matches '*end'", false],
    [`${"İ".repeat(most / 2 - 2)}END`, "lower(properties.t) matches '*end'", true],
    [`${"İ".repeat(most / 2 - 2)}END`, "lower(lower(properties.t)) matches '*end'", false],
    [`${"a".repeat(most * 2)}end`, "properties.t matches 'aa*'", true],
    ["", "lower(lower(properties.t)) matches '*'", true],
    [`${"a".repeat(most * 2)}END`, "lower(properties.t) ends_with 'end'", false],
    [`${"a".repeat(most * 2)}end`, "properties.t starts_with 'aaa'", true],
    [`${"a".repeat(most)}A`, "properties.t contains properties.m", false],
    [`${"a".repeat(most - 1)}A`, "properties.t contains properties.m", true],
    ["b".repeat(most), "lower(lower(properties.t)) matches 'b?*b'", true],
    ["b".repeat(most * 4), "properties.t == properties.t and not (properties.t < properties.t)", true],
  ];
  const long = `1.${"0".repeat(conditionNumberCharsMax - 3)}1`;
  const numbers: [number: string, condition: string, holds: boolean][] = [
    [long, "properties.n > 1", true],
    [`${long}1`, "properties.n > 1", false],
    [`${long}1`, "properties.n < 1 or properties.n == 1 or properties.n in [1, 2]", false],
    [`${long}1`, "properties.n != 1 and exists properties.n", true],
    [`${long}1`, "properties.n == properties.n", false],
    [long, "properties.n == properties.n", true],
    [`${long}1`, "properties.n >= 1e20 or properties.n <= 1e20", false],
    [long, "properties.n <= 1e20", true],
  ];
  return [
    ...texts.map(([t, condition, holds]) => ({ condition, event: eventOf({ t }), holds })),
    ...numbers.map(([n, condition, holds]) => {
      return { condition, event: eventOf({ n: 0 }).replace('"n":0', `"n":${n}`), holds };
    }),
  ];
}

/** Rules that don't hold for any event of the golden file: with them around it, a rule is one of many. */
const others = Array.from({ length: 20 }, (_, i) => [
  `event == 'No such event ${i}'`,
  `userId starts_with 'nobody-${i}'`,
  `properties.n > ${1_000 + i}`,
]).flat();

function rulesOf(conditions: readonly string[]): RoutingRule[] {
  return conditions.map((text) => {
    const checked = checkCondition(text);
    assert.ok(checked.ok);
    return { condition: checked.expression, action: "drop" };
  });
}

/** Runs the golden conditions as routing rules of a kernel, each alone and each among many. */
export function kernelExpressionSuite(openKernel: () => Kernel): void {
  const kernel = openKernel();
  const around = rulesOf(others);

  function assertRule({ condition, event, holds }: ExpressionCase): void {
    const body = new TextEncoder().encode(event.replace("{", '{"userId":"u",'));
    const rules = rulesOf([condition]);
    for (const before of [[], around]) {
      const scan = kernel.scan(body, plainShape, defaultLimits);
      assert.ok(scan.ok);
      const program = { ...plainProgram, rules: [...before, ...rules, ...before] };
      const batch = scan.finish(kernel.prepare(program), [{ drop: 0, geo: null, device: null }]);
      assert.equal(column(batch, 0, "verdict"), holds ? verdicts.drop : verdicts.pass);
      if (holds) assert.equal(column(batch, 0, "detail"), before.length);
    }
  }

  describe("a routing rule matches as the golden file says", () => {
    for (const one of readExpressionCases()) it(`${one.condition}: ${one.holds}`, () => assertRule(one));
  });
  describe("of a long text a condition sees the beginning, and a long number has no order", () => {
    boundCases().forEach((one, at) => {
      it(`${at}: ${one.condition}: ${one.holds}`, () => assertRule(one));
    });
  });
}
