import { hash } from "node:crypto";
import { keyRowOf } from "../../domain/data-layer/key-table.ts";
import { e164Form, normalisePhone } from "../../domain/data-layer/normalise-phone.ts";
import type { DetectorMode } from "../../domain/model/program.ts";
import { benchFacts, benchProgram } from "./kernel-program.ts";

/**
 * The same work as a JavaScript programmer in a hurry would write it, and then make fast: parse, walk once, stringify.
 * It has none of the kernel's corner cases (duplicates, escapes, numbers beyond doubles): it is a rival, no twin.
 */

type Json = null | boolean | number | string | Json[] | JsonObject;
/** What is taken out becomes undefined, which JSON.stringify leaves out: `delete` would make engines slow. */
type JsonObject = { [key: string]: Json | undefined };

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();
const geo = JSON.parse(new TextDecoder().decode(benchFacts.geo ?? undefined)) as Json;
const device = JSON.parse(new TextDecoder().decode(benchFacts.device ?? undefined)) as JsonObject;
const emails = /[^\s@<>",;:()]+@[^\s@<>",;:()]+\.[a-z]{2,}/gi;
const addresses = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
const phone = /^\+[\d\s\-.()/]{8,}$/;
const maybe = /[@+]|\d\.\d+\.\d+\.\d|::/;

/** What the table says of a key, remembered. */
const treatments = new Map<string, "remove" | "email" | "phone" | null>();

function treatmentOf(key: string): "remove" | "email" | "phone" | null {
  const known = treatments.get(key);
  if (known !== undefined) return known;
  const row = keyRowOf(key);
  let found: "remove" | "email" | "phone" | null = null;
  if (row?.treatment === "remove") found = "remove";
  else if (row?.treatment === "hash") found = row.normaliser === "email" ? "email" : "phone";
  if (treatments.size < 10_000) treatments.set(key, found);
  return found;
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

/** Hashes of one event. */
interface Found {
  email: string | null;
  phone: string | null;
  phoneE164: string | null;
}

/** Masks what is found in a text. */
type Detect = (text: string) => string;

const detectAll: Detect = (text) => {
  if (!maybe.test(text)) return text;
  if (phone.test(text)) return "[phone]";
  return text.replace(emails, "[email]").replace(addresses, "[ip]");
};

const detectEmails: Detect = (text) => (text.includes("@") ? text.replace(emails, "[email]") : text);

function protect(object: JsonObject, found: Found, isTraits: boolean, detect: Detect): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const treatment = treatmentOf(key);
    if (treatment === "remove" || key === "internal_note") {
      object[key] = undefined;
    } else if (treatment === "email" && typeof value === "string") {
      object[key] = found.email = sha256(value.trim().toLowerCase());
    } else if (treatment === "phone" && typeof value === "string") {
      const { international } = normalisePhone(value, benchProgram.defaultCallingCode);
      object[key] = found.phone = sha256(international ?? value);
      if (international !== null) found.phoneE164 = sha256(e164Form(international));
    } else if (isTraits && key === "first_name" && typeof value === "string") {
      object[key] = sha256(value.trim().toLowerCase());
    } else if (typeof value === "string") {
      const text = detect(value);
      if (text !== value) object[key] = text;
    } else if (typeof value === "object" && value !== null) {
      protectAny(value, found, key === "traits", detect);
    }
  }
}

function protectAny(value: Json[] | JsonObject, found: Found, isTraits: boolean, detect: Detect): void {
  if (!Array.isArray(value)) {
    protect(value, found, isTraits, detect);
    return;
  }
  value.forEach((item, i) => {
    if (typeof item === "string") value[i] = detect(item);
    else if (typeof item === "object" && item !== null) protectAny(item, found, isTraits, detect);
  });
}

function isDropped(event: JsonObject): boolean {
  const properties = event["properties"] as JsonObject | undefined;
  if (event["event"] === "Debug Event" && properties?.["debug"] !== undefined) return true;
  const revenue = properties?.["revenue"];
  if (typeof revenue === "number" && revenue < 0) return true;
  const name = ((event["context"] as JsonObject | undefined)?.["app"] as JsonObject | undefined)?.["name"];
  return name === "Test App" || name === "Staging";
}

/** What comes out of a body: the sanitised events, one after the other, and their hashes. */
export interface JavaScriptEvents {
  readonly bytes: Uint8Array;
  readonly found: readonly Found[];
}

/** Makes the rival, with phones and IPs detected or not: bytes in, bytes out. */
export function createJavaScript(detector: DetectorMode): (body: Uint8Array) => JavaScriptEvents {
  const detect = detector === "off" ? detectEmails : detectAll;
  return (body) => runJavaScript(body, detect);
}

function runJavaScript(body: Uint8Array, detect: Detect): JavaScriptEvents {
  const { batch } = JSON.parse(decoder.decode(body)) as { batch: JsonObject[] };
  const founds: Found[] = [];
  const out: string[] = [];
  for (const event of batch) {
    const found: Found = { email: null, phone: null, phoneE164: null };
    const context = (event["context"] ??= {}) as JsonObject;
    delete context["geo"];
    protect(event, found, false, detect);
    context["geo"] = geo;
    context["device"] = { ...(context["device"] as JsonObject | undefined), ...device };
    if (isDropped(event)) continue;
    founds.push(found);
    out.push(JSON.stringify(event));
  }
  return { bytes: encoder.encode(out.join("")), found: founds };
}
