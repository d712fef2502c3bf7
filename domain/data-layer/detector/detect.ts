import { emailMask, ipMask, phoneMask } from "../../model/masks.ts";
import type { DetectorMode } from "../../model/program.ts";
import { findAddresses } from "./addresses.ts";
import { findEmails, type Span } from "./emails.ts";
import { isPhone } from "./phones.ts";

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

function mask(text: string, spans: readonly Span[], by: string): string {
  let out = "";
  let from = 0;
  for (const span of spans) {
    out += text.slice(from, span.start) + by;
    from = span.end;
  }
  return from === 0 ? text : out + text.slice(from);
}
