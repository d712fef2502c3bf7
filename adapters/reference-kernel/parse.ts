import { readDecimal } from "../../domain/data-layer/expression/decimal.ts";
import type { BodyFault } from "../../domain/model/outcome.ts";
import { type JsonMember, type JsonNode, type JsonScalar, makeArray, makeObject, makeScalar } from "./nodes.ts";
import { firstIllFormed } from "./utf8.ts";

/** A body that is JSON, and where in it stands what Postgres can't hold (first bytes of tokens, ascending). */
export interface ParsedBody {
  readonly ok: true;
  readonly root: JsonNode;
  readonly unstorable: readonly number[];
}

/**
 * Reads what `JSON.parse` accepts, from bytes.
 *
 * The position of a fault is the first byte that no JSON text can have there (the body's length if it ends too soon);
 * of a container that is too deep, its opening bracket. Ill-formed UTF-8 anywhere comes first.
 */
export function parseJson(bytes: Uint8Array, depthMax: number): ParsedBody | { ok: false; fault: BodyFault } {
  const illFormed = firstIllFormed(bytes);
  if (illFormed >= 0) return { ok: false, fault: { code: "invalid_utf8", position: illFormed } };
  const reader = new Reader(bytes, depthMax);
  const root = reader.readBody();
  return root === null ? { ok: false, fault: reader.fault } : { ok: true, root, unstorable: reader.unstorable };
}

/** Bounds of a number that jsonb takes without blowing it up: see this folder's README. */
const exponentMin = -324;
const exponentMax = 308;
const scaleMax = 16_383;
const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loneSurrogate = /[\ud800-\udfff]/u;
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** One pass over a body; every `read…` returns null once a fault is set. */
class Reader {
  fault: BodyFault = { code: "invalid_json", position: 0 };
  readonly unstorable: number[] = [];
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly depthMax: number;
  /** The body with one character a byte: what is ASCII in it can be sliced out. */
  private readonly chars: string;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = bytes;
    this.depthMax = depthMax;
    this.chars = latin1.decode(bytes);
  }

  readBody(): JsonNode | null {
    const root = this.readValue(1);
    if (root === null) return null;
    this.skipSpace();
    return this.at === this.bytes.length ? root : this.fail();
  }

  private readValue(depth: number): JsonNode | null {
    this.skipSpace();
    const byte = this.bytes[this.at];
    if (byte === 0x7b || byte === 0x5b) {
      if (depth > this.depthMax) return this.fail("too_deep");
      return byte === 0x7b ? this.readObject(depth) : this.readArray(depth);
    }
    if (byte === 0x22) return this.readString();
    if (byte === 0x74) return this.readWord("true");
    if (byte === 0x66) return this.readWord("false");
    if (byte === 0x6e) return this.readWord("null");
    return this.readNumber();
  }

  private readObject(depth: number): JsonNode | null {
    const start = this.at++;
    const members: JsonMember[] = [];
    this.skipSpace();
    if (this.take(0x7d)) return makeObject(members, start, this.at);
    do {
      this.skipSpace();
      if (this.bytes[this.at] !== 0x22) return this.fail();
      const key = this.readString();
      if (key === null) return null;
      this.skipSpace();
      if (!this.take(0x3a)) return this.fail();
      const value = this.readValue(depth + 1);
      if (value === null) return null;
      members.push({ key: key.text, keyStart: key.start, keyEnd: key.end, value });
      this.skipSpace();
    } while (this.take(0x2c));
    return this.take(0x7d) ? makeObject(members, start, this.at) : this.fail();
  }

  private readArray(depth: number): JsonNode | null {
    const start = this.at++;
    const items: JsonNode[] = [];
    this.skipSpace();
    if (this.take(0x5d)) return makeArray(items, start, this.at);
    do {
      const item = this.readValue(depth + 1);
      if (item === null) return null;
      items.push(item);
      this.skipSpace();
    } while (this.take(0x2c));
    return this.take(0x5d) ? makeArray(items, start, this.at) : this.fail();
  }

  private readString(): JsonScalar | null {
    const start = this.at++;
    let text = "";
    let plainFrom = this.at;
    let escaped = false;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined || byte < 0x20) return this.fail();
      if (byte === 0x22) break;
      if (byte === 0x5c) {
        text += this.plain(plainFrom);
        const char = this.readEscape();
        if (char === null) return null;
        text += char;
        escaped = true;
        plainFrom = this.at;
      } else {
        this.at++;
      }
    }
    text += this.plain(plainFrom);
    this.at++;
    if (escaped && (text.includes("\0") || loneSurrogate.test(text))) this.unstorable.push(start);
    return makeScalar("string", text, start, this.at);
  }

  private plain(from: number): string {
    for (let i = from; i < this.at; i++) {
      if ((this.bytes[i] as number) >= 0x80) return utf8.decode(this.bytes.subarray(from, this.at));
    }
    return this.chars.slice(from, this.at);
  }

  private readEscape(): string | null {
    this.at++;
    const letter = this.chars[this.at] ?? "";
    if (letter !== "u") {
      const char = simpleEscapes[letter];
      if (letter === "" || char === undefined) return this.fail();
      this.at++;
      return char;
    }
    const hexStart = ++this.at;
    for (; this.at < hexStart + 4; this.at++) if (!/^[0-9a-fA-F]$/.test(this.chars[this.at] ?? "")) return this.fail();
    return String.fromCharCode(Number.parseInt(this.chars.slice(hexStart, this.at), 16));
  }

  private readWord(word: "true" | "false" | "null"): JsonNode | null {
    const start = this.at;
    for (const char of word) {
      if (this.chars[this.at] !== char) return this.fail();
      this.at++;
    }
    return makeScalar(word, word, start, this.at);
  }

  private readNumber(): JsonNode | null {
    const start = this.at;
    this.take(0x2d);
    if (!this.take(0x30) && !this.takeDigits()) return this.fail();
    if (this.take(0x2e) && !this.takeDigits()) return this.fail();
    if (this.take(0x65) || this.take(0x45)) {
      if (!this.take(0x2b)) this.take(0x2d);
      if (!this.takeDigits()) return this.fail();
    }
    const text = this.chars.slice(start, this.at);
    if (!isStorable(text)) this.unstorable.push(start);
    return makeScalar("number", text, start, this.at);
  }

  private takeDigits(): boolean {
    const start = this.at;
    for (;;) {
      const byte = this.bytes[this.at] ?? 0;
      if (byte < 0x30 || byte > 0x39) return this.at > start;
      this.at++;
    }
  }

  private take(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  private fail(code: BodyFault["code"] = "invalid_json"): null {
    this.fault = { code, position: this.at };
    return null;
  }
}

/** Numbers this short, without an exponent, always fit. Units: characters. */
const plainNumberCharsMax = 20;

function isStorable(text: string): boolean {
  if (text.length <= plainNumberCharsMax && !/[eE]/.test(text)) return true;
  const { digits, exponent, fractionDigits, writtenExponent } = readDecimal(text);
  if (writtenExponent < exponentMin || fractionDigits - writtenExponent > scaleMax) return false;
  if (digits === "") return writtenExponent <= exponentMax;
  return exponent <= exponentMax || (exponent === exponentMax + 1 && digits === "1");
}
