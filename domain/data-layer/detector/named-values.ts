import { phoneMask, userAgentMask } from "../../model/identity/masks.ts";
import type { KeyRow } from "../key-table.ts";
import { isNamingKey, isValueKey, keyRowOf } from "../key-table.ts";
import { type Characters, classOf, isDigit } from "./characters.ts";
import { mayBeContact, phoneRunEnd } from "./contacts.ts";
import { endOfLine, type Stretch } from "./user-agents.ts";

/** A value in a text that stands under a key of the table. */
export interface NamedValue extends Stretch {
  readonly row: KeyRow;
}

const equals = 0x3d;
const colon = 0x3a;
const ampersand = 0x26;
const quote = 0x22;
const apostrophe = 0x27;
const backslash = 0x5c;
const space = 0x20;
const semicolon = 0x3b;
const greater = 0x3e;
/** White space that may stand around a sign. */
const blanks = new Set([0x20, 0x09, 0xa0, 0x202f]);
const lineBreaks = new Set([0x0a, 0x0d]);
const keyCharsMax = 128;
/** A key in front of a colon may be several words: `Mobile phone number: …`. */
const keyWordsMax = 3;
const spacesMax = 8;
/** Quotation marks behind more backslashes than two layers of JSON need open nothing. */
const backslashesMax = 7;
const nameCharsMax = 40;

/** End what stands behind `=`, or behind a header's name. */
const delimiters = new Set([..."&;,#=\"'<>|)]}\\ \t\r\n"].map((sign) => sign.charCodeAt(0)));
/** Of these, an encoded one belongs to the value where the sign before the value is not encoded as often. */
const ofQuery = new Set([..."&#=;,"].map((sign) => sign.charCodeAt(0)));

/**
 * Finds the values that stand under keys of the table inside a text: `phone=…` in queries, fragments, forms, cookies;
 * `Phone: …` in header lines; `"phone": …` in JSON, lists and objects too; `"name":"phone","value": …` in JSON.
 *
 * What can be no contact (`mayBeContact`) is left out. Linear: a value is looked at as a whole only up to the sign that
 * ends it and no key crosses, and what is found is not looked at again.
 */
export function findNamedValues(characters: Characters, text: string): NamedValue[] {
  return new NamedValues(characters, text).find();
}

/** What was told of a pair's two members in one object. */
interface Pair {
  row: KeyRow | null;
  value: number;
}

class NamedValues {
  private readonly codes: readonly number[];
  private readonly characters: Characters;
  private readonly text: string;
  private readonly found: NamedValue[] = [];
  private pair: Pair = { row: null, value: -1 };

  constructor(characters: Characters, text: string) {
    this.characters = characters;
    this.codes = characters.codes;
    this.text = text;
  }

  find(): NamedValue[] {
    const { count } = this.characters;
    for (let at = 0; at < count; ) {
      const code = this.codes[at];
      let next = at + 1;
      if (code === equals) next = this.assigned(at);
      else if (code === colon) next = this.told(at);
      else if (code === 0x7b || code === 0x7d) this.pair = { row: null, value: -1 };
      at = Math.max(next, at + 1);
    }
    return this.found.sort((a, b) => a.from - b.from);
  }

  /** `key=value`. Returns where to go on. */
  private assigned(at: number): number {
    const end = this.blanksBefore(at);
    const quoted = isQuote(this.codes[end - 1]) ? this.quotedBefore(end - 1) : null;
    const row = quoted === null ? this.rowBefore(at, 1) : rowOf(quoted);
    const next = this.codes[at + 1];
    const start = next === greater || next === equals ? at + 2 : at + 1;
    return row === null ? at + 1 : this.take(row, this.skipSpaces(start), at, false);
  }

  /** `key: value`, `"key": value`. */
  private told(at: number): number {
    const end = this.blanksBefore(at);
    if (!isQuote(this.codes[end - 1])) {
      const row = this.isHeader(at, end) ? (this.rowBefore(at, keyWordsMax) ?? this.cardRowBefore(end)) : null;
      return row === null ? at + 1 : this.take(row, this.skipSpaces(at + 1), at, true);
    }
    const key = this.quotedBefore(end - 1);
    if (key === null) return at + 1;
    const start = this.skipSpaces(at + 1);
    const row = rowOf(key);
    if (row !== null) return this.take(row, start, at, false);
    return this.pairOf(key, start, at);
  }

