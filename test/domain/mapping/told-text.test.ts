import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toldFreely } from "../../../domain/mapping/told-freely.ts";
import { toldAddress } from "../../../domain/mapping/told-page.ts";
import { toldText } from "../../../domain/mapping/told-text.ts";

const chrome =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/** Whoever reads these knows somebody: not told, whether they stand alone or in a text. */
const personal = [
  ...["+49 151 23456789", "+4915123456789", "(+49) 151 23456789", "0049 151 23456789", "tel:+49-151-23456789"],
  ...["0151 23456789", "0151/23456789", "(0151) 23456789", "0151-2345678", "01 23 45 67 89", "06.12.34.56.78"],
  ...["(650) 555-1212", "650-555-1212", "1-650-555-1212", "650.555.1212", "+1 650-555-1212 ext. 42"],
  ...["%2B4915123456789", "%252B4915123456789", "+49+151+23456789", "call me: +49 151 23456789 now", "Tel. 2345678"],
  ...["phone 4915123456789", "٠١٥١ ٢٣٤٥٦٧٨٩", "＋４９ １５１ ２３４５６７８９", "\u202a+49 151 23456789\u202c"],
  ...["ana@example.com", "ana%40example.com", "mail ana@example.com", "[email]", "to [phone]"],
  ...["ana&#64;example.com", "ana\\u0040example.com", "phone=0151 2345678", '{"tel":"2345678"}', "[user_agent]"],
  ...["192.0.2.17", "seen from 192.0.2.17", "2001:db8::17", "[ip]"],
  ...[chrome, `ua=${chrome}`, encodeURIComponent(chrome), "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)"],
];

/** Nobody is known by these: told as they stand, in free text. */
const innocent = [
  ...["4006381333931", "012345678905", "00012345678905", "9783161484100", "978-3-16-148410-0", "0-306-40615-2"],
  ...[
    "SKU-0151-23456789",
    "A-1001",
    "ORD-2026-000123",
    "2026-000123",
    "302-1234567-1234567",
    "0000012345",
    "INV/2026/0001",
  ],
  ...["52.520008", "+52.520008", "-13.404954", "52.520008,13.404954", "48.8566 2.3522"],
  ...["2026-11-30", "2026-11-30 18:30:15", "01.02.2026", "01.02.2026 18:30", "01/02/2026", "20261130", "1790000000"],
  ...[
    "126.0.0",
    "18.2.0-rc.1",
    "v1.2.3.4",
    "iPhone 15 Pro",
    "4 x 100 ml",
    "1,234,567.89",
    "1 234 567",
    "16:9",
    "10-20 EUR",
  ],
  ...[
    "Home > Mugs",
    "50% off",
    "Größe 😀",
    "what is a mug?",
    "0123 mug",
    "7–12 days",
    "3f2b8c1e-9d4a-4f6b-8a2c-1d2e3f4a5b6c",
  ],
];

/** Ids may look like a number that is written within a country. */
const innocentIds = ["0151234567", "01512345678", "650-555-1212", "0151-2345678", "0049151234567"];

describe("text that a vendor is told", () => {
  it("holds nothing that somebody is known by, in whatever spelling", () => {
    for (const text of personal) assert.equal(toldText(text, "words"), null, text);
  });

  it("is what it was where nobody is known by it", () => {
    for (const text of innocent) assert.equal(toldText(text, "words"), text);
    for (const text of [...innocent, ...innocentIds]) assert.equal(toldText(text, "id"), text);
  });

  it("is no number as an id, either, where no id is written so", () => {
    for (const id of ["+4915123456789", "(0151) 23456789", "0151 23456789", "0049 1512345678", "tel:+4915123456789"]) {
      assert.equal(toldText(id, "id"), null, id);
    }
  });

  it("keeps four-part versions under keys of versions, and there alone", () => {
    assert.equal(toldFreely("app_version", "1.2.3.4"), "1.2.3.4");
    assert.equal(toldFreely("origin", "1.2.3.4"), null);
  });

  it("tells web addresses without what stands in their query", () => {
    assert.equal(toldText("https://a.example/x?gclid=1&tel=0151#top", "words"), "https://a.example/x");
    assert.equal(toldText("see /sale?fbclid=abc now", "words"), "see /sale now");
    assert.equal(toldText("shop/x?gclid=abc&x=1", "words"), "shop/x");
    assert.equal(toldText("?gclid=abc&x=1", "words"), null);
    for (const text of ["C#/F# books", "24/7? yes", "AC/DC #1", "why?"]) assert.equal(toldText(text, "words"), text);
  });
});

