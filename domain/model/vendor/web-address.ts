import { objectAt, textAt } from "../json.ts";
import type { StoredEvent } from "../stored-event.ts";

const publicCharsMax = 2_048;
const addressCharsMax = 4_096;

/** A web address without credentials, query and fragment, where sites put what is nobody else's business. */
export function publicAddress(address: string | null): string | null {
  if (address === null || address.length > publicCharsMax) return null;
  const url = parsed(address);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  return url.hostname === "" ? null : url.origin + url.pathname;
}

/** `URL.parse`, which the oldest Node that serves here has not. */
function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** The page an event happened on, or was come to from, as it may be passed on. */
export function pageAddress(event: StoredEvent, key: "url" | "referrer"): string | null {
  return publicAddress(textAt(objectAt(event.context, "page"), key));
}

/** A parameter of the page's address, such as the click id that an advertisement left there; case is kept. */
export function pageParameter(event: StoredEvent, name: string): string | null {
  const page = objectAt(event.context, "page");
  for (const address of [textAt(page, "search"), textAt(page, "url")]) {
    if (address === null || address.length > addressCharsMax || !mayName(address, name)) continue;
    const query = address.slice(address.indexOf("?") + 1).split("#")[0] as string;
    const value = new URLSearchParams(query).get(name);
    if (value) return value;
  }
  return null;
}

/** Whether a parameter may be in an address, so that those without one, nearly all, are not taken apart. */
function mayName(address: string, name: string): boolean {
  return address.includes(name) || address.includes("%");
}
