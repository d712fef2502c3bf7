import type { StoredEvent } from "../model/event/stored-event.ts";
import { isObject, type JsonObject, own, textAt, textOf } from "../model/json/json.ts";
import { asObject } from "./members.ts";
import { foldKey } from "./person.ts";
import { pageTexts } from "./web-address.ts";

const addressCharsMax = 32_768;

/** Vendors' own ids by their folded keys, so that `_fbc`, `$fbc` and `fbc` are one. */
export type VendorId = "fbc" | "fbp" | "fbclid" | "ttclid" | "ttp";
const idKeys: ReadonlySet<string> = new Set<VendorId>(["fbc", "fbp", "fbclid", "ttclid", "ttp"]);
const keyCharsMax = 10;

type Found = Map<string, string[]>;
/** An event is asked for several ids, and gone through once. */
const known = new WeakMap<StoredEvent, Found>();

/**
 * The first of a vendor's own ids that an event carries and that fits: cookies, click ids.
 *
 * Looked at are the context, properties and traits, what SDKs keep apart in them (`clientIds`, `campaign`, `cookies`,
 * `$set`), options of `integrations`, external ids, and a text of cookies.
 */
export function carriedId(event: StoredEvent, id: VendorId, read: (text: string) => string | null): string | null {
  const found = known.get(event) ?? findIds(event);
  known.set(event, found);
  for (const text of found.get(id) ?? []) {
    const fitting = read(text);
    if (fitting !== null) return fitting;
  }
  return null;
}

function findIds(event: StoredEvent): Found {
  const found: Found = new Map();
  for (const place of placesOf(event)) {
    for (const name of Object.keys(place)) addId(found, name, place[name]);
  }
  addExternalIds(found, event);
  addCookies(found, event);
  return found;
}

function addId(found: Found, name: string, value: unknown): void {
  if (name.length > keyCharsMax) return;
  const key = foldKey(name);
  const text = idKeys.has(key) ? textOf(value) : null;
  if (text === null) return;
  const texts = found.get(key);
  if (texts === undefined) found.set(key, [text]);
  else texts.push(text);
}

/** A parameter of the addresses an event names, such as the click id that an advertisement left there; case is kept. */
export function parameterOf(event: StoredEvent, name: string, read: (text: string) => string | null): string | null {
  for (const address of addressesOf(event)) {
    if (address.length > addressCharsMax || !address.toLowerCase().includes(name)) continue;
    for (const part of address.split(/[?#&;]/)) {
      const equals = part.indexOf("=");
      if (equals < 0 || part.slice(0, equals).trim().toLowerCase() !== name) continue;
      const id = readText(decoded(part.slice(equals + 1)), read);
      if (id !== null) return id;
    }
  }
  return null;
}

function readText(text: string | null, read: (text: string) => string | null): string | null {
  return text === null || text === "" ? null : read(text);
}

function* placesOf({ context, properties, traits, extra }: StoredEvent): Generator<JsonObject> {
  const parents = [context, properties, traits, own(context, "traits"), extra];
  for (const parent of parents) {
    if (!isObject(parent)) continue;
    if (parent !== extra) yield parent;
    for (const name of ["clientIds", "campaign", "cookies", "$set", "$set_once", "user_data", "userData"]) {
      const inside = asObject(own(parent, name));
      if (inside !== null) yield inside;
    }
  }
  for (const integrations of [own(extra, "integrations"), own(context, "integrations")]) {
    if (!isObject(integrations)) continue;
    for (const options of Object.values(integrations)) if (isObject(options)) yield options;
  }
}

/** As Segment and RudderStack list them: `context.externalIds: [{ "type": "fbp", "id": "…" }]`. */
function addExternalIds(found: Found, { context }: StoredEvent): void {
  for (const list of [own(context, "externalIds"), own(context, "externalId")]) {
    for (const item of Array.isArray(list) ? list : []) {
      if (isObject(item)) addId(found, textAt(item, "type") ?? "", own(item, "id"));
    }
  }
}

/** A cookie header in one text. */
function addCookies(found: Found, { context, properties }: StoredEvent): void {
  for (const text of [context, properties].flatMap((place) => [own(place, "cookie"), own(place, "cookies")])) {
    if (typeof text !== "string" || text.length > addressCharsMax) continue;
    for (const pair of text.split(";")) {
      const equals = pair.indexOf("=");
      if (equals > 0) addId(found, pair.slice(0, equals).trim(), decoded(pair.slice(equals + 1)));
    }
  }
}

function* addressesOf(event: StoredEvent): Generator<string> {
  const { context, properties } = event;
  const page = asObject(own(context, "page")) ?? {};
  const texts = [textAt(page, "search"), ...pageTexts(event, "url"), textAt(page, "tab_url"), textAt(page, "path")];
  const others = [textAt(properties, "url", "landing_page", "search"), textAt(context, "url", "link")];
  const referrers = [...pageTexts(event, "referrer"), textAt(page, "initial_referrer")];
  const campaign = asObject(own(context, "referrer"));
  for (const text of [...texts, ...others, ...referrers, campaign === null ? null : textAt(campaign, "url", "link")]) {
    if (text !== null) yield text;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return text.trim();
  }
}