  /** A colon behind a word, and before no slash: neither a time nor a URL. */
  private isHeader(at: number, end: number): boolean {
    const before = this.codes[end - 1] ?? colon;
    return before !== colon && !isDigit(before) && this.codes[at + 1] !== 0x2f;
  }

  /** The row of a card's line, which has parameters behind its name: `TEL;TYPE=CELL:0151 …`. */
  private cardRowBefore(end: number): KeyRow | null {
    let from = end;
    while (end - from < keyCharsMax && isParameterCode(this.codes[from - 1])) from--;
    let name = from;
    while (name < end && this.codes[name] !== semicolon) name++;
    return name > from && name < end ? rowOf(this.read(from, name)) : null;
  }

  private blanksBefore(sign: number): number {
    let end = sign;
    while (sign - end < spacesMax && isBlank(this.codes[end - 1])) end--;
    return end;
  }

  /** A member of JSON that may be one half of a name and its value. */
  private pairOf(key: string, start: number, at: number): number {
    if (isValueKey(key)) {
      if (this.pair.row !== null) return this.take(this.pair.row, start, at, false);
      this.pair.value = start;
    } else if (isNamingKey(key)) {
      const named = this.stringAt(start);
      if (named === null || named.to - named.from > nameCharsMax) return at + 1;
      const row = rowOf(this.read(named.from, named.to));
      if (row === null) return at + 1;
      this.pair.row = row;
      if (this.pair.value >= 0) this.take(row, this.pair.value, this.pair.value, false);
      return named.to;
    }
    return at + 1;
  }

  /** Takes the value at `start` if it may be a contact; returns where to go on. */
  private take(row: KeyRow, start: number, sign: number, header: boolean): number {
    const string = this.stringAt(start);
    if (string !== null) return this.takeStretch(row, string.from, string.to) ? string.to : sign + 1;
    const code = this.codes[start];
    if (!header && (code === 0x7b || code === 0x5b)) return this.takeContainer(row, start);
    const to = this.valueEnd(row, start, sign, header);
    return this.takeStretch(row, start, to) ? to : sign + 1;
  }

  private takeStretch(row: KeyRow, from: number, to: number): boolean {
    if (!mayBeContact(row, this.codes, from, to)) return false;
    this.found.push({ from, to, row });
    return true;
  }

  /** Every string and number in a list or an object that may be a contact, but the keys. */
  private takeContainer(row: KeyRow, start: number): number {
    const { count } = this.characters;
    let depth = 0;
    let at = start;
    while (at < count) {
      const code = this.codes[at] as number;
      const string = isQuote(code) || code === backslash ? this.stringAt(at) : null;
      if (string !== null) {
        const behind = this.skipSpaces(string.end);
        if (this.codes[behind] !== colon) this.takeStretch(row, string.from, string.to);
        at = string.end;
      } else if (isDigit(code)) {
        let to = at;
        while (isDigit(this.codes[to] ?? 0)) to++;
        this.takeStretch(row, at, to);
        at = to;
      } else {
        if (code === 0x7b || code === 0x5b) depth++;
        if (code === 0x7d || code === 0x5d) depth--;
        at++;
        if (depth === 0) return at;
      }
    }
    return count;
  }

  private valueEnd(row: KeyRow, start: number, sign: number, header: boolean): number {
    const level = this.levelOf(sign);
    if (row.mask === userAgentMask) {
      let end = endOfLine(this.codes, start, !header);
      while (this.codes[end] === ampersand && this.levelOf(end) > level) end = endOfLine(this.codes, end + 1, true);
      return end;
    }
    let to = row.mask === phoneMask ? phoneRunEnd(this.codes, start) : start;
    for (; to < this.characters.count; to++) {
      const code = this.codes[to] as number;
      if (delimiters.has(code) && !(ofQuery.has(code) && this.levelOf(to) > level)) break;
    }
    return to;
  }

