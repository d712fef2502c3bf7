import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { checkCondition } from "../../domain/data-layer/expression/check.ts";
import { keepBatch } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Program } from "../../domain/model/program.ts";
import type { EventFacts, Kernel, PreparedProgram } from "../../ports/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";
import { SeededRandom } from "../properties/seeded-random.ts";

const encoder = new TextEncoder();
const seed = 20_261_124;
const words = ["ana", "card", "plan", "note", "city", "code", "size", "kind"];

/** A program on both kernels. */
interface Pair {
  readonly kernel: PreparedProgram;
  readonly oracle: PreparedProgram;
}

class Kernels {
  private readonly kernel: Kernel = openWasmKernel();
  private readonly oracle: Kernel = openReferenceKernel();

  prepare(program: Program): Pair {
    return { kernel: this.kernel.prepare(program), oracle: this.oracle.prepare(program) };
  }

  /** Fails unless both make the same of an event. */
  compare(text: string, program: Pair, facts: EventFacts): void {
    assert.deepEqual(
      finished(this.kernel, text, program.kernel, facts),
      finished(this.oracle, text, program.oracle, facts),
    );
  }
}

function finished(kernel: Kernel, text: string, program: PreparedProgram, facts: EventFacts) {
  const scan = kernel.scan(encoder.encode(text), plainShape, defaultLimits);
  assert.ok(scan.ok);
  return keepBatch(scan.finish(program, [facts]));
}

/** Half of them claim a device, which the host's word is merged with. */
function anyEvent(random: SeededRandom): string {
  const properties = Object.fromEntries(words.map((word) => [word, `${random.pick(words)} ${random.below(9)}`]));
  const context = random.chance(50) ? {} : { device: { model: "claimed", os: "claimed" }, geo: { country: "XX" } };
  const places = {
    name: "Ana",
    groupId: "g",
    traits: properties,
    context: { ...context, locale: "de", app: { a: 1 } },
  };
  return JSON.stringify({ type: "track", event: random.pick(words), userId: "u", properties, ...places });
}

function anyPath(random: SeededRandom): string[] {
  if (random.chance(25)) return [random.pick(["name", "groupId", "locale", "traits"])];
  return [random.pick(["properties", "properties", "context", "traits"]), random.pick([...words, "locale", "app"])];
}

function anyProgram(random: SeededRandom, rules: number): Program {
  const path = () => anyPath(random);
  return {
    ...plainProgram,
    trustClaims: random.chance(30),
    hashPaths: [path(), path()],
    redactPaths: [path()],
    rules: Array.from({ length: rules }, (_, rule) => {
      const place = random.pick([
        "event",
        "context.device.os",
        "context.geo.country",
        `properties.${random.pick(words)}`,
      ]);
      const checked = checkCondition(`${place} == '${random.pick(words)} ${rule % 9}' or ${place} == 'OS ${rule}'`);
      assert.ok(checked.ok);
      return { condition: checked.expression, action: random.chance(70) ? "drop" : "pass" };
    }),
  };
}

function anyFacts(random: SeededRandom, number: number): EventFacts {
  const device = JSON.stringify({ type: "mobile", os: `OS ${number}`, model: "m".repeat(random.below(200)) });
  const geo = random.chance(20) ? null : encoder.encode(`{"country":"${random.pick(["DE", "FR", "JP"])}"}`);
  return { drop: 0, geo, device: random.chance(10) ? null : encoder.encode(device) };
}

test(`programs and words of the host come and go between calls (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  const kernels = new Kernels();
  // Far more of both than the desks have room for: some are laid anew, some are still there.
  const programs = Array.from({ length: 60 }, () => kernels.prepare(anyProgram(random, random.below(400))));
  const facts = Array.from({ length: 2_500 }, (_, number) => anyFacts(random, number));
  for (let round = 0; round < 6_000; round++) {
    const recent = round - random.below(Math.min(round + 1, 20));
    const known = facts[random.chance(60) ? recent % facts.length : random.below(facts.length)] as EventFacts;
    kernels.compare(anyEvent(random), random.pick(programs), known);
  }
});

test("programs that leave a desk no room for each other take its place in turn", () => {
  const random = new SeededRandom(seed);
  const kernels = new Kernels();
  const programs = Array.from({ length: 8 }, () => kernels.prepare(anyProgram(random, 5_000)));
  for (let round = 0; round < 40; round++) {
    kernels.compare(anyEvent(random), random.pick(programs), { drop: 0, geo: null, device: null });
  }
});

test("programs and a word that are larger than a desk are laid for their call", () => {
  const random = new SeededRandom(seed);
  const kernels = new Kernels();
  const small = kernels.prepare(anyProgram(random, 3));
  const huge = (redacted: string) => {
    return kernels.prepare({ ...anyProgram(random, 9_000), hashPaths: [], redactPaths: [[redacted]] });
  };
  const [large, larger] = [huge("name"), huge("groupId")];
  const long = encoder.encode(JSON.stringify({ os: "OS 1", notes: Array<string>(3_000).fill("é \\ \n") }));
  for (const device of [long, encoder.encode('{"os":"OS 2"}'), long]) {
    // The same event, so that one lies where the other did.
    const event = anyEvent(random);
    for (const program of [small, large, larger, small, larger, large]) {
      kernels.compare(event, program, { drop: 0, geo: null, device });
    }
  }
});

test("what an event's values were is forgotten with the next call", () => {
  const kernels = new Kernels();
  const condition = checkCondition("properties.plan == 'staff' or lower(context.device.os) == 'ios'");
  assert.ok(condition.ok);
  const program = kernels.prepare({
    ...plainProgram,
    redactPaths: [["properties", "*", "note"]],
    rules: [{ condition: condition.expression, action: "drop" }],
  });
  for (const plan of ["staff", "free", "staff"]) {
    for (const os of ["iOS", "Linux"]) {
      const facts = { drop: 0, geo: null, device: encoder.encode(`{"os":"${os}"}`) } as const;
      kernels.compare(`{"type":"page","userId":"u","properties":{"plan":"${plan}","a":{"note":"x"}}}`, program, facts);
    }
  }
});

test("whose event is dropped by the host's word is dropped under each code, whatever was known of it before", () => {
  const kernels = new Kernels();
  const program = kernels.prepare(plainProgram);
  const facts = { geo: encoder.encode('{"country":"DE"}'), device: encoder.encode('{"os":"iOS"}') };
  for (const drop of [0, 3, 0, 2, 3] as const) {
    kernels.compare('{"type":"page","userId":"u"}', program, { ...facts, drop });
  }
});
