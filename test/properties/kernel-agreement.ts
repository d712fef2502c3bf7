import assert from "node:assert/strict";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Program } from "../../domain/model/program.ts";
import type { EventFacts, Kernel, PreparedProgram } from "../../ports/kernel.ts";
import { noAddresses, writtenAddresses } from "../contracts/addresses.ts";
import { plainProgram } from "../contracts/kernel/kernel-case.ts";
import { writtenPhones } from "../contracts/phone-numbers.ts";
import { noPhones, wholePhones } from "../contracts/phone-values.ts";
import { anyFacts, anyProgram, anyShape, BodyWriter, type KernelInput, mutateBytes } from "./kernel-inputs.ts";
import { namedSigns, namedTexts } from "./kernel-named-texts.ts";
import { ordinaryBody, ordinaryEvent } from "./ordinary-events.ts";
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
      const alone = random.chance(25);
      const body = encoder.encode(alone ? ordinaryEvent(random) : ordinaryBody(random, 1 + random.below(24)));
      const shape = alone ? { ...eventShape, type: random.pick([null, "track", "page"] as const) } : batchShape;
      const facts = random.chance(50) ? [connection] : [connection, anyFacts(random), anyFacts(random)];
      const input = { body, shape, limits: defaultLimits, program, facts };
      compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed + round}, batch ${i}`);
      agreement.bodies++;
    }
  }
  return agreement;
}

/**
 * As `compareKernels`, on texts under a key of emails: every text of up to four of the signs that addresses are made
 * of, and `texts` longer ones, most of which are addresses or nearly so.
 */
export function compareOnAddresses(oracle: Kernel, kernel: Kernel, seed: number, texts: number): Agreement {
  const agreement: Agreement = { bodies: 0, scanned: 0, passed: 0 };
  const random = new SeededRandom(seed);
  const prepared = { oracle: oracle.prepare(plainProgram), kernel: kernel.prepare(plainProgram) };
  const all = [...shortTexts(4), ...Array.from({ length: texts }, () => nearAddress(random))];
  for (let from = 0; from < all.length; from += textsPerBody) {
    const events = all.slice(from, from + textsPerBody).map((text) => {
      return `{"type":"page","userId":"u","email":${JSON.stringify(text)}}`;
    });
    const body = encoder.encode(`{"batch":[${events.join(",")}]}`);
    const input = { body, shape: batchShape, limits: defaultLimits, program: plainProgram, facts: [nothing] };
    compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed}, texts from ${from} on`);
    agreement.bodies++;
  }
  return agreement;
}

/**
 * As `compareKernels`, on values that are personal data or nearly so: the contract's, each with a few characters
 * changed, under keys that make a difference.
 */
