import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { openVirtualClock } from "../../adapters/memory/clock.ts";
import { openMeta } from "../../adapters/meta/meta.ts";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { openTiktok } from "../../adapters/tiktok/tiktok.ts";
import { countryCodes } from "../../domain/data-layer/countries.ts";
import { usStates } from "../../domain/data-layer/us-states.ts";
import { type PersonKey, personKeys } from "../../domain/mapping/person.ts";
import { jsonText } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Kernel, PreparedProgram } from "../../ports/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { tiktokIntegration, webEvent } from "../adapters/tiktok/parts.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";
import { metaIntegration, startMs } from "../domain/pipeline/relay/parts.ts";
import { userRows } from "../golden/meta-wire/wire-rows.ts";

const runs = Number(process.env["PROPERTY_RUNS"] ?? 6_000);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`hashed alike: PROPERTY_SEED=${seed}`);

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const encoder = new TextEncoder();
const clock = openVirtualClock(startMs);
const meta = { vendor: openMeta({ baseUrl: "http://meta.invalid", clock }), integration: await metaIntegration() };
const tiktok = { vendor: openTiktok({ baseUrl: "http://tt.invalid", clock }), integration: await tiktokIntegration() };

/** What each vendor calls what is known of the person; TikTok takes hashes of names and zip codes alone. */
const ofMeta = {
  firstName: "fn",
  lastName: "ln",
  birthday: "db",
  gender: "ge",
  city: "ct",
  state: "st",
  zip: "zp",
  country: "country",
} as const;
const ofTiktok: Partial<Record<PersonKey, string>> = {
  firstName: "first_name",
  lastName: "last_name",
  zip: "zip_code",
};
const fields = Object.keys(ofMeta) as PersonKey[];

const edges = [openWasmKernel(), openReferenceKernel()].map((kernel) => {
  const spellings = Object.values(personKeys).flat();
  return { kernel, programs: new Map(spellings.map((key) => [key as string, hashingAt(kernel, key)])) };
});

function hashingAt(kernel: Kernel, key: string): PreparedProgram {
  return kernel.prepare({ ...plainProgram, hashPaths: [["traits", key]] });
}

/** What is stored of a trait whose path is to be hashed; null if nothing is. */
function storedBy({ kernel, programs }: (typeof edges)[number], key: string, text: string): string | null {
  const body = JSON.stringify({ type: "track", event: "E", userId: "u", traits: { [key]: text } });
  const scan = kernel.scan(encoder.encode(body), plainShape, defaultLimits);
  assert.ok(scan.ok);
  const batch = scan.finish(programs.get(key) as PreparedProgram, [{ drop: 0, geo: null, device: null }]);
  return (JSON.parse(jsonText(batch, 0)).traits[key] as string | undefined) ?? null;
}

/** What a vendor is sent of a person with one trait, under the vendor's name for it; null if nothing is. */
function sentBy({ vendor, integration }: typeof meta | typeof tiktok, name: string, key: string, text: string) {
  const event = webEvent(1, { traits: { [key]: text } });
  const frozen = vendor.freeze(integration, event);
  assert.ok(frozen.ok);
  const prepared = vendor.prepare(integration, event, frozen.value, startMs);
  assert.ok(prepared.ok);
  const { user_data, user } = prepared.payload as Record<string, Record<string, string>>;
  return (user_data ?? user)?.[name] ?? null;
}

/** Holds edge and vendors to one hash, or to none at all, and the hash of the edge to pass the vendors unchanged. */
function assertAlike(field: PersonKey, key: string, text: string): string | null {
  const where = `${field} ${JSON.stringify(text)}`;
  const [stored = null, storedPlainly = null] = edges.map((edge) => storedBy(edge, key, text));
  assert.equal(stored, storedPlainly, `kernels on ${where}`);
  const known = stored === "" || stored === hash("") ? null : stored;
  assert.equal(sentBy(meta, ofMeta[field], key, text), known, `Meta on ${where}`);
  if (known !== null) assert.equal(sentBy(meta, ofMeta[field], key, known), known);
  const name = ofTiktok[field];
  if (name !== undefined) assert.equal(sentBy(tiktok, name, key, text), known, `TikTok on ${where}`);
  return known;
}

