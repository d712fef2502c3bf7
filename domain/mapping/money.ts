import { isObject, type JsonObject, textOf } from "../model/json/json.ts";
import { type FoldedMembers, firstOf, memberOf } from "./members.ts";

/** An amount as an event states it; `unclear` is one that can be read in two ways, or not at all. */
export type Money =
  | { readonly kind: "amount"; readonly amount: number; readonly currency: string | null }
  | { readonly kind: "unclear" };

const unclear: Money = { kind: "unclear" };
const textCharsMax = 64;
/** No sum of money that is written as text; a double keeps what is below it. */
const amountMax = 1e15;
const isoCode = /^[A-Z]{3}$/;

/** Signs of one currency alone: `$`, `¥` and `kr` are several countries'. */
const signs: Readonly<Record<string, string>> = {
  ...{ "€": "EUR", EURO: "EUR", EUROS: "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY", "₽": "RUB" },
  ...{ "₫": "VND", "₴": "UAH", "₱": "PHP", "฿": "THB", "₦": "NGN", "₸": "KZT", ZŁ: "PLN", KČ: "CZK", FT: "HUF" },
  ...{ R$: "BRL", US$: "USD", A$: "AUD", AU$: "AUD", C$: "CAD", CA$: "CAD", NZ$: "NZD", HK$: "HKD", S$: "SGD" },
  ...{ MX$: "MXN", NT$: "TWD", "CN¥": "CNY", "JP¥": "JPY" },
};
/** Signs that say money and not which. */
const anySigns: ReadonlySet<string> = new Set(["$", "¥", "￥", "KR", "KR.", "RS", "RS.", "FR.", "DKR"]);
/** Currencies without a smaller unit: three digits behind a point or comma can only be thousands. */
const wholeCurrencies: ReadonlySet<string> = new Set([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF", "XPF"],
]);

