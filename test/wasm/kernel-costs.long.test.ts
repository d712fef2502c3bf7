// Times, and so no part of every run: what the costliest rules that are accepted take of the costliest events.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCondition } from "../../domain/data-layer/expression/check.ts";
import { conditionsNs } from "../../domain/data-layer/expression/cost.ts";
import { column } from "../../domain/model/event/event.ts";
import { conditionsNsMax, defaultLimits, routingRulesMax } from "../../domain/model/limits.ts";
import { verdicts } from "../../domain/model/outcome.ts";
import type { RoutingRule } from "../../domain/model/program.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";

/** What an event may take: the bound, and twice as much again: for keys with escapes, and for a slower processor. */
const eventUsMax = 3_000;
const measureMs = 400;
const facts = { drop: 0, geo: null, device: null } as const;
const encoder = new TextEncoder();
const a = (count: number) => "a".repeat(count);

/** A kind of rule, and the text of the members of `properties` that costs it most. */
interface Way {
  readonly name: string;
  readonly condition: (index: number) => string;
  readonly members: string;
}

const longText = `"t":"${a(30_000)}"`;
const twoTexts = `"t":"${a(14_000)}","u":"${a(14_000)}"`;
const list = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_, i) => item(i));

const ways: readonly Way[] = [
  { name: "pattern, near misses", condition: (i) => `properties.t matches '*aaaa?aaaab${i}*'`, members: longText },
  { name: "long pattern", condition: (i) => `properties.t matches '*${a(230)}?aaab${i}*'`, members: longText },
  {
    name: "long pattern, not ASCII",
    condition: (i) => `properties.t matches '*${"é".repeat(230)}?éb${i}*'`,
    members: `"t":"${"é".repeat(15_000)}"`,
  },
  { name: "many stars", condition: (i) => `properties.t matches '*${"a*".repeat(110)}?b${i}*'`, members: longText },
  { name: "contains, near misses", condition: (i) => `properties.t contains '${a(9)}b${i}aaa'`, members: longText },
  {
    name: "contains, long",
    condition: (i) => `properties.t contains '${a(900)}b${i}${a(900)}'`,
    members: longText,
  },
  {
    name: "contains another's text",
    condition: (i) => `properties.t contains properties.u and event != '${i}'`,
    members: `"t":"${a(14_000)}","u":"${a(1_000)}b${a(1_000)}"`,
  },
  { name: "lower of lower", condition: (i) => `lower(lower(properties.t)) == '${i}'`, members: longText },
  {
    name: "lower, not ASCII",
    condition: (i) => `lower(lower(properties.t)) == '${i}'`,
    members: `"t":"${"Ä".repeat(15_000)}"`,
  },
  { name: "length", condition: (i) => `length(properties.t) == ${i}`, members: longText },
  { name: "order of two texts", condition: (i) => `properties.t < properties.u or event == '${i}'`, members: twoTexts },
  { name: "equal texts", condition: (i) => `properties.t != properties.u or event == '${i}'`, members: twoTexts },
  {
    name: "paths in a long object",
    condition: (i) => `properties.k${i} == 1`,
    members: list(5_000, () => '"q":1').join(","),
  },
  {
    name: "paths among keys with escapes",
    condition: (i) => `properties.k${i + 2} == 1`,
    members: list(2_500, () => '"\\u006b1":1').join(","),
  },
  {
    name: "items of a long array",
    condition: (i) => `properties.k[${10_000 + i}] == 2`,
    members: `"k":[${list(14_000, () => "1").join(",")}]`,
  },
  {
    name: "long numbers",
    condition: (i) => `properties.n > properties.m or event == '${i}'`,
    members: `"n":1.${"0".repeat(97)}1,"m":1.${"0".repeat(97)}2`,
  },
  {
    name: "texts with escapes",
    condition: (i) => `length(properties.t) == ${i} or lower(properties.t) == '${i}'`,
    members: `"t":"${"\\u0061".repeat(5_000)}"`,
  },
  {
    name: "long lists",
    condition: (i) => `lower(lower(properties.t)) in [${list(180, (n) => `'aaa${i}${n}'`).join(",")}]`,
    members: longText,
  },
];

/** As many rules of that kind as are accepted. */
function acceptedRules(condition: Way["condition"]): RoutingRule[] {
  const rules: RoutingRule[] = [];
  while (rules.length < routingRulesMax) {
    const checked = checkCondition(condition(rules.length));
    assert.ok(checked.ok, condition(rules.length));
    rules.push({ condition: checked.expression, action: "drop" });
    if (conditionsNs(rules.map((rule) => rule.condition)) <= conditionsNsMax) continue;
    rules.pop();
    break;
  }
  return rules;
}

test("within the time of a busy machine, the costliest accepted rules take an event a millisecond or so", () => {
  const kernel = openWasmKernel();
  const late: string[] = [];
  for (const { name, condition, members } of ways) {
    const rules = acceptedRules(condition);
    const body = encoder.encode(`{"type":"page","userId":"u","properties":{${members}}}`);
    const timeOf = (program: ReturnType<typeof kernel.prepare>) => {
      let best = Number.POSITIVE_INFINITY;
      for (const endMs = performance.now() + measureMs; performance.now() < endMs; ) {
        const startMs = performance.now();
        const scan = kernel.scan(body, plainShape, defaultLimits);
        assert.ok(scan.ok);
        assert.equal(column(scan.finish(program, [facts]), 0, "verdict"), verdicts.pass, name);
        best = Math.min(best, performance.now() - startMs);
      }
      return best * 1_000;
    };
    const bareUs = timeOf(kernel.prepare({ ...plainProgram, rules: [] }));
    const us = timeOf(kernel.prepare({ ...plainProgram, rules })) - bareUs;
    const told = conditionsNs(rules.map((rule) => rule.condition)) / 1_000;
    const line = `${rules.length} rules, ${name}: ${Math.round(us)} µs an event, ${Math.round(told)} counted`;
    console.log(line);
    if (us > eventUsMax) late.push(line);
  }
  assert.deepEqual(late, []);
});
