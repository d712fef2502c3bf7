import assert from "node:assert/strict";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Program } from "../../domain/model/program.ts";
import type { EventFacts, Kernel, PreparedProgram } from "../../ports/kernel.ts";
import { plainProgram } from "../contracts/kernel-case.ts";
import { anyFacts, anyProgram, anyShape, BodyWriter, type KernelInput, mutateBytes } from "./kernel-inputs.ts";
import { ordinaryBody } from "./ordinary-events.ts";
import { SeededRandom } from "./seeded-random.ts";

const encoder = new TextEncoder();
const smallLimits = { ...defaultLimits, eventBytesMax: 120, batchEventsMax: 2, jsonDepthMax: 4 };
/** Bodies that one program is used for: preparing costs more than a body. */
const bodiesPerProgram = 20;

/** How many bodies were compared, and what became of them: a run that only sees refusals proves little. */
export interface Agreement {
  bodies: number;
  scanned: number;
  passed: number;
}

/** Gives both kernels the same inputs, as many as asked for, and fails at the first difference. */
export function compareKernels(oracle: Kernel, kernel: Kernel, seed: number, bodies: number): Agreement {
  const agreement: Agreement = { bodies: 0, scanned: 0, passed: 0 };
  for (let round = 0; agreement.bodies < bodies; round++) {
    const random = new SeededRandom(seed + round);
    const program = anyProgram(random);
    const prepared = { oracle: oracle.prepare(program), kernel: kernel.prepare(program) };
    for (let i = 0; i < bodiesPerProgram; i++) {
      const input = anyInput(random, program);
      compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed + round}, body ${i}`);
      agreement.bodies++;
    }
  }
  return agreement;
}

/** As `compareKernels`, on batches of ordinary events: what one event leaves in memory must not reach another. */
export function compareOnBatches(oracle: Kernel, kernel: Kernel, seed: number, bodies: number): Agreement {
  const agreement: Agreement = { bodies: 0, scanned: 0, passed: 0 };
  for (let round = 0; agreement.bodies < bodies; round++) {
    const random = new SeededRandom(seed + round);
    const program = random.chance(50) ? ordinaryProgram : anyProgram(random);
    const prepared = { oracle: oracle.prepare(program), kernel: kernel.prepare(program) };
    for (let i = 0; i < bodiesPerProgram; i++) {
      const body = encoder.encode(ordinaryBody(random, 1 + random.below(24)));
      const facts = random.chance(50) ? [connection] : [connection, anyFacts(random), anyFacts(random)];
      const input = { body, shape: batchShape, limits: defaultLimits, program, facts };
      compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed + round}, batch ${i}`);
      agreement.bodies++;
    }
  }
  return agreement;
}

const batchShape = { dialect: "segment", list: "batch", type: null } as const;
const connection: EventFacts = {
  drop: 0,
  geo: encoder.encode('{"country":"DE","region":"BE"}'),
  device: encoder.encode('{"type":"mobile","os":"iOS 18"}'),
};
const ordinaryProgram: Program = {
  ...plainProgram,
  defaultCallingCode: "49",
  hashPaths: [
    ["traits", "first_name"],
    ["context", "traits", "city"],
    ["properties", "products", "id"],
  ],
  redactPaths: [
    ["properties", "internal_note"],
    ["traits", "address", "street"],
  ],
  detector: { phones: "mask", ips: "mask" },
};

function anyInput(random: SeededRandom, program: KernelInput["program"]): KernelInput {
  const shape = anyShape(random);
  const body = encoder.encode(new BodyWriter(random).body(shape));
  return {
    body: random.chance(35) ? mutateBytes(body, random) : body,
    shape,
    limits: random.chance(5) ? smallLimits : defaultLimits,
    program,
    facts: random.chance(50) ? [anyFacts(random)] : [anyFacts(random), anyFacts(random)],
  };
}

/** Both answers to one input, equal in faults, claims, rows and bytes. */
function compareOnce(
  oracle: Kernel,
  kernel: Kernel,
  input: KernelInput,
  prepared: { readonly oracle: PreparedProgram; readonly kernel: PreparedProgram },
  agreement: Agreement,
  where: string,
): void {
  const { body, shape, limits } = input;
  const expected = oracle.scan(body, shape, limits);
  const actual = kernel.scan(body, shape, limits);
  if (!expected.ok || !actual.ok) {
    assert.deepEqual(actual.ok ? actual.ok : actual, expected.ok ? expected.ok : expected, where);
    return;
  }
  agreement.scanned++;
  assert.equal(actual.count, expected.count, where);
  assert.equal(actual.writeKey, expected.writeKey, where);
  assert.equal(actual.sentAt, expected.sentAt, where);
  for (let i = 0; i < expected.count; i++) assert.deepEqual(actual.claims(i), expected.claims(i), where);
  const facts = Array.from({ length: expected.count }, (_, i) => input.facts[i % input.facts.length]!);
  const wanted = expected.finish(prepared.oracle, facts);
  const given = actual.finish(prepared.kernel, facts);
  if (!equalWords(given.rows, wanted.rows) || !equalWords(given.bytes, wanted.bytes)) {
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(given.bytes), decoder.decode(wanted.bytes), where);
    assert.deepEqual([...given.rows], [...wanted.rows], where);
    assert.deepEqual([...given.bytes], [...wanted.bytes], where);
  }
  agreement.passed += wanted.bytes.length > 0 ? 1 : 0;
}

function equalWords(left: Int32Array | Uint8Array, right: Int32Array | Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