const signs = [
  ..."aZé×÷ßÿÀÞIıİΣςǅŁ中정",
  ..."\u0301\u200c\u00ad\u0001\u007f\u0085 \t\n\u00a0\u3000\ufeff\u2028",
  ..."19０٣Ⅳ²-‐—_.,'’/&!$€😀",
];
const text = fc.array(fc.oneof(fc.constantFrom(...signs), fc.string({ unit: "binary", maxLength: 2 })), {
  maxLength: 8,
});
const twoOf = (max: number) => fc.integer({ min: 0, max }).map(String);
const part = fc.oneof(
  twoOf(12),
  twoOf(32),
  twoOf(9).map((digit) => `0${digit}`),
);
const year = fc.oneof(fc.integer({ min: 1890, max: 2110 }).map(String), part);
const date = fc
  .tuple(fc.oneof(year, part), part, fc.oneof(part, year), fc.constantFrom("", "-", "/", ".", " "))
  .map(([first, second, third, between]) => [first + between + second + between + third]);
const lists: Partial<Record<PersonKey, readonly string[]>> = {
  gender: ["f", "m", "Female", "MALE", "w", "man", "ſ", "K"],
  country: [...countryCodes, "UK", "XK", "USA", "Germany", "de-DE"],
  state: [...usStates.keys(), ...usStates.values(), "new", "South", "york"],
  zip: ["9", "95113", "951131234", "1234", "m1", "1AE"],
};
const cases = fc.constantFrom(...fields).chain((field) =>
  fc.record({
    field: fc.constant(field),
    key: fc.constantFrom(...personKeys[field]),
    pieces: fc.oneof(
      text,
      ...(field === "birthday" ? [date] : []),
      fc.array(fc.constantFrom(...(lists[field] ?? ["Mary", "van", "São"]), " ", "-", "."), { maxLength: 4 }),
      fc.constantFrom(...(lists[field] ?? ["Mary"])).map((word) => [word]),
    ),
  }),
);

describe("what is hashed at the edge is what a vendor's adapter hashes", () => {
  for (const field of fields) {
    it(`in each ${field} that was recorded with Meta's library`, () => {
      const rows = userRows.filter((row) => row.field === ofMeta[field] && typeof row.input === "string");
      const known = rows.map((row) => assertAlike(field, personKeys[field][0], row.input as string));
      assert.ok(known.some((one) => one === null) && known.filter((one) => one !== null).length > 5);
    });
  }

  it("under every key that vendors' fields are read from", () => {
    for (const field of fields) {
      for (const key of personKeys[field]) {
        for (const text of [" São Paulo-2 ", "California", "F.", "1/2/1997", "NO"]) assertAlike(field, key, text);
      }
    }
  });

  it("with every sign of Latin text before, between and behind letters", () => {
    for (let code = 0x01; code <= 0xff; code++) {
      const sign = String.fromCodePoint(code);
      for (const text of [sign, `${sign}Z`, `a${sign}Z`, `a${sign}`, `a${sign}${sign}É`]) {
        assertAlike("firstName", "fname", text);
        assertAlike("city", "town", text);
      }
    }
  });

  it("whatever the value, on both kernels", () => {
    let hashed = 0;
    fc.assert(
      fc.property(cases, ({ field, key, pieces }) => {
        const text = pieces.join("").replaceAll("\0", "");
        if (assertAlike(field, key, text) !== null) hashed++;
      }),
      { numRuns: runs, seed },
    );
    assert.ok(hashed > runs / 4, `${hashed} of ${runs} values come to a hash: too few to compare`);
  });
});
