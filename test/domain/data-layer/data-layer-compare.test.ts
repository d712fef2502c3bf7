import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareConfigs, type Difference } from "../../../domain/data-layer/compare.ts";

type Rule = { readonly condition: string; readonly action: string };

const rule = fc.record(
  { condition: fc.constantFrom("a", "b", "c", "d"), action: fc.constantFrom("pass", "drop") },
  { noNullPrototype: true },
);
const rules = fc.array(rule, { maxLength: 8 });
const paths = fc.uniqueArray(fc.constantFrom("traits.a", "traits.b", "traits.c", "traits.d"));

/** Applies differences of a list of rules, so that a wrong or missing one shows. */
function apply(from: readonly Rule[], differences: readonly Difference[]): unknown[] {
  const indexOf = ({ path }: Difference) => Number(/^rules\[(\d+)\]/.exec(path)?.[1]);
  const removed = new Set(differences.filter(({ op }) => op === "removed").map(indexOf));
  const list: unknown[] = from.filter((_, i) => !removed.has(i));
  const added = differences.filter(({ op }) => op === "added").sort((a, b) => indexOf(a) - indexOf(b));
  for (const difference of added) list.splice(indexOf(difference), 0, difference.to);
  for (const difference of differences.filter(({ op }) => op === "changed")) {
    const member = difference.path.split(".")[1] as string;
    list[indexOf(difference)] = { ...(list[indexOf(difference)] as Rule), [member]: difference.to };
  }
  return list;
}

describe("what differs between two data layers", () => {
  it("is nothing between equals, whatever the order of members and of paths", () => {
    fc.assert(
      fc.property(rules, paths, (list, fields) => {
        const from = { rules: list, pii: { fields, enabled: true } };
        const to = { pii: { enabled: true, fields: [...fields].reverse() }, rules: list.map(({ ...copy }) => copy) };
        assert.deepEqual(compareConfigs(from, to), []);
      }),
    );
  });

  it("turns the older rules into the newer ones when it is applied", () => {
    fc.assert(
      fc.property(rules, rules, (from, to) => {
        assert.deepEqual(apply(from, compareConfigs({ rules: from }, { rules: to })), to);
      }),
    );
  });

  it("names one rule where one was put in, taken out or changed, in a long list", () => {
    const long = Array.from({ length: 300 }, (_, i) => ({ condition: `event == '${i}'`, action: "drop" }));
    const one = { condition: "event == 'new'", action: "drop" };
    const put = compareConfigs({ rules: long }, { rules: long.toSpliced(7, 0, one) });
    assert.deepEqual(put, [{ path: "rules[7]", op: "added", from: null, to: one }]);
    const taken = compareConfigs({ rules: long }, { rules: long.toSpliced(7, 1) });
    assert.deepEqual(taken, [{ path: "rules[7]", op: "removed", from: long[7], to: null }]);
    const changed = compareConfigs(
      { rules: long },
      { rules: long.with(7, { ...one, condition: "event == '7'", action: "pass" }) },
    );
    assert.deepEqual(changed, [{ path: "rules[7].action", op: "changed", from: "drop", to: "pass" }]);
  });

  it("tells a member that is new or gone from one that changed", () => {
    assert.deepEqual(compareConfigs({ a: 1, b: 2 }, { b: 3, c: null }), [
      { path: "a", op: "removed", from: 1, to: null },
      { path: "b", op: "changed", from: 2, to: 3 },
      { path: "c", op: "added", from: null, to: null },
    ]);
  });
});
