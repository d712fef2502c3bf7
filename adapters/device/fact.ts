/** Bound of one fact. Units: characters. */
const factCharsMax = 48;
/** A run of letters and digits this long is an identifier, not a word or a model number. */
const runCharsMax = 20;
/** A bare number this long may be a phone number; so may a digit run this long inside a name. */
const phoneDigitsMin = 7;
const runDigitsMax = 8;
const factDigitsMax = 12;

const forbidden = /[^\p{L}\p{N} ._()/+'-]/u;
const digitRun = new RegExp(`\\d{${runDigitsMax + 1},}`);
const longRun = new RegExp(`[\\p{L}\\p{N}]{${runCharsMax},}`, "u");
const dottedQuad = /\d{1,3}(?:\.\d{1,3}){3}/;
const phoneLike = /^[+(]?[\d ()./-]+$/;
const versionNumbers = /^\d{1,5}(?!\d)(?:\.\d{1,5}(?!\d))*/;

function isPhoneLike(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  if (digits > factDigitsMax || digitRun.test(text)) return true;
  return phoneLike.test(text) && digits >= phoneDigitsMin;
}

/**
 * A name the parser found, or null if it could be something else than a name.
 *
 * Models are cut out of the User-Agent, where an app may have put an email, an address, a phone number or an id; such
 * text is left out as a whole.
 */
export function nameFact(found: string | undefined): string | null {
  const text = found?.trim();
  if (!text || text.length > factCharsMax) return null;
  if (forbidden.test(text) || longRun.test(text) || dottedQuad.test(text) || isPhoneLike(text)) return null;
  return text;
}

/** A version's first numbers, `parts` at most; two of one that has four or more, as it may be an address. */
export function versionFact(found: string | undefined, parts: 2 | 3): string | null {
  const numbers = found && versionNumbers.exec(found)?.[0]?.split(".");
  if (numbers) return numbers.slice(0, numbers.length > 3 ? 2 : parts).join(".");
  return found && /^[A-Za-z]{1,12}$/.test(found) ? found : null;
}
