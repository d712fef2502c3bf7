import { countryCodes } from "./countries.ts";
import type { NormaliserName } from "./key-table.ts";
import { normaliseDate } from "./normalise-date.ts";
import { lowerText, trimText } from "./text.ts";
import { usStates } from "./us-states.ts";

/** How a value is normalised that needs no more than itself; phones do: see normalise-phone.ts. */
export type PlainNormaliser = Exclude<NormaliserName, "phone">;

const notInNames = /[\p{P}\p{S}]/gu;
const notInPlaces = /[^\p{L}\p{M}]/gu;
const notInZips = /[\s\-\u2010-\u2015]/g;

/** What nobody types and nobody sees: zero width characters, marks of direction, soft hyphens. */
const unseen = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A value in the form that vendors hash, or "" where nothing is left of it that one of them could match.
 *
 * Whoever hashes for a vendor does it by this, at the edge or in the vendor's adapter, so that both come to the same.
 * Source: Meta's page "Customer information parameters"; where it is silent, what Meta's library was seen to hash
 * (test/golden/meta-wire). The forms of TikTok's Events API agree where both are hashed.
 */
export function normalise(name: PlainNormaliser, value: string): string {
  const text = trimText(value);
  switch (name) {
    case "plain":
      return text;
    case "email":
      return lowerText(trimText(text.replace(unseen, "")));
    case "name":
      return normaliseName(lowerText(text));
    case "city":
      return letters(lowerText(text));
    case "state":
      return normaliseState(letters(lowerText(text)));
    case "zip":
      return normaliseZip(lowerText(text).replace(notInZips, ""));
    case "country":
      return normaliseCountry(lowerText(text));
    case "gender":
      return normaliseGender(letters(lowerText(text)));
    case "date_of_birth":
      return normaliseDate(lowerText(text));
  }
}

/** One space stands for any within: how it was typed is no part of a name. */
function normaliseName(name: string): string {
  return trimText(name.replace(notInNames, "").replace(/\s+/g, " "));
}

/** Letters of every script; no punctuation, spaces, signs or digits: what is left of "75008 paris" is its name. */
function letters(text: string): string {
  return text.replace(notInPlaces, "");
}

function normaliseState(state: string): string {
  return usStates.get(state) ?? state;
}

/** A United States code keeps its first five digits. No code has one character. */
function normaliseZip(zip: string): string {
  if (/^\d{9}$/.test(zip)) return zip.slice(0, 5);
  return zip.length > 1 ? zip : "";
}

/** An ISO 3166-1 alpha-2 code and nothing else: which country a name or `uk` means is not guessed. */
function normaliseCountry(country: string): string {
  return countryCodes.has(country) ? country : "";
}

/** `f` or `m`; vendors take nothing else, so that anything else is left out. */
function normaliseGender(gender: string): string {
  if (gender === "f" || gender === "female") return "f";
  return gender === "m" || gender === "male" ? "m" : "";
}
