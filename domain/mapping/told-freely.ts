import { holdsVersions } from "../data-layer/key-table.ts";
import { textOf } from "../model/json/json.ts";
import { isContact } from "./contact-keys.ts";
import { foldKey } from "./person.ts";
import { rememberWords } from "./remember.ts";
import { toldText } from "./told-text.ts";

const idEnds = [
  ...[
    "ids?",
    "no",
    "nr",
    "num",
    "number",
    "code",
    "sku",
    "ean",
    "gtin",
    "upc",
    "isbn",
    "asin",
    "mpn",
    "ref",
    "reference",
  ],
  ...["order", "invoice", "serial", "barcode", "coupon", "voucher", "hash", "slug"],
];
const idParts = new RegExp(`(?:${idEnds.join("|")})$`);

/** Objects and lists written as JSON: what they hold is nobody's to tell, as if they were none of text. */
const nested = /^\s*(?:\{\s*"|\[\s*[[{"])/;

const isIdKey = rememberWords((key) => idParts.test(foldKey(key)));

/**
 * A property that a vendor has no name for, as it may be told: true, false, a number or text; null for anything else,
 * and for what somebody might be known or reached by. Integers keep their digits.
 */
export function toldFreely(key: string, value: unknown): string | number | bigint | boolean | null {
  if (toldText(key, "id", true) !== key) return null;
  if (typeof value === "boolean") return value;
  const text = textOf(value);
  if (text === null || isContact(key, text) || nested.test(text)) return null;
  if (typeof value === "number" || typeof value === "bigint") return value;
  return toldText(text, isIdKey(key) ? "id" : "words", holdsVersions(key));
}
