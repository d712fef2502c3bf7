import assert from "node:assert/strict";
import { type Row, sha256 } from "./room.ts";

/** Phone numbers and the one hash that is right (section 2 of the table). */
const numbers: readonly (readonly [code: string | null, phone: string, digits: string])[] = [
  ["44", "447911123456", "447911123456"],
  ["49", "4915777777777", "4915777777777"],
  ["55", "5511987654321", "5511987654321"],
  ["1", "011 44 7911 123456", "447911123456"],
  [null, "+44 (0) 7911 123456", "447911123456"],
  ["7", "8 (912) 345-67-89", "79123456789"],
  [null, "+1 650-555-1212 ext. 42", "16505551212"],
  [null, "16505551212", "16505551212"],
];

export const phoneRows: readonly Row[] = [
  ...numbers.map(([code, phone, digits], at): Row => {
    const name = `phone-${at}`;
    return {
      promise: `${phone} with ${code === null ? "no calling code" : `+${code}`} is ${digits}`,
      async send(room) {
        const sender = await room.source(room.main, "server", { default_calling_code: code, name });
        await room.track(name, { context: { traits: { phone } } }, sender);
      },
      look({ of }) {
        const { stored, meta, tiktok, row } = of(name);
        assert.deepEqual(
          [stored.phoneSha256, stored.phoneE164Sha256, meta.user_data.ph],
          [sha256(digits), sha256(`+${digits}`), sha256(digits)],
        );
        assert.deepEqual([tiktok?.user.phone ?? sha256(`+${digits}`)].flat(), [sha256(`+${digits}`)]);
        assert.equal(row.includes(phone), false);
      },
    };
  }),
  {
    promise: "a hash that says that it has the plus goes to TikTok alone",
    send: ({ track }) => {
      const page = { url: "https://shop.example.com/p" };
      const properties = { value: 1, currency: "EUR" };
      return track("hashed-plus", {
        properties,
        context: { page, traits: { sha256_phone_number: sha256("+16505551212") } },
      });
    },
    look({ of }) {
      assert.equal(of("hashed-plus").meta.user_data.ph, undefined);
      assert.deepEqual([of("hashed-plus").tiktok.user.phone].flat(), [sha256("+16505551212")]);
    },
  },
];
