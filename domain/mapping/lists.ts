import { parseExact } from "../model/json/exact-json.ts";
import { isObject } from "../model/json/json.ts";

const jsonCharsMax = 32_768;
const jsonDepthMax = 16;

/** What stands in a list, however the list is written; `unclear` says that text looks like JSON and is none. */
export interface Listed {
  readonly items: readonly unknown[];
  readonly unclear: boolean;
}

const nothing: Listed = { items: [], unclear: false };

/**
 * Reads a list: one of JSON's, one written as JSON in a text, an object with numbers for keys (PHP's lists), or the one
 * object that stands in a list's place. Items that are JSON in a text themselves are read, too.
 */
export function readObjects(value: unknown): Listed {
  if (typeof value === "string") {
    const text = value.trim();
    if (!/^[[{]/.test(text)) return nothing;
    const read = readJson(text);
    return read === undefined || typeof read === "string" ? { items: [], unclear: true } : readObjects(read);
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => (typeof item === "string" && /^\s*\{/.test(item) ? readJson(item.trim()) : item));
    return { items, unclear: false };
  }
  if (!isObject(value)) return nothing;
  const keys = Object.keys(value);
  const isList = keys.length > 0 && keys.every((key) => /^\d{1,4}$/.test(key));
  return { items: isList ? Object.values(value) : keys.length > 0 ? [value] : [], unclear: false };
}

/** Reads a list of ids: as above, or as a text with commas, semicolons or bars between them; a single one, too. */
export function readIds(value: unknown): Listed {
  if (typeof value !== "string") return Array.isArray(value) || isObject(value) ? readObjects(value) : single(value);
  const text = value.trim();
  if (/^\[/.test(text)) {
    const listed = readObjects(text);
    if (!listed.unclear || /["{]/.test(text)) return listed;
  }
  return { items: text.replace(/^\[|\]$/g, "").split(/[,;|]/), unclear: false };
}

/** No list of products nests deeply, and what does costs its parser dearly. Brackets within texts count, too. */
function isShallow(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    if (depth > jsonDepthMax) return false;
  }
  return true;
}

function single(value: unknown): Listed {
  return typeof value === "number" || typeof value === "bigint" ? { items: [value], unclear: false } : nothing;
}

function readJson(text: string): unknown {
  if (text.length > jsonCharsMax || !isShallow(text)) return undefined;
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
