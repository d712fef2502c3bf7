import { emailMask, ipMask, phoneMask } from "../../model/masks.ts";
import type { DetectorMode } from "../../model/program.ts";
import { trimText } from "../text.ts";
import { findAddresses } from "./addresses.ts";
import { findEmails, type Span } from "./emails.ts";

export interface DetectorModes {
  readonly phones: DetectorMode;
  readonly ips: DetectorMode;
}

/** What was found in a text, and the text with masks where they are due. */
export interface Detected {
  readonly text: string;
  readonly email: boolean;
  readonly phone: boolean;
  readonly ip: boolean;
}

/**
 * Masks what identifies a person in any text: a whole value that is a phone number first, then emails, then addresses.
 *
 * `versions` says that the value stands under a key of version numbers.
 */
export function detect(text: string, modes: DetectorModes, versions: boolean): Detected {
  const phone = modes.phones !== "off" && isPhone(text);
  if (phone && modes.phones === "mask") return { text: phoneMask, email: false, phone, ip: false };
  const emails = findEmails(text);
  const withoutEmails = mask(text, emails, emailMask);
  const ips = modes.ips === "off" ? [] : findAddresses(withoutEmails, versions);
  const masked = modes.ips === "mask" ? mask(withoutEmails, ips, ipMask) : withoutEmails;
  return { text: masked, email: emails.length > 0, phone, ip: ips.length > 0 };
}

const phoneShape = /^(?:tel:)?[+\uff0b][0-9\uff10-\uff19\s\-.()/\u2010-\u2015]+$/i;
const phoneSigns = /[^0-9\uff10-\uff19]/g;
const phoneDigitsMin = 8;
const phoneDigitsMax = 15;

/** True for `+` and 8 to 15 digits with separators between them, and nothing else. */
export function isPhone(text: string): boolean {
  if (!/[+\uff0b]/.test(text)) return false;
  const trimmed = trimText(text);
  if (!phoneShape.test(trimmed)) return false;
  const digits = trimmed.replace(phoneSigns, "").length;
  return digits >= phoneDigitsMin && digits <= phoneDigitsMax;
}

function mask(text: string, spans: readonly Span[], by: string): string {
  let out = "";
  let from = 0;
  for (const span of spans) {
    out += text.slice(from, span.start) + by;
    from = span.end;
  }
  return from === 0 ? text : out + text.slice(from);
}
