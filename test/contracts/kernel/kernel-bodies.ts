import { Buffer } from "node:buffer";
import fc from "fast-check";

const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.constantFrom("-0", "0.0", "1E+5", "1e-400", "1e309", "-1e308", "10e307", "100000e-5"),
);

/** JSON text with white space, escapes and numbers of every kind: what stands in a body by rights. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(jsonString(), numberText, fc.constantFrom("true", "false", "null")),
    tie("object"),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(" ,\n")}]`),
  ),
  object: fc
    .array(fc.tuple(jsonString(), tie("value")), { maxLength: 4 })
    .map((members) => `{${members.map(([key, value]) => `${key} :\t${value}`).join(", ")}}`),
})).object;

function jsonString(): fc.Arbitrary<string> {
  const char = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(..."abcz09 ./@+-:%_é中\u2028\u{1f44d}") },
    { weight: 2, arbitrary: fc.integer({ min: 0x20, max: 0x10ffff }).map(safeCodePoint) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 0, max: 0xffff }).map(escapeUnit),
    },
    { weight: 1, arbitrary: fc.constantFrom("\\n", "\\/", '\\"', "\\\\", "\\t", "\\ud83d\\udc4d") },
  );
  return fc.array(char, { maxLength: 8 }).map((chars) => `"${chars.join("")}"`);
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** A character that stands for itself in a JSON string. */
function safeCodePoint(code: number): string {
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return surrogate || code === 0x22 || code === 0x5c ? "x" : String.fromCodePoint(code);
}

/** A change of one byte: another byte in its place, one more, or one less. */
export interface Mutation {
  readonly at: number;
  readonly byte: number;
  readonly kind: "replace" | "insert" | "delete";
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  byte: fc.oneof(
    fc.constantFrom(...Buffer.from('{}[]",:\\0123456789.eE+-tfnu \n\u0001')),
    fc.integer({ min: 0, max: 255 }),
  ),
  kind: fc.constantFrom("replace", "insert", "delete"),
});

export function mutate(bytes: Uint8Array, { at, byte, kind }: Mutation): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const rest = bytes.subarray(kind === "insert" ? place : place + 1);
  return Uint8Array.from([...bytes.subarray(0, place), ...(kind === "delete" ? [] : [byte]), ...rest]);
}

/** Where personal data is planted: under a key of the table, or anywhere at all. */
export interface Planted {
  readonly members: string;
  /** None of these may be found in what comes out, in any of the forms it was written. */
  readonly secrets: readonly string[];
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{3,9}$/);
const email = fc
  .tuple(word, fc.constantFrom("", "+tag", ".x", "'q", "\u00e9"), word, fc.constantFrom("com", "co.uk", "\u4e2d\u56fd"))
  .map(([local, tail, domain, end]) => `${local}zq${tail}@${domain}.${end}`);

const carriers: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `https://x.test/p?e=${encodeURIComponent(value)}&f=1`,
  (value) => `https://x.test/?u=${encodeURIComponent(encodeURIComponent(value))}`,
  (value) => JSON.stringify({ to: value, n: [1] }),
  (value) => JSON.stringify(JSON.stringify({ to: value })),
  (value) => `Hello <${value}>, welcome`,
  (value) => value.toUpperCase(),
  (value) => value.replace("@", "&#64;"),
  (value) => value.replace("@", "&amp;commat;"),
  (value) => value.replace("@", "%u0040"),
  (value) => encodeURIComponent(value.replace("@", "&#x40;")),
  (value) => value.replace("@", "\\@"),
];

const written: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text),
  (text) => `"${[...text].map((char) => (char.length > 1 ? char : escapeUnit(char.charCodeAt(0)))).join("")}"`,
];

const places: readonly ((text: string) => string)[] = [
  (text) => `"properties":{"note":${text}}`,
  (text) => `"properties":{"list":[[{"deep":${text}}]]}`,
  (text) => `"properties":{${text}:1}`,
  (text) => `"context":{"page":{"url":${text}}},"context":{"a":1}`,
  (text) => `"messageId":${text}`,
  (text) => `"name":${text}`,
  (text) => `"traits":{"email":${text},"Email":[${text}]}`,
  (text) => `"tr\\u0061its":{"e\\u006dail":${text}}`,
  (text) => `"traits.email":${text}`,
];

const plantedEmail: fc.Arbitrary<Planted> = fc
  .tuple(email, fc.constantFrom(...carriers), fc.constantFrom(...written), fc.constantFrom(...places))
  .map(([value, carry, write, place]) => ({
    members: place(write(carry(value))),
    secrets: [value, value.toUpperCase(), encodeURIComponent(value), value.split("@")[0] as string],
  }));

const underKey: fc.Arbitrary<Planted> = fc
  .tuple(
    fc.constantFrom(
      "ip",
      "IP_Address",
      "x-forwarded-for",
      "userAgent",
      "user_agent",
      "USER-AGENT",
      "phone",
      "Phone_Number",
      "mobile",
    ),
    fc.stringMatching(/^7[0-9]{8,12}$/),
    fc.constantFrom(...written),
    fc.constantFrom<(member: string) => string>(
      (member) => member,
      (member) => `"context":{${member}}`,
      (member) => `"properties":{"a":[{${member}},{"b":{${member}}}]}`,
      (member) => `"traits":{${member},${member}}`,
    ),
  )
  .map(([key, value, write, place]) => ({ members: place(`${write(key)}:${write(value)}`), secrets: [value] }));