  /** How often a character is percent-encoded. */
  private levelOf(at: number): number {
    const { starts } = this.characters;
    const start = starts[at] as number;
    return this.text[start] === "%" ? (starts[at + 1] as number) - start : 1;
  }

  /** The content of a string that opens at `start`, and what is behind it; or null. */
  private stringAt(start: number): (Stretch & { readonly end: number }) | null {
    const open = this.codes[start] === backslash ? start + 1 : start;
    const mark = this.codes[open];
    if (!isQuote(mark)) return null;
    const slashes = this.backslashesBefore(open);
    if (slashes > backslashesMax) return null;
    for (let at = open + 1; at < this.characters.count; at++) {
      if (this.codes[at] !== mark || this.backslashesBefore(at) > slashes) continue;
      const to = this.codes[at - 1] === backslash && at - 1 > open ? at - 1 : at;
      return { from: open + 1, to, end: at + 1 };
    }
    return { from: open + 1, to: this.characters.count, end: this.characters.count };
  }

  private backslashesBefore(at: number): number {
    const { starts } = this.characters;
    return this.codes[at - 1] === backslash ? (starts[at] as number) - (starts[at - 1] as number) : 0;
  }

  private quotedBefore(close: number): string | null {
    const mark = this.codes[close];
    const to = this.codes[close - 1] === backslash ? close - 1 : close;
    for (let at = to - 1; at >= 0 && to - at <= keyCharsMax; at--) {
      if (this.codes[at] === mark) return this.read(at + 1, to);
    }
    return null;
  }

  /** The row of the key that ends before a sign: its last word, or several. */
  private rowBefore(sign: number, wordsMax: number): KeyRow | null {
    const to = this.blanksBefore(sign);
    let from = to;
    for (let words = 0; words < wordsMax; words++) {
      const start = words === 0 ? from : from - 1;
      if (words > 0 && this.codes[start] !== space) return null;
      from = start;
      while (to - from < keyCharsMax && isKeyCode(this.codes[from - 1])) from--;
      if (from === start) return null;
      // A line that begins behind `\n` as it stands in JSON within JSON.
      const isEscape = this.codes[from - 1] === backslash && /[nrt]/.test(this.read(from, from + 1));
      const row = rowOf(this.read(isEscape ? from + 1 : from, to));
      if (row !== null) return row;
    }
    return null;
  }

  private skipSpaces(start: number): number {
    let at = start;
    while (at - start < spacesMax && this.isGap(at)) at++;
    return at;
  }

  /** White space, and a line's end where the value goes on: before white space or a quotation mark. */
  private isGap(at: number): boolean {
    if (blanks.has(this.codes[at] ?? 0)) return true;
    if (!lineBreaks.has(this.codes[at] ?? 0)) return false;
    const next = this.codes[at + 1] ?? 0;
    return blanks.has(next) || lineBreaks.has(next) || isQuote(next);
  }

  private read(from: number, to: number): string {
    let read = "";
    for (let at = from; at < to; at++) read += String.fromCodePoint(this.codes[at] as number);
    return read;
  }
}

function rowOf(key: string): KeyRow | null {
  const row = keyRowOf(key);
  return row === null || row.mask === null ? null : row;
}

function isBlank(code: number | undefined): boolean {
  return code !== undefined && (blanks.has(code) || lineBreaks.has(code));
}

/** Signs of a card's name and its parameters. */
function isParameterCode(code: number | undefined): boolean {
  return isKeyCode(code) || code === semicolon || code === equals || code === 0x2c;
}

function isQuote(code: number | undefined): boolean {
  return code === quote || code === apostrophe;
}

/** Signs of keys: letters, digits, `- _ . $ [ ]`. */
function isKeyCode(code: number | undefined): boolean {
  if (code === undefined) return false;
  if (code === 0x24 || code === 0x5b || code === 0x5d) return true;
  const kind = classOf(code);
  return kind === "letter" || kind === "digit" || kind === "hyphen" || kind === "dot";
}
