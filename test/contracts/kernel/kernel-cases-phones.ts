import { e164Form } from "../../../domain/data-layer/normalise-phone.ts";
import { writtenPhones } from "../phone-numbers.ts";
import { type KernelCase, passes, sha256 } from "./kernel-case.ts";

const digits = sha256("16505551212");
const withPlus = sha256("+16505551212");

const read: readonly KernelCase[] = writtenPhones.map(({ defaultCode, written, international }) => ({
  name: `the phone ${JSON.stringify(written)} at a source of ${defaultCode ?? "no country"} is ${international}`,
  body: `{"type":"page","userId":"u","traits":{"phone":${JSON.stringify(written)}}}`,
  program: { defaultCallingCode: defaultCode },
  expect: [
    international === null
      ? { phone: null, phoneE164: null }
      : {
          json: `{"type":"page","userId":"u","traits":{"phone":"${sha256(international)}"}}`,
          phone: sha256(international),
          phoneE164: sha256(e164Form(international)),
        },
  ],
}));

/** Phone numbers under the table's keys: raw ones by their country's facts, hashes by what the key says of them. */
export const phoneCases: readonly KernelCase[] = [
  ...read,
  ...["ph", "phone_sha256", "phone", "Phone-Number", "phone_hash"].map((key) =>
    passes(`a hash under ${key} is one of digits`, `"${key}":"${digits}"`, `"${key}":"${digits}"`, {
      phone: digits,
      phoneE164: null,
    }),
  ),
  ...["sha256_phone_number", "sha256PhoneNumber", "sha256_phone", "hashed_phone_number", "phone_e164_sha256"].map(
    (key) =>
      passes(`a hash under ${key} is one with a plus`, `"${key}":"${withPlus}"`, `"${key}":"${withPlus}"`, {
        phone: null,
        phoneE164: withPlus,
      }),
  ),
  passes(
    "both forms beside each other fill both",
    `"traits":{"ph":"${digits}","sha256_phone_number":"${withPlus}"}`,
    `"traits":{"ph":"${digits}","sha256_phone_number":"${withPlus}"}`,
    { phone: digits, phoneE164: withPlus },
  ),
  passes(
    "a raw phone under a key of hashes is one",
    '"sha256_phone_number":"+1 650 555 1212"',
    `"sha256_phone_number":"${digits}"`,
    { phone: digits, phoneE164: withPlus },
  ),
];
