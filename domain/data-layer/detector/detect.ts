import { emailMask, ipMask, phoneMask, userAgentMask } from "../../model/identity/masks.ts";
import type { DetectorMode } from "../../model/program.ts";
import { findAddresses } from "./addresses.ts";
import { type Characters, readCharacters } from "./characters.ts";
import { findEmails, type Span } from "./emails.ts";
import { findNamedValues } from "./named-values.ts";
import { isPhone } from "./phones.ts";
import { findUserAgents, type Stretch } from "./user-agents.ts";

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

/** What stands around a text. */
export interface TextPlace {
  /** It stands under a key of version numbers. */
  readonly versions: boolean;
  /** It is a key. */
  readonly key: boolean;
  /** User-Agents that the sender is known by, as `senderCodes` has them. */
  readonly senders: readonly (readonly number[])[];
}

/**
 * Masks what identifies a person in any text: a whole value that is a phone number first, then User-Agents and what
 * stands under keys of the table, then emails, then addresses.
 *
 * A key that holds a User-Agent is masked as a whole: with brackets at its end it could become a key of the table.
 */
export function detect(text: string, modes: DetectorModes, place: TextPlace): Detected {
  const phone = modes.phones !== "off" && isPhone(text);
  if (phone && modes.phones === "mask") return { text: phoneMask, email: false, phone, ip: false };
  const named = maskNamed(text, place);
  const emails = findEmails(named.text);
  const withoutEmails = mask(named.text, emails, emailMask);
  const ips = modes.ips === "off" ? [] : findAddresses(withoutEmails, place.versions);
  const masked = modes.ips === "mask" ? mask(withoutEmails, ips, ipMask) : withoutEmails;
  return {
    text: masked,
    email: named.email || emails.length > 0,
    phone: phone || named.phone,
    ip: named.ip || ips.length > 0,
  };
}

/** Signs that a User-Agent or a value under a key can't do without, as they are or encoded. */
const namedSigns = /[=:/%&\\]/;

function maskNamed(text: string, { key, senders }: TextPlace): Detected {
  if (senders.length === 0 && !namedSigns.test(text)) return { text, email: false, phone: false, ip: false };
  const characters = readCharacters(text);
  const agents = findUserAgents(characters, senders);
  const values = findNamedValues(characters, text);
  const masks = new Set(values.map(({ row }) => row.mask));
  const found = { email: masks.has(emailMask), phone: masks.has(phoneMask), ip: masks.has(ipMask) };
  if (key && (agents.length > 0 || masks.has(userAgentMask))) return { text: userAgentMask, ...found };
  const stretches = [
    ...agents.map((stretch) => ({ ...stretch, by: userAgentMask })),
    ...values.map(({ from, to, row }) => ({ from, to, by: row.mask as string })),
  ];
  return { text: maskStretches(text, characters, stretches), ...found };
}

interface Masked extends Stretch {
  readonly by: string;
}

/** What overlaps becomes one mask: that of what begins first. */
function maskStretches(text: string, { starts }: Characters, stretches: readonly Masked[]): string {
  let out = "";
  let done = 0;
  for (const { from, to, by } of [...stretches].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const start = starts[from] as number;
    const end = starts[to] as number;
    if (start >= done || done === 0) out += text.slice(done, start) + by;
    done = Math.max(done, end);
  }
  return out + text.slice(done);
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
