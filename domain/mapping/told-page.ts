import { holdsVersions, keyRowOf } from "../data-layer/key-table.ts";
import type { StoredEvent } from "../model/event/stored-event.ts";
import { emailMask, ipMask, phoneMask, userAgentMask } from "../model/identity/masks.ts";
import { isContact } from "./contact-keys.ts";
import { found, isPersonal } from "./told-text.ts";
import { addressCharsMax, pageAddress } from "./web-address.ts";

/** The page an event happened on, or was come to from, as a vendor may be told: with a mask where somebody is named. */
export function toldPage(event: StoredEvent, key: "url" | "referrer"): string | null {
  const address = pageAddress(event, key);
  return address === null ? null : toldAddress(address);
}

/**
 * A web address without query whose path names nobody; what is still too long for a vendor is cut between two segments.
 *
 * Segments are looked at one by one: as text, as the value of a name that stands in them, and as what the segment
 * before them announces (`/call/0151…`, `/email/…`).
 */
export function toldAddress(address: string): string {
  const start = address.indexOf("/", address.indexOf("://") + 3);
  if (start < 0) return address;
  const segments = address.slice(start + 1).split("/");
  const told = segments.map((segment, at) => toldSegment(segment, at === 0 ? "" : (segments[at - 1] as string)));
  const whole = `${address.slice(0, start)}/${told.join("/")}`;
  if (whole.length <= addressCharsMax) return whole;
  return whole.slice(0, Math.max(start + 1, whole.lastIndexOf("/", addressCharsMax)));
}

function toldSegment(segment: string, before: string): string {
  if (segment.length < 3) return segment;
  const pieces = segment.split(/([;,&|])/);
  let name = before;
  return pieces
    .map((piece) => {
      const equals = piece.indexOf("=");
      if (equals > 0) name = piece.slice(0, equals);
      const value = equals > 0 ? piece.slice(equals + 1) : piece;
      return piece.slice(0, piece.length - value.length) + toldValue(value, name);
    })
    .join("");
}

function toldValue(value: string, name: string): string {
  const row = keyRowOf(name);
  if (row !== null && row.treatment !== "path" && /\d/.test(value)) return maskOf(value);
  if (isContact(name, value)) return phoneMask;
  return isPersonal(value, "id", holdsVersions(name)) ? maskOf(value) : value;
}

function maskOf(value: string): string {
  const { email, ip, text } = found(value);
  if (email) return emailMask;
  return ip ? ipMask : text.includes(userAgentMask) ? userAgentMask : phoneMask;
}
