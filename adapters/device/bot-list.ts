import { readFile } from "node:fs/promises";
import { createTextFinder } from "./text-finder.ts";

/** Judges a User-Agent by an operator's list. */
export type BotList = (userAgent: string) => boolean;

interface Entry {
  readonly pattern: string;
  readonly exceptions: readonly string[];
  readonly atStart: boolean;
}

export const botListBytesMax = 2 * 1024 * 1024;
export const botListEntriesMax = 20_000;
const fieldsMin = 2;

/**
 * Reads a file in the form of the IAB/ABC International Spiders & Bots List.
 *
 * Errors: throws with the path and the number of the line that can't be read.
 */
export async function openBotList(path: string): Promise<BotList> {
  const bytes = await readFile(path);
  try {
    return parseBotList(bytes);
  } catch (error) {
    throw new Error(`${path}, ${(error as Error).message}`);
  }
}

/**
 * Makes a judge of the text of such a list: a User-Agent is a bot's if an active pattern occurs in it, in either case,
 * and none of that pattern's exceptions does.
 *
 * Shape: one entry a line, in ISO 8859-1, fields between pipes: pattern, active (1 or 0), exceptions between commas,
 * needed in a one-pass check only, what it inflates, only at the start (1 or 0), inactive since. The others than the
 * first three and the sixth change nothing here. Lines that begin with `#` are comments.
 * Source: https://iabtechlab.com/software/iababc-international-spiders-and-bots-list
 */
export function parseBotList(bytes: Uint8Array): BotList {
  if (bytes.length > botListBytesMax) throw new Error(`the list may have ${botListBytesMax} bytes`);
  const text = new TextDecoder("latin1").decode(bytes);
  const entries: Entry[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const entry = readEntry(line.toLowerCase().split("|"), `line ${index + 1}`);
    if (entry) entries.push(entry);
    if (entries.length > botListEntriesMax) throw new Error(`the list may have ${botListEntriesMax} active entries`);
  }
  return judgeOf(entries);
}

/** Null for an entry that is not active. */
function readEntry(fields: readonly string[], place: string): Entry | null {
  const [pattern = "", active, exceptions = "", , , atStart = ""] = fields;
  if (fields.length < fieldsMin) throw new Error(`${place}: fields are wanted, with | between them`);
  if (pattern.trim() === "") throw new Error(`${place}: the pattern is empty`);
  const isActive = readFlag(active?.trim() ?? "", `${place}: the second field, whether it is active,`);
  const isAtStart = atStart.trim() !== "" && readFlag(atStart.trim(), `${place}: the sixth field, only at the start,`);
  if (!isActive) return null;
  const excepted = exceptions.split(",").map((exception) => exception.trim());
  return { pattern, exceptions: excepted.filter((exception) => exception !== ""), atStart: isAtStart };
}

function readFlag(text: string, what: string): boolean {
  if (text !== "0" && text !== "1") throw new Error(`${what} must be 1 or 0`);
  return text === "1";
}

function judgeOf(entries: readonly Entry[]): BotList {
  const texts = new Map<string, number>();
  const numberOf = (text: string) => {
    const number = texts.get(text) ?? texts.size;
    texts.set(text, number);
    return number;
  };
  /** By the number of its pattern's text. */
  const rules = new Map<number, { readonly atStart: boolean; readonly exceptions: readonly number[] }[]>();
  for (const { pattern, atStart, exceptions } of entries) {
    const number = numberOf(pattern);
    const rule = { atStart, exceptions: exceptions.map(numberOf) };
    const known = rules.get(number);
    if (known) known.push(rule);
    else rules.set(number, [rule]);
  }
  const finder = createTextFinder([...texts.keys()]);

  return function isListed(userAgent) {
    const found = new Map<number, boolean>();
    finder.find(userAgent.toLowerCase(), (number, atStart) => void found.set(number, atStart));
    for (const [number, isAtStart] of found) {
      for (const { atStart, exceptions } of rules.get(number) ?? []) {
        if ((isAtStart || !atStart) && !exceptions.some((exception) => found.has(exception))) return true;
      }
    }
    return false;
  };
}
