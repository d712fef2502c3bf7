import type { NormaliserName } from "./key-table.ts";
import { lowerText, trimText } from "./text.ts";
import { usStates } from "./us-states.ts";

const notInNames = /[\p{P}\p{S}]/gu;
const notInPlaces = /[\p{P}\p{S}\s]/gu;

/**
 * A value in the form that vendors hash, or "" where nothing is left of it.
 *
 * Hashes only match a vendor's when both sides normalise alike, and a rule for phones needs more than the value:
 * see normalise-phone.ts.
 * Source: Meta's customer information parameters; the forms of TikTok's Events API agree where both are hashed.
 */
export function normalise(name: Exclude<NormaliserName, "phone">, value: string): string {
  const text = trimText(value);
  switch (name) {
    case "plain":
      return text;
    case "email":
      return lowerText(text);
    case "name":
      return trimText(lowerText(text).replace(notInNames, ""));
    case "city":
    case "country":
      return lowerText(text).replace(notInPlaces, "");
    case "state":
      return normaliseState(lowerText(text).replace(notInPlaces, ""));
    case "zip":
      return normaliseZip(lowerText(text).replace(/[\s\-\u2010-\u2015]/g, ""));
    case "gender":
      return normaliseGender(lowerText(text));
    case "date_of_birth":
      return normaliseDate(lowerText(text));
  }
}

function normaliseState(state: string): string {
  return usStates.get(state) ?? state;
}

/** A United States code keeps its first five digits. */
function normaliseZip(zip: string): string {
  return /^\d{9}$/.test(zip) ? zip.slice(0, 5) : zip;
}

/** `f` or `m`; vendors take nothing else, so that anything else is left out. */
function normaliseGender(gender: string): string {
  if (["f", "female", "woman", "w"].includes(gender)) return "f";
  return ["m", "male", "man"].includes(gender) ? "m" : "";
}

const yearFirst = /^(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})(?:t.*)?$/;
const monthFirst = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const dayFirst = /^(\d{1,2})[.-](\d{1,2})[.-](\d{4})$/;

/** YYYYMMDD. With slashes the month comes first unless it can't; with dots or dashes the day does. */
function normaliseDate(text: string): string {
  const iso = yearFirst.exec(text);
  if (iso !== null) return dateDigits(iso[1], iso[2], iso[3]) ?? text;
  const slashed = monthFirst.exec(text);
  if (slashed !== null) {
    return dateDigits(slashed[3], slashed[1], slashed[2]) ?? dateDigits(slashed[3], slashed[2], slashed[1]) ?? text;
  }
  const dotted = dayFirst.exec(text);
  return (dotted === null ? null : dateDigits(dotted[3], dotted[2], dotted[1])) ?? text;
}

function dateDigits(year = "", month = "", day = ""): string | null {
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return null;
  return year + month.padStart(2, "0") + day.padStart(2, "0");
}