/** As programs write amounts. */
const plain = /^-?\d{1,15}(?:\.\d{1,2})?$/;
const spaces = /[\s\u00a0\u202f\u2009'’]/g;

/** The three letters of a currency that is named by its code, in any case, or by a sign; null for anything else. */
export function currencyOf(value: unknown): string | null {
  const text = textOf(value)?.toUpperCase();
  if (text === undefined || text.length > textCharsMax) return null;
  if (isoCode.test(text)) return text;
  return Object.hasOwn(signs, text) ? (signs[text] as string) : null;
}

/**
 * Reads an amount of money: a number, text with either decimal sign, or an object of amount and currency.
 *
 * `4,245.42`, `1.234,56`, `25,50`, `€ 25.50` and `1 234` have one reading. `4,245` and `1.234` have two, unless the
 * currency has no smaller unit, and are unclear. Null where nothing is said.
 */
export function readMoney(value: unknown, currency: string | null): Money | null {
  if (typeof value === "number" || typeof value === "bigint") return amountOf(Number(value), null, Infinity);
  if (isObject(value)) return readMoneyObject(value, currency);
  if (typeof value !== "string") return null;
  if (plain.test(value)) return amountOf(Number(value), null);
  if (value.trim() === "") return null;
  const parts =
    value.length > textCharsMax
      ? null
      : partsOf(
          value
            .normalize("NFKC")
            .replace(/\u2212/g, "-")
            .trim(),
        );
  if (parts === null) return unclear;
  const codes = parts.words.map(currencyOf);
  if (parts.words.some((word, at) => codes[at] === null && !anySigns.has(word))) return unclear;
  const named = codes.find((code) => code !== null) ?? null;
  if (codes.some((code) => code !== null && code !== named)) return unclear;
  if (named !== null && currency !== null && named !== currency) return unclear;
  const amount = plainNumber(parts.number, named ?? currency);
  return amount === null ? unclear : amountOf(Number(`${parts.sign}${amount}`), named);
}

/** The first amount under one of the keys that has one reading; unclear if there are only others, null if none. */
export function firstMoney(members: FoldedMembers, keys: readonly string[], currency: string | null): Money | null {
  const read = (value: unknown) => readMoney(value, currency);
  const clear = firstOf(members, keys, (value) => {
    const money = read(value);
    return money?.kind === "amount" ? money : null;
  });
  return clear ?? firstOf(members, keys, read);
}

/** An amount as people write it: a minus, and signs or codes of currencies, before and behind the number. */
interface Parts {
  readonly sign: string;
  readonly number: string;
  /** In capitals. */
  readonly words: readonly string[];
}

function partsOf(text: string): Parts | null {
  const first = text.search(/[.,]?\d/);
  if (first < 0) return null;
  let end = text.length;
  while (!/\d/.test(text[end - 1] as string)) end -= 1;
  const before = text.slice(0, first);
  const behind = text.slice(end).replace(/^[.,]?\s?[-–—]/, "");
  const signs = before.match(/[+-]/g) ?? [];
  if (signs.length > 1) return null;
  const words = [...before.split(/[+-]/), behind].map((word) => word.trim().toUpperCase());
  return { sign: signs[0] ?? "", number: text.slice(first, end), words: words.filter((word) => word !== "") };
}

function amountOf(amount: number, currency: string | null, max = amountMax): Money {
  return Math.abs(amount) < max ? { kind: "amount", amount, currency } : unclear;
}

/** As Shopify's objects have it, those of the shop's own currency first; and as most others do. */
function readMoneyObject(value: JsonObject, currency: string | null): Money | null {
  const nested = memberOf(value, ["shopmoney", "presentmentmoney"]);
  if (isObject(nested)) return readMoneyObject(nested, currency);
  const own = currencyOf(memberOf(value, ["currencycode", "currency"]));
  const amount = memberOf(value, ["amount", "value"]);
  if (isObject(amount)) return null;
  const read = readMoney(amount, own ?? currency);
  if (read?.kind !== "amount" || own === null) return read;
  return currency !== null && own !== currency ? unclear : { ...read, currency: own };
}

/** Digits with a point, or null where points and commas have two meanings or none. */
function plainNumber(text: string, currency: string | null): string | null {
  const grouped = text.search(spaces) >= 0;
  if (grouped && !/^\d{1,3}(?:[\s\u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?$/.test(text)) return null;
  const bare = text.replace(spaces, "");
  if (bare.length > 24 || !/^[\d.,]+$/.test(bare)) return null;
  if (grouped) return bare.replace(",", ".");
  const last = Math.max(bare.lastIndexOf("."), bare.lastIndexOf(","));
  if (last < 0) return bare;
  const mark = bare[last] as string;
  const other = mark === "." ? "," : ".";
  const [before, after] = [bare.slice(0, last), bare.slice(last + 1)];
  if (before.includes(other)) {
    return before.includes(mark) || !isGrouped(before, other) ? null : `${before.replaceAll(other, "")}.${after}`;
  }
  if (before.includes(mark)) return isGrouped(bare, mark) ? bare.replaceAll(mark, "") : null;
  const mayBeGroup = after.length === 3 && /^[1-9]\d{0,2}$/.test(before);
  if (!mayBeGroup) return `${before === "" ? "0" : before}.${after}`;
  return currency !== null && wholeCurrencies.has(currency) ? before + after : null;
}

/** Thousands by three digits, or as in India by two and at last three. */
function isGrouped(text: string, mark: string): boolean {
  const [first = "", ...rest] = text.split(mark);
  const last = rest.at(-1) ?? "";
  if (!/^\d{1,3}$/.test(first) || !/^\d{3}$/.test(last)) return false;
  const middle = rest.slice(0, -1);
  return (
    middle.every((part) => /^\d{3}$/.test(part)) || (first.length < 3 && middle.every((part) => /^\d{2}$/.test(part)))
  );
}
