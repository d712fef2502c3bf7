/** So many digits in a row may be an integer that no double holds. */
const longDigits = /\d{16}/;
const integerForm = /^-?\d+$/;

/**
 * Reads JSON as `JSON.parse` does, but for integers that a double would round: they become BigInt, which keeps their
 * digits. Ids of vendors and databases are such numbers.
 *
 * Errors: it throws what `JSON.parse` throws.
 */
export function parseExact(text: string): unknown {
  const rounded: unknown = JSON.parse(text);
  return longDigits.test(text) ? new ExactReader(text).value() : rounded;
}

/** Writes JSON as `JSON.stringify` does, and a BigInt as its digits. Shape: plain data, as `parseExact` makes it. */
export function writeExact(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (!holdsBigInt(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => writeExact(item) ?? "null").join(",")}]`;
  const members = Object.entries(value as object).flatMap(([name, member]) => {
    const text = writeExact(member);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function holdsBigInt(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  for (const name in value) if (holdsBigInt((value as Readonly<Record<string, unknown>>)[name])) return true;
  return false;
}

/** What `JSON.parse` would have made of what `parseExact` made: configuration is checked and used as doubles. */
export function withDoubles<T>(value: T): T {
  return holdsBigInt(value) ? (JSON.parse(writeExact(value)) as T) : value;
}

/**
 * Puts the digits of integers back that a reader of `sent` rounded before it wrote `returned`: first where they stood,
 * then wherever the rounded number stands, if only one integer of the event rounds to it.
 *
 * Shape: null where there is nothing to put back.
 */
export function withExactIntegers(sent: string, returned: string): string | null {
  if (!longDigits.test(sent)) return null;
  const event = parseExact(sent);
  const exact = new Map<number, bigint | null>();
  collect(event, exact);
  return exact.size === 0 ? null : writeExact(restore(event, parseExact(returned), exact));
}

/** Notes each BigInt under the number it is rounded to; null where two are rounded to the same. */
function collect(value: unknown, exact: Map<number, bigint | null>): void {
  if (typeof value === "bigint") {
    const rounded = Number(value);
    const known = exact.get(rounded);
    exact.set(rounded, known === undefined || known === value ? value : null);
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) collect(item, exact);
  }
}

function restore(sent: unknown, returned: unknown, exact: ReadonlyMap<number, bigint | null>): unknown {
  if (typeof returned === "bigint" || typeof returned === "number") {
    if (typeof sent === "bigint" && Number(sent) === Number(returned)) return sent;
    return exact.get(Number(returned)) ?? returned;
  }
  if (typeof returned !== "object" || returned === null) return returned;
  const before = typeof sent === "object" && sent !== null ? sent : {};
  const inside = (name: string | number) =>
    Object.hasOwn(before, name) ? (before as Readonly<Record<string | number, unknown>>)[name] : undefined;
  if (Array.isArray(returned)) return returned.map((item, i) => restore(inside(i), item, exact));
  const members = returned as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const value = restore(inside(name), members[name], exact);
    Object.defineProperty(members, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return members;
}

/** Reads text that is known to be JSON, one value after the other. */
class ExactReader {
  private readonly text: string;
  private readonly token = /[[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|true|false|null/g;

  constructor(text: string) {
    this.text = text;
  }

  value(): unknown {
    return this.valueOf(this.next());
  }

  /** Commas and colons are passed over: between two tokens of valid JSON they say nothing new. */
  private next(): string {
    return (this.token.exec(this.text) as RegExpExecArray)[0];
  }

  private valueOf(token: string): unknown {
    if (token === "[") return this.items();
    if (token === "{") return this.members();
    const value: unknown = JSON.parse(token);
    return typeof value === "number" && !Number.isSafeInteger(value) && integerForm.test(token) ? BigInt(token) : value;
  }

  private items(): unknown[] {
    const items: unknown[] = [];
    for (let token = this.next(); token !== "]"; token = this.next()) items.push(this.valueOf(token));
    return items;
  }

  private members(): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (let token = this.next(); token !== "}"; token = this.next()) {
      const value = this.value();
      const name = JSON.parse(token) as string;
      // An own member whatever its name is, `__proto__` too; a duplicate keeps its first place, as in JSON.parse.
      Object.defineProperty(members, name, { value, enumerable: true, writable: true, configurable: true });
    }
    return members;
  }
}