describe("a property that a vendor has no name for", () => {
  it("is not told where its key says how somebody is reached and its digits are to be called", () => {
    const keys = ["telefon", "handy", "Telefonnummer", "mobil_nr", "whatsapp", "rufnummer", "callerId", "телефон"];
    for (const key of keys) {
      for (const value of ["4915123456789", "15123456789", 15123456789, "1234567", "0151 2345678", 4915123456789n]) {
        assert.equal(toldFreely(key, value), null, `${key} ${value}`);
      }
    }
    for (const key of ["contact", "from", "to", "recipient"]) {
      for (const value of ["4915123456789", "0151 2345678", "+49 151 2345678", "612 34 56 78", 4915123456789]) {
        assert.equal(toldFreely(key, value), null, `${key} ${value}`);
      }
    }
  });

  it("is told where the same key says something else", () => {
    const rows: readonly (readonly [string, string | number | boolean])[] = [
      ["contact", "sales"],
      ["contact", true],
      ["from", "Berlin"],
      ["from", "newsletter"],
      ["to", 10115],
      ["handy", "iPhone 15"],
      ["whatsapp", false],
      ["calls", 3],
      ["line", "U8"],
    ];
    for (const [key, value] of rows) assert.equal(toldFreely(key, value), value, key);
  });

  it("is not told where it is an object or a list, written as text or not", () => {
    for (const value of ['{"a":1}', ' [{"a":1}]', '["a"]', {}, [], null])
      assert.equal(toldFreely("extra", value), null);
    assert.equal(toldFreely("extra", "[sale] mug"), "[sale] mug");
  });

  it("keeps the digits of an integer, and is not told under a key that is a number itself", () => {
    assert.equal(toldFreely("ad_id", 1729384756102938475n), 1729384756102938475n);
    assert.equal(toldFreely("+4915123456789", 1), null);
  });
});

describe("the path of a page", () => {
  const rows: readonly (readonly [path: string, told: string])[] = [
    ["/call/+4915123456789", "/call/[phone]"],
    ["/call/%2B4915123456789/now", "/call/[phone]/now"],
    ["/call/015123456789", "/call/[phone]"],
    ["/tel:+4915123456789", "/[phone]"],
    ["/phone/4915123456789", "/phone/[phone]"],
    ["/u/ana@example.com", "/u/[email]"],
    ["/u/ana%40example.com/x", "/u/[email]/x"],
    ["/ip/192.0.2.17", "/ip/[ip]"],
    ["/x;phone=4915123456789;a=1", "/x;phone=[phone];a=1"],
    ["/orders/2026-000123/items/4006381333931", "/orders/2026-000123/items/4006381333931"],
    ["/p/0151234567", "/p/0151234567"],
    ["/contact/123456", "/contact/123456"],
    ["/version/1.2.3.4/notes", "/version/1.2.3.4/notes"],
    ["/blog/2026/11/30/sale", "/blog/2026/11/30/sale"],
    ["/map/52.520008,13.404954", "/map/52.520008,13.404954"],
    ["/", "/"],
  ];

  it("is looked at segment by segment: who is named there is masked, the rest stays", () => {
    for (const [path, told] of rows) {
      assert.equal(toldAddress(`https://a.example${path}`), `https://a.example${told}`);
    }
  });

  it("is cut between segments where it is too long for a vendor", () => {
    const told = toldAddress(`https://a.example/${"segment/".repeat(400)}`);
    assert.ok(told.length <= 2_048 && told.endsWith("/segment"), String(told.length));
    assert.equal(toldAddress(`https://a.example/${"x".repeat(3_000)}`), "https://a.example/");
  });
});