const phone = fc
  .tuple(fc.constantFrom("49151", "44791", "33612", "16505", "55119"), fc.stringMatching(/^[2-9]{8}$/))
  .map(([start, end]) => start + end.slice(0, phoneTail(start)));

/** Digits that a number of that beginning still wants. */
function phoneTail(start: string): number {
  if (start.startsWith("55")) return 8;
  return start.startsWith("44") || start.startsWith("49") ? 7 : 6;
}

const phoneSpellings: readonly ((digits: string) => string)[] = [
  (digits) => `+${digits}`,
  (digits) => `(+${digits.slice(0, 2)}) ${digits.slice(2)}`,
  (digits) => `\u202a+${digits}\u202c`,
  (digits) => `tel:+${digits};ext=5`,
  (digits) => `%2B${digits}`,
  (digits) => `"+${digits}"`,
  (digits) => `+${digits}, +16505551212`,
  (digits) => `+${digits} ext. 42`,
  (digits) => `+${inRow(digits, 0x660)}`,
  (digits) => `\uff0b${inRow(digits, 0xff10)}`,
];

const plantedPhone: fc.Arbitrary<Planted> = fc
  .tuple(
    phone,
    fc.constantFrom(...phoneSpellings),
    fc.constantFrom(...written),
    fc.constantFrom(...places.filter((place) => !place("").includes("mail"))),
  )
  .map(([digits, spell, write, place]) => ({
    members: place(write(spell(digits))),
    secrets: [digits, digits.slice(2), ...[0x660, 0xff10].map((row) => inRow(digits, row))],
  }));

function inRow(digits: string, row: number): string {
  return digits.replace(/\d/g, (digit) => String.fromCharCode(row + Number(digit)));
}

/** Texts that name a number or a User-Agent. */
const namedIn: readonly ((key: string, value: string) => string)[] = [
  (key, value) => JSON.stringify({ a: 1, [key]: value }),
  (key, value) => JSON.stringify({ p: JSON.stringify({ [key]: value, b: [1] }) }),
  (key, value) => JSON.stringify([{ name: key, value }]),
  (key, value) => `https://x.test/?a=1&${key}=${encodeURIComponent(value)}&b=2`,
  (key, value) => `?u=${encodeURIComponent(`/?${key}=${encodeURIComponent(value)}`)}`,
  (key, value) => `A: b\r\n${key}: ${value}\r\nC: d`,
];

const plantedInText: fc.Arbitrary<Planted> = fc
  .tuple(
    fc.constantFrom("phone", "Phone_Number", "user.tel", "user_agent", "ua"),
    fc.stringMatching(/^7[0-9]{8,12}$/),
    fc.constantFrom(...namedIn),
    fc.constantFrom(...written),
    fc.constantFrom(...places.filter((place) => !place("").includes("mail"))),
  )
  .map(([key, digits, name, write, place]) => {
    const value = key.startsWith("u") && !key.includes("tel") ? `Lamp/1 (${digits})` : digits;
    return { members: place(write(name(key, value))), secrets: [digits] };
  });

const plantedAgent: fc.Arbitrary<Planted> = fc
  .tuple(
    word.map((own) => `${own}zq`),
    fc.constantFrom("Mozilla/5.0 (X11; Linux x86_64)", "Dalvik/2.1.0 (Linux; Android 14)", "Shop/2.0 (iPhone; iOS 17)"),
    fc.constantFrom(...carriers.slice(0, 5)),
    fc.constantFrom(...written),
    fc.constantFrom(...places.filter((place) => !place("").includes("mail"))),
  )
  .map(([own, system, carry, write, place]) => ({
    members: place(write(carry(`${system} ${own}/7.1`))),
    secrets: [own],
  }));

const octet = fc.integer({ min: 100, max: 239 });
const addressSpellings: readonly ((octets: readonly string[]) => string)[] = [
  (octets) => octets.join("."),
  (octets) => `from ${octets.join(".")}:443`,
  (octets) => octets.join("\u200b."),
  (octets) => inRow(octets.join("."), 0xff10),
  (octets) => `2001:db8:0:0:${octets.join(":")}:443`,
  (octets) => `[::ffff:${octets.join(".")}]:443`,
  (octets) => `fe80::${octets.join(":")}%eth0`,
];

const plantedAddress: fc.Arbitrary<Planted> = fc
  .tuple(
    fc.tuple(octet, octet, octet, octet).map((octets) => octets.map(String)),
    fc.constantFrom(...addressSpellings),
    fc.constantFrom(...written),
    fc.constantFrom(...places.filter((place) => !place("").includes("mail"))),
  )
  .map(([octets, spell, write, place]) => ({
    members: place(write(spell(octets))),
    secrets: [octets.join("."), octets.join(":"), octets.join("\u200b."), inRow(octets.join("."), 0xff10)],
  }));

export const planted: fc.Arbitrary<Planted> = fc.oneof(
  plantedEmail,
  plantedPhone,
  plantedAddress,
  underKey,
  plantedInText,
  plantedAgent,
);
