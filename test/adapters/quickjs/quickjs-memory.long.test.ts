import { test } from "node:test";
import { failingScripts, greedyScripts } from "../../contracts/sandbox-scripts.ts";
import { assertBounded, skip } from "./quickjs-memory-parts.ts";

for (const script of [...greedyScripts, ...failingScripts]) {
  test(`${script.name}: the fault is called by its name, and the process stays small`, { skip }, () =>
    assertBounded([script]),
  );
}
