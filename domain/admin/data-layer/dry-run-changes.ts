import { detect } from "../../data-layer/detector/detect.ts";

/** What the data layer did to one event, as paths of the envelope; values are not repeated here. */
export interface EventChanges {
  readonly hashed: readonly string[];
  readonly removed: readonly string[];
  /** Where the detector replaced something. */
  readonly masked: readonly string[];
  /** What the host put in: region and device. */
  readonly added: readonly string[];
  /** True if there were more paths than are listed. */
  readonly truncated: boolean;
}

type Lists = { readonly [K in "hashed" | "removed" | "masked" | "added"]: string[] };
type Members = Readonly<Record<string, unknown>>;

export const changedPathsMax = 50;
const pathCharsMax = 256;
const hashForm = /^[0-9a-f]{64}$/;
const hostsWord = /^context\.(?:geo|device)(?:$|[.[])/;
const masking = { phones: "mask", ips: "mask" } as const;
const plainKey = /^[A-Za-z_$][\w$-]*$/;

/** Tells what was done to an event from how it went in and how it came out: the kernel itself keeps no diary. */
export function explainChanges(before: unknown, after: unknown): EventChanges {
  const lists: Lists = { hashed: [], removed: [], masked: [], added: [] };
  let truncated = false;

  function note(kind: keyof Lists, path: string): void {
    if (lists[kind].length < changedPathsMax) lists[kind].push(shorten(path));
    else truncated = true;
  }

  function compare(from: unknown, to: unknown, path: string): void {
    if (isMembers(from) && isMembers(to)) compareMembers(from, to, path);
    else if (Array.isArray(from) && Array.isArray(to)) compareItems(from, to, path);
    else if (typeof from === "string" && typeof to === "string") compareText(from, to, path);
    else if (from !== to) note(hostsWord.test(path) ? "added" : "removed", path);
  }

  function compareMembers(from: Members, to: Members, path: string): void {
    for (const [key, value] of Object.entries(from)) {
      const at = memberPath(path, key);
      if (Object.hasOwn(to, key)) compare(value, to[key], at);
      else note("removed", at);
    }
    for (const key of Object.keys(to)) {
      if (Object.hasOwn(from, key)) continue;
      const at = memberPath(path, key);
      note(hostsWord.test(at) || at === "context" ? "added" : "masked", at);
    }
  }

  /** Items are taken out only where an array is hashed as a whole: then no item can be told from another. */
  function compareItems(from: readonly unknown[], to: readonly unknown[], path: string): void {
    if (from.length === to.length) {
      for (const [i, item] of from.entries()) compare(item, to[i], `${path}[${i}]`);
    } else {
      note("removed", `${path}[]`);
      if (to.length > 0) note("hashed", `${path}[]`);
    }
  }

  function compareText(from: string, to: string, path: string): void {
    if (from === to) return;
    if (hashForm.test(to)) note("hashed", path);
    else note(hostsWord.test(path) ? "added" : "masked", path);
  }

  compare(before, after, "");
  return { ...lists, truncated };
}

/** A key as it may be shown: what the detector finds in it is masked, whatever the organisation's modes. */
function memberPath(path: string, name: string): string {
  const key = plainKey.test(name) ? name : detect(name, masking, { versions: false, key: true, senders: [] }).text;
  if (!plainKey.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function shorten(path: string): string {
  return path.length <= pathCharsMax ? path : `${path.slice(0, pathCharsMax)}…`;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
