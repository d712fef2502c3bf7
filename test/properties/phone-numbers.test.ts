import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { test } from "node:test";
import { type CountryCode, getCountries, type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { normalisePhone } from "../../domain/data-layer/normalise-phone.ts";
import { identityHash } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";
import { SeededRandom } from "./seeded-random.ts";

const each = Number(process.env["PHONE_RUNS"] ?? 2);
/** The same numbers in each run: one in some ten thousand differs for a reason that is not named below. */
const seed = Number(process.env["PROPERTY_SEED"] ?? 20_261_130);
const triesMax = 60;
/** Of all that is compared; what differs besides has one of the reasons below. */
const agreementMin = 0.95;

const examples = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("libphonenumber-js/examples.mobile.json"), "utf8"),
) as Record<string, string>;

/** The ways a number is written at a source of its country. */
const forms: Readonly<Record<string, (phone: PhoneNumber) => string>> = {
  national: (phone) => phone.formatNational(),
  "national digits": (phone) => phone.formatNational().replace(/\D/g, ""),
  bare: (phone) => phone.nationalNumber,
  "with a plus": (phone) => phone.number,
  international: (phone) => phone.formatInternational(),
  "with two zeros": (phone) => `00${phone.number.slice(1)}`,
  "code without a plus": (phone) => phone.number.slice(1),
  "with an extension": (phone) => `${phone.formatInternational()} ext. 42`,
  "as a link": (phone) => `${phone.getURI()};ext=7`,
};

/**
 * A national number without its trunk prefix that begins with its own country's code, and is possible with and without
 * it. Where those are written with a trunk prefix, it is read as the international number that it is, too.
 */
function isAmbiguous({ form, text, code, ours }: Compared): boolean {
  const isInternational = ours !== null && ours === normalisePhone(`+${text}`, null).international;
  return form === "bare" && text.startsWith(code) && isInternational;
}

/**
 * Digits in which libphonenumber, too, sees a longer exit prefix than two zeros (`006` in Thailand), and so another
 * number than was meant; a zero behind its code is read as a trunk prefix, as in `+44 (0) 7911 …`.
 */
function isOtherExit({ form, ours, theirs, meant }: Compared): boolean {
  const withoutZero = [...(theirs ?? "")].some((digit, i) => {
    return digit === "0" && `${theirs?.slice(0, i)}${theirs?.slice(i + 1)}` === ours;
  });
  return form === "with two zeros" && theirs !== meant && withoutZero;
}

/** Forms that are read otherwise than libphonenumber reads them, as the number that was meant, and why. */
const reasons: Readonly<Record<string, string>> = {
  "with two zeros": "they are an exit prefix everywhere: so numbers are stored, whatever is dialled in that country",
  "code without a plus": "that is not a national number where those are written with a trunk prefix",
};

/** A valid number of a country: a possible one made up of any digits, or its example with other digits at its end. */
function anyNumber(country: CountryCode, random: SeededRandom): PhoneNumber | null {
  const example = examples[country];
  if (example === undefined) return null;
  for (let tries = 0; tries < triesMax; tries++) {
    const kept = tries % 2 === 0 ? 1 : example.length - 1 - random.below(6);
    const digits = [...example].map((digit, i) => (i < kept ? digit : String(random.below(10)))).join("");
    const phone = parsePhoneNumberFromString(
      tries % 4 === 0 ? String(random.below(10)) + digits.slice(1) : digits,
      country,
    );
    if (phone?.isValid() && phone.country === country) return phone;
  }
  return parsePhoneNumberFromString(example, country) ?? null;
}

interface Compared {
  readonly code: string;
  readonly form: string;
  readonly text: string;
  readonly meant: string;
  readonly ours: string | null;
  readonly theirs: string | null;
}

function compareCountry(country: CountryCode, random: SeededRandom): Compared[] {
  const phones = Array.from({ length: each }, () => anyNumber(country, random)).filter((phone) => phone !== null);
  return phones.flatMap((phone) =>
    Object.entries(forms).map(([form, write]) => {
      const text = write(phone);
      const code = phone.countryCallingCode;
      const theirs = parsePhoneNumberFromString(text, country)?.number.slice(1) ?? null;
      return { code, form, text, theirs, meant: phone.number.slice(1), ours: normalisePhone(text, code).international };
    }),
  );
}

test("numbers of all countries are read as libphonenumber reads them, or differ for a reason", () => {
  console.log(`phone numbers: PROPERTY_SEED=${seed}`);
  const random = new SeededRandom(seed);
  const compared = getCountries().flatMap((country) => compareCountry(country, random));
  const different = compared.filter(({ ours, theirs }) => ours !== theirs);
  const isMeant = ({ form, ours, meant }: Compared) => reasons[form] !== undefined && ours === meant;
  const reasonless = different.filter((one) => !isMeant(one) && !isAmbiguous(one) && !isOtherExit(one));
  const share = 1 - different.length / compared.length;
  console.log(`${compared.length} numbers compared, ${(share * 100).toFixed(2)} % alike, the rest for a reason`);
  assert.deepEqual(reasonless.slice(0, 20), [], `${reasonless.length} differ without a reason`);
  assert.ok(share > agreementMin);
  assertKernel(compared);
});

/** The kernel that ships hashes what the plain reading says. */
function assertKernel(compared: readonly Compared[]): void {
  const kernel = openWasmKernel();
  const codes = new Set(compared.map(({ code }) => code));
  for (const code of codes) {
    const numbers = compared.filter((one) => one.code === code);
    const batch = numbers.map(({ text }) => ({ type: "page", userId: "u", traits: { phone: text } }));
    const body = new TextEncoder().encode(JSON.stringify({ batch }));
    const scan = kernel.scan(body, { ...plainShape, list: "batch" }, { ...defaultLimits, batchEventsMax: 100_000 });
    assert.ok(scan.ok);
    const facts = numbers.map(() => ({ drop: 0 as const, geo: null, device: null }));
    const result = scan.finish(kernel.prepare({ ...plainProgram, defaultCallingCode: code }), facts);
    numbers.forEach(({ text, ours }, i) => {
      const expected = ours === null ? null : createHash("sha256").update(ours).digest("hex");
      assert.equal(identityHash(result, i, "phoneSha256"), expected, `${code} ${text}`);
    });
  }
}
