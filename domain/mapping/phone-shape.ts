import { isPhone } from "../data-layer/detector/phones.ts";

/** `id`: text that tells one thing from another, as order numbers and article numbers do. */
export type TextKind = "words" | "id";

/** Runs of digits and what people put between them, with what may stand in front. */
const runs = /[+(]{0,2}\d[\d\s()./\u2010-\u2015-]*\d/gu;
const attached = /[\p{L}\p{N}][-_/.#]?$/u;
/** A word behind which even a plain number is somebody's. */
const announcing = [
  ...[
    "telefon",
    "telephone?",
    "tel",
    "phone",
    "fon",
    "mobile?",
    "handy",
    "cell",
    "call(?:er)?",
    "whatsapp",
    "sms",
    "fax",
  ],
  ...["rufnummer", "msisdn", "wa\\.me/"],
];
const announced = new RegExp(`(?:^|[^\\p{L}])(?:${announcing.join("|")})[\\s.:=#]*$`, "iu");
const date = /^(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2})(?![./-]?\d)/;
/** North America's numbers as they are written there. */
const northAmerican = /^(?:1[\s.-])?(?:\([2-9]\d{2}\)[\s.-]?|[2-9]\d{2}[\s.-])[2-9]\d{2}[\s.-]\d{4}$/;
const nationalDigitsMin = 9;
const nationalDigitsMax = 12;
const announcedDigitsMin = 7;
const phoneDigitsMax = 15;

/**
 * Whether a phone number stands in a text, with or without its country's code.
 *
 * It is one behind a plus or `00`, behind a word that announces it, or as numbers are written within a country: behind
 * a zero with signs between its digits, or in North America's groups. Article numbers (EAN, UPC, GTIN), ids, dates,
 * decimal numbers and digits that belong to a word are none; an id is one only where nothing else is written so.
 */
export function holdsPhone(text: string, kind: TextKind): boolean {
  if (!/\d{2}/.test(text)) return false;
  for (const match of text.matchAll(runs)) {
    const before = text.slice(Math.max(0, match.index - 24), match.index);
    if (isNumber(match[0], before, kind)) return true;
  }
  return false;
}

function isNumber(run: string, before: string, kind: TextKind): boolean {
  const text = run.replace(date, "").trim();
  const digits = text.replace(/\D/g, "");
  if (digits.length < announcedDigitsMin || digits.length > phoneDigitsMax + 2) return false;
  if (announced.test(before)) return digits.length <= phoneDigitsMax + 2;
  if (/^\(?\+/.test(text))
    return !/^\+\d{1,3}\.\d+$/.test(text) && isPhone(text.replace(/^\(\+/, "+").replace(/\)/g, " "));
  if (attached.test(before) || isArticleNumber(digits)) return false;
  if (/^00[1-9]/.test(text)) return isPhone(`+${text.slice(2)}`) && (kind === "words" || digits !== text);
  const isNational = digits.length >= nationalDigitsMin && digits.length <= nationalDigitsMax;
  if (/^\(?0[1-9]/.test(text) && isNational) {
    return kind === "id" ? /[\s()/]/.test(text) : digits !== text || digits.length > nationalDigitsMin;
  }
  return northAmerican.test(text) && (kind === "words" || text.includes("("));
}

/** An EAN, UPC or GTIN by its check digit. Source: GS1 General Specifications, section 7.9 */
function isArticleNumber(digits: string): boolean {
  if (![8, 12, 13, 14].includes(digits.length)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length - 1; at += 1) {
    sum += Number(digits[at]) * ((digits.length - at) % 2 === 0 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}