export function compareOnValues(oracle: Kernel, kernel: Kernel, seed: number, values: number): Agreement {
  const agreement: Agreement = { bodies: 0, scanned: 0, passed: 0 };
  const random = new SeededRandom(seed);
  for (let from = 0; from < values; from += textsPerBody) {
    const program = { ...plainProgram, defaultCallingCode: random.pick([null, ...callingCodes]) };
    const prepared = { oracle: oracle.prepare(program), kernel: kernel.prepare(program) };
    const events = Array.from({ length: textsPerBody }, () => {
      const value = JSON.stringify(nearValue(random));
      const id = random.chance(20) ? value : '"u"';
      return `{"type":"page","userId":${id},"traits":{"${random.pick(valueKeys)}":${value}}}`;
    });
    const body = encoder.encode(`{"batch":[${events.join(",")}]}`);
    const input = { body, shape: batchShape, limits: defaultLimits, program, facts: [nothing] };
    compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed}, values from ${from} on`);
    agreement.bodies++;
  }
  return agreement;
}

const callingCodes = ["1", "7", "33", "36", "39", "44", "49", "54", "55", "81", "86", "91", "352", "370", "999"];
const valueKeys = ["a", "note", "phone", "sha256_phone_number", "email", "app_version", "firmware"];
const knownValues = [
  ...[...Object.keys(writtenAddresses), ...noAddresses, "icon@2x.png", "react@18.2.0-rc.1", "a@b.co", "x@y.min.js"],
  ...wholePhones,
  ...noPhones,
  ...writtenPhones.map(({ written }) => written),
];
const valueSigns = [
  ..."0123456789++  .-/()[],;:#=%x@'\"\\\u0661\u0665\u202a\u200b\uff0b\uff11\u00a0\u2013\u0434eAf\n",
  "%2B",
  "ext",
  "15",
];

function nearValue(random: SeededRandom): string {
  let value = random.pick(knownValues);
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(value.length + 1);
    const kept = random.chance(50) ? at : at + 1;
    value = value.slice(0, at) + (random.chance(70) ? random.pick(valueSigns) : "") + value.slice(kept);
  }
  return random.chance(10) ? value + random.pick(knownValues) : value;
}

const textsPerBody = 100;
const addressSigns = ["a", "Z", "1", "@", ".", "-", "_", "+", "%", '"'];

function shortTexts(signsMax: number): string[] {
  if (signsMax === 0) return [""];
  const shorter = shortTexts(signsMax - 1);
  const longest = shorter.filter((text) => text.length === signsMax - 1);
  return [...shorter, ...longest.flatMap((text) => addressSigns.map((sign) => text + sign))];
}

/** Letters and dots around an at-sign, a few of them replaced, and a last label that may be none. */
function nearAddress(random: SeededRandom): string {
  const signs = Array.from({ length: 3 + random.below(75) }, () => random.pick(["a", "b", "C", "d", "."]));
  signs[random.below(signs.length)] = "@";
  for (let i = random.below(3); i > 0; i--) signs[random.below(signs.length)] = random.pick(addressSigns);
  const text = signs.join("") + random.pick(["", ".", ".d", ".de", ".12", ".1e", ".-_", ".com"]);
  return random.chance(70) ? text.replace(/\.\.+/g, ".") : text;
}

/** As `compareKernels`, on `texts` random texts as values, keys and names, with signs of what the host looks at. */
export function compareOnNamed(oracle: Kernel, kernel: Kernel, seed: number, texts: number): Agreement {
  const agreement: Agreement = { bodies: 0, scanned: 0, passed: 0 };
  const random = new SeededRandom(seed);
  const prepared = { oracle: oracle.prepare(plainProgram), kernel: kernel.prepare(plainProgram) };
  const anyText = () =>
    JSON.stringify(Array.from({ length: 1 + random.below(14) }, () => random.pick(namedSigns)).join(""));
  for (let from = 0; from < texts; from += textsPerBody) {
    const events = Array.from({ length: textsPerBody / 4 }, () => {
      const claim = random.chance(20) ? `"context":{"userAgent":${JSON.stringify(random.pick(namedTexts))}},` : "";
      const members = `${anyText()}:${anyText()},"name":${anyText()},"value":${anyText()}`;
      return `{"type":"page","userId":"u",${claim}"p":{${members}}}`;
    });
    const body = encoder.encode(`{"batch":[${events.join(",")}]}`);
    const input = { body, shape: batchShape, limits: defaultLimits, program: plainProgram, facts: [nothing] };
    compareOnce(oracle, kernel, input, prepared, agreement, `seed ${seed}, texts from ${from} on`);
    agreement.bodies++;
  }
  return agreement;
}

const userAgents = [null, "okhttp/4.9.2", " Lamp 7 of Ana ", "Mozilla/5.0 (X11) y", "curl"];
const nothing: EventFacts = { drop: 0, geo: null, device: null };
const batchShape = { dialect: "segment", list: "batch", type: null } as const;
const eventShape = { dialect: "segment", list: null } as const;
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
  const userAgent = userAgents[body.length % userAgents.length] as string | null;
  const wanted = expected.finish(prepared.oracle, facts, userAgent);
  const given = actual.finish(prepared.kernel, facts, userAgent);
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
