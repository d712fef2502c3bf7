/** Bounds of a number with its country code. Source: ITU-T E.164 (15 at most); 7 is the shortest in use. */
export const phoneDigitsMin = 7;
export const phoneDigitsMax = 15;

/** A phone number in the forms that are hashed. */
export interface PhoneForms {
  /** What is hashed in place: digits without leading zeros, country code included where it is known; "" if none. */
  readonly digits: string;
  /** Digits with country code, no plus: Meta's form. Null where the country is unknown or the length impossible. */
  readonly international: string | null;
}

/** First code points of the digit rows that count: ASCII, Arabic-Indic, extended Arabic-Indic, fullwidth. */
const digitRows = [0x30, 0x660, 0x6f0, 0xff10];
const plusSigns = ["+", "\uff0b"];

/**
 * Reads a phone number as people write it.
 *
 * A plus before the first digit or a leading `00` says that the country code is there; else `callingCode` is put
 * before it and one trunk zero is taken away. With calling code 1, eleven digits that begin with 1 have it already.
 */
export function normalisePhone(text: string, callingCode: string | null): PhoneForms {
  const { digits, plus } = readDigits(text);
  const bare = digits.replace(/^0+/, "");
  if (plus || digits.startsWith("00")) return forms(bare);
  if (callingCode === null) return { digits: bare, international: null };
  if (bare === "") return { digits: "", international: null };
  if (callingCode === "1" && digits.length === 11 && digits.startsWith("1")) return forms(digits);
  return forms(callingCode + bare);
}

/** TikTok's form: `+` and digits, but bare for mainland China, where the code 86 is dropped too. */
export function e164Form(international: string): string {
  return international.startsWith("86") ? international.slice(2) : `+${international}`;
}

function forms(international: string): PhoneForms {
  const possible = international.length >= phoneDigitsMin && international.length <= phoneDigitsMax;
  return { digits: international, international: possible ? international : null };
}

function readDigits(text: string): { digits: string; plus: boolean } {
  let digits = "";
  let plus = false;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    const row = digitRows.find((first) => code >= first && code <= first + 9);
    if (row !== undefined) digits += String(code - row);
    else if (digits === "" && plusSigns.includes(char)) plus = true;
  }
  return { digits, plus };
}
