import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { checkCondition } from "../../domain/data-layer/expression/check.ts";
import { column } from "../../domain/model/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { verdicts } from "../../domain/model/outcome.ts";
import type { RoutingRule } from "../../domain/model/program.ts";
import type { Kernel } from "../../ports/kernel.ts";
import { plainProgram, plainShape } from "./kernel-case.ts";

/** A condition, the text of an event, and whether the one holds for the other. */
export interface ExpressionCase {
  readonly condition: string;
  readonly event: string;
  readonly holds: boolean;
}

const golden = new URL("../golden/expressions/results.txt", import.meta.url);

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
  describe("a routing rule matches as the golden file says", () => {
    for (const { condition, event, holds } of readExpressionCases()) {
      it(`${condition}: ${holds}`, () => {
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
      });
    }
  });
}
