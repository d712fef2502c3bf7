import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { isObject } from "./json.ts";

export type FindingKind = "email" | "phone" | "unhashed" | "ip";

/** Personal data that was seen in a request. It says where, never what. */
export type Finding = { request: number; kind: FindingKind; place: string };

/** Where a vendor's events hold identities, and which of them must be hashes. */
export type PersonalPlaces = {
  /** The member of an event that says whom it is about. */
  userKey: string;
  hashedKeys: ReadonlySet<string>;
  /** Versions of apps and systems live here, and four-part ones look like addresses. */
  addressFreePlace: RegExp;
};

export type Scanned = {
  url: string;
  headers: Record<string, string>;
  text: string;
  parameters: unknown;
};

const emailPattern =
  /[^\s@"'<>(){}[\],;:\\/?&=]{1,64}@[^\s@"'<>(){}[\],;:\\/?&=.]{1,63}\.[^\s@"'<>(){}[\],;:\\/?&=]{1,63}/u;
const digitsPhonePattern = /^\+?[\d\s().-]{7,24}$/;
const writtenPhonePattern = /^\s*\+[\d\s().-]{8,24}$/;
const digitsOfPhoneMin = 7;
const sha256Pattern = /^[0-9a-f]{64}$/;
/** Names of the server itself, which every client must send. */
const headersOfTheServer: ReadonlySet<string> = new Set(["host"]);

/** Looks for personal data in clear anywhere in a request, whether or not the request is good. */
export function findClearPii(request: number, places: PersonalPlaces, scanned: Scanned): Finding[] {
  const findings: Finding[] = [];
  const add = (kind: FindingKind, place: string) => {
    if (kind !== "ip" || !places.addressFreePlace.test(place)) findings.push({ request, kind, place });
  };
  for (const [name, value] of Object.entries(scanned.headers)) {
    if (!headersOfTheServer.has(name)) judgeText(value, `header ${name}`, add);
  }
  judgeText(scanned.url, "url", add);
  if (scanned.parameters === undefined) judgeText(scanned.text, "body", add);
  else walk(scanned.parameters, "body", false, { ...places, add });
  return findings;
}

type Add = (kind: FindingKind, place: string) => void;

type Walk = PersonalPlaces & { add: Add };

function walk(value: unknown, place: string, insideUser: boolean, within: Walk): void {
  const { add, userKey, hashedKeys } = within;
  if (typeof value === "string") {
    judgeText(value, place, add, insideUser);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${place}[${index}]`, insideUser, within);
    return;
  }
  if (!isObject(value)) return;
  for (const [index, [key, item]] of Object.entries(value).entries()) {
    judgeText(key, `${place} key ${index}`, add);
    const safeKey = /^[a-z_]{1,40}$/.test(key) ? key : `{${index}}`;
    const at = `${place}.${safeKey}`;
    if (insideUser && hashedKeys.has(key)) judgeHashed(item, at, add);
    else walk(item, at, insideUser || key === userKey, within);
  }
}

function judgeHashed(value: unknown, place: string, add: Add): void {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one === null || one === "") continue;
    const text = typeof one === "string" ? one : JSON.stringify(one);
    if (sha256Pattern.test(text.toLowerCase())) continue;
    if (decoded(text).includes("@")) add("email", place);
    else add(isPhone(text, digitsPhonePattern) ? "phone" : "unhashed", place);
  }
}

function judgeText(text: string, place: string, add: Add, anyAtSign = false): void {
  const plain = decoded(text);
  if (plain.includes("@") && (anyAtSign || emailPattern.test(plain))) add("email", place);
  else if (isPhone(plain, writtenPhonePattern)) add("phone", place);
  else if (isIP(plain.trim()) !== 0) add("ip", place);
}

function isPhone(text: string, pattern: RegExp): boolean {
  return pattern.test(text) && text.replace(/\D/g, "").length >= digitsOfPhoneMin;
}

/** Undoes percent-encoding, twice at most, piece by piece so that a stray percent sign hides nothing. */
function decoded(text: string): string {
  const once = (value: string) =>
    value.replace(/(?:%[0-9a-fA-F]{2})+/g, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString());
  return text.includes("%") ? once(once(text)) : text;
}
