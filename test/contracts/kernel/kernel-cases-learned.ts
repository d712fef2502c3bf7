import { head, type KernelCase, passes, sha256 } from "./kernel-case.ts";

const email = sha256("a@b.co");
/** More keys than any kernel may remember, in an event that is as large as it may be. */
const manyKeys = Array.from({ length: 2_900 }, (_, at) => `"k${at}":1`).join(",");
const list = { list: "batch" } as const;
const raw = '"email":"a@b.co"';
const hashed = `"email":"${email}"`;
const escaped = String.raw`"\u0065mail":"a@b.co"`;
const escapedHashed = String.raw`"\u0065mail":"${email}"`;

/** A kernel that remembers keys, or bodies, must not be told wrong by what it remembers. */
export const learnedCases: readonly KernelCase[] = [
  passes("a key past all that a kernel may learn is found", `${manyKeys},${raw}`, `${manyKeys},${hashed}`, { email }),
  {
    name: "an escaped key teaches nothing about the plain one, nor the plain one about it",
    body: `{"batch":[${head},${escaped}},${head},${raw}},${head},${escaped}},${head},${raw}}]}`,
    shape: list,
    expect: [escapedHashed, hashed, escapedHashed, hashed].map((members) => ({ json: `${head},${members}}`, email })),
  },
  passes(
    "a long key that begins and ends like the one before it is not taken for it",
    '"contact_details.shone":"a","contact_details.phone":"0151 1234567"',
    `"contact_details.shone":"a","contact_details.phone":"${sha256("491511234567")}"`,
    { program: { defaultCallingCode: "49" }, phone: sha256("491511234567") },
  ),
  passes(
    "nor is one that differs in its middle, as far as a kernel may look from either end",
    '"contact_details1xphone_e164_sha256":"a","contact_details1.phone_e164_sha256":"0151 1234567"',
    `"contact_details1xphone_e164_sha256":"a","contact_details1.phone_e164_sha256":"${sha256("491511234567")}"`,
    { program: { defaultCallingCode: "49" }, phone: sha256("491511234567") },
  ),
  {
    name: "a key that differs in its last byte from the one that followed before is not taken for it",
    body: `{"batch":[${head},${raw}},${head},"emaik":"x"},${head},"emai":"x"},${head},"emailx":"x"},${head},${raw}}]}`,
    shape: list,
    expect: [hashed, '"emaik":"x"', '"emai":"x"', '"emailx":"x"', hashed].map((members) => ({
      json: `${head},${members}}`,
    })),
  },
];
