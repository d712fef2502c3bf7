import { readDecimal } from "./decimal.ts";
import { type ConditionFault, conditionFault } from "./fault.ts";

/** A piece of a condition. `text` is what stands there, of a string what it means. */
export interface Token {
  readonly kind: "word" | "string" | "number" | "sign" | "end";
  readonly text: string;
  readonly position: number;
}

/** Digits up to which every decimal number is told apart from every other by IEEE doubles. */
export const numberDigitsMax = 15;

const space = /\s+/y;
const word = /[\p{L}_$@][\p{L}\p{N}_$@-]*/uy;
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy;
const sign = /===|!==|==|!=|<=|>=|<>|&&|\|\||[=<>!()[\],.]/y;
const escapes: Readonly<Record<string, string>> = { "'": "'", '"': '"', "\\": "\\", n: "\n", r: "\r", t: "\t" };

/** Cuts a condition into tokens; the last one is `end`. */
export function tokenize(text: string): Token[] | ConditionFault {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const char = text[at] as string;
    if (char === "'" || char === '"') {
      const read = readString(text, at);
      if ("code" in read) return read;
      tokens.push({ kind: "string", text: read.text, position: at });
      at = read.end;
      continue;
    }
    const token =
      matchAt(word, text, at, "word") ?? matchAt(number, text, at, "number") ?? matchAt(sign, text, at, "sign");
    if (token === null) return unexpected(text, at);
    const fault = checkToken(token);
    if (fault !== null) return fault;
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "", position: text.length });
  return tokens;
}

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  return at + (space.exec(text)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number, kind: Token["kind"]): Token | null {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? null : { kind, text: match[0], position: at };
}

function checkToken(token: Token): ConditionFault | null {
  const { text, position } = token;
  if (token.kind === "number") {
    const { digits, exponent } = readDecimal(text);
    if (digits.length <= numberDigitsMax && Math.abs(exponent) <= 300) return null;
    return conditionFault(
      "bad_number",
      position,
      `A number may have ${numberDigitsMax} significant digits.`,
      "Longer ids are better sent, and compared, as strings.",
    );
  }
  const better: Readonly<Record<string, string>> = { "===": "==", "!==": "!=", "<>": "!=" };
  if (token.kind !== "sign" || !Object.hasOwn(better, text)) return null;
  return conditionFault("unexpected_token", position, `There is no operator ${text}.`, `Write ${better[text]}.`);
}

function readString(text: string, start: number): { text: string; end: number } | ConditionFault {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string;
    if (char === quote) return { text: value, end: at + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const letter = text[++at] ?? "";
    const meant = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (meant === undefined) {
      const hint = "Known are \\\\ \\' \\\" \\n \\r \\t. Write \\\\ for a backslash itself.";
      return conditionFault("bad_escape", at - 1, "This escape is not known.", hint);
    }
    value += meant;
  }
  return conditionFault("unclosed_string", start, "This string does not end.", `Close it with ${quote}.`);
}

function unexpected(text: string, at: number): ConditionFault {
  const char = String.fromCodePoint(text.codePointAt(at) as number);
  return conditionFault("unexpected_character", at, `The character ${char} means nothing here.`, hintFor(char));
}

function hintFor(char: string): string | null {
  if ("\u2018\u2019\u201c\u201d\u00ab\u00bb`".includes(char)) return "Put strings in straight quotes: ' or \".";
  if (char === "&") return "Write && or and.";
  if (char === "|") return "Write || or or.";
  if ("+-*/%".includes(char)) return "Conditions do not calculate.";
  if (/\d/.test(char)) return 'A name that begins with a digit is written ["…"].';
  return char === "~" ? "Patterns are globs: event matches 'Test*'." : null;
}
