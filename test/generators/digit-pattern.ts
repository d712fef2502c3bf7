/**
 * Patterns of digits as libphonenumber writes them: digits, `\d`, classes, groups, alternatives, `?`, `{n}`, `{n,m}`.
 *
 * Such a pattern becomes an automaton, of which it can be asked how long the texts are that begin so, and which they
 * all are. Errors: anything else in a pattern throws.
 */
export interface DigitPattern {
  /** A bit for each length that a match can have which begins with these digits. */
  lengthsFrom(digits: string): number;
  /** All matches, or null if there are more than `most`. */
  matches(most: number): string[] | null;
}

interface State {
  readonly free: number[];
  /** A bit for each digit that leads to `to`. */
  digits: number;
  to: number;
}

const anyDigit = 0x3ff;
const allDigits = [...Array(10).keys()];

export function parseDigitPattern(pattern: string): DigitPattern {
  const reader = new PatternReader(pattern);
  const [start, end] = reader.read();
  const machine = new Machine(reader.states, end);
  const first = machine.place([start]);
  return {
    lengthsFrom(digits) {
      let at = first;
      for (const digit of digits) at = machine.step(at, Number(digit));
      return machine.lengths(at) << digits.length;
    },
    matches(most) {
      const found: string[] = [];
      let open: [string, Place][] = [["", first]];
      while (open.length > 0 && open.length <= most * 10 && found.length <= most) {
        found.push(...open.filter(([, at]) => at.ends).map(([text]) => text));
        open = open.flatMap(([text, at]) =>
          allDigits
            .map((digit): [string, Place] => [`${text}${digit}`, machine.step(at, digit)])
            .filter(([, next]) => next.states.length > 0),
        );
      }
      return open.length > 0 || found.length > most ? null : found;
    },
  };
}

/** A set of states that the same digits lead to. */
interface Place {
  readonly states: readonly number[];
  readonly ends: boolean;
  readonly next: (Place | undefined)[];
  lengths: number | undefined;
}

/** The automaton with each set of states made once. */
class Machine {
  private readonly states: readonly State[];
  private readonly end: number;
  private readonly places = new Map<string, Place>();

  constructor(states: readonly State[], end: number) {
    this.states = states;
    this.end = end;
  }

  place(of: readonly number[]): Place {
    const all = new Set(of);
    for (const state of all) for (const next of (this.states[state] as State).free) all.add(next);
    const states = [...all].filter((state) => state === this.end || (this.states[state] as State).digits !== 0).sort();
    const key = states.join();
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const place = { states, ends: states.includes(this.end), next: [], lengths: undefined };
    this.places.set(key, place);
    return place;
  }

  step(at: Place, digit: number): Place {
    const reached = at.states.filter((state) => (((this.states[state] as State).digits >> digit) & 1) !== 0);
    at.next[digit] ??= this.place(reached.map((state) => (this.states[state] as State).to));
    return at.next[digit];
  }

  /** A bit for each length that leads from here to the end. */
  lengths(at: Place): number {
    if (at.states.length === 0) return 0;
    at.lengths ??= allDigits.reduce((all, digit) => all | (this.lengths(this.step(at, digit)) << 1), at.ends ? 1 : 0);
    return at.lengths;
  }
}

type Part = readonly [start: number, end: number];

class PatternReader {
  readonly states: State[] = [];
  private readonly pattern: string;
  private at = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  read(): Part {
    const part = this.alternatives();
    if (this.at !== this.pattern.length) this.fail();
    return part;
  }

  private fail(): never {
    throw new Error(`${this.pattern} has at ${this.at} what no pattern of digits has`);
  }

  private state(): number {
    this.states.push({ free: [], digits: 0, to: 0 });
    return this.states.length - 1;
  }

  private join(from: number, to: number): void {
    (this.states[from] as State).free.push(to);
  }

  private alternatives(): Part {
    const start = this.state();
    const end = this.state();
    for (;;) {
      const [from, to] = this.sequence();
      this.join(start, from);
      this.join(to, end);
      if (this.pattern[this.at] !== "|") return [start, end];
      this.at++;
    }
  }

  private sequence(): Part {
    const start = this.state();
    let end = start;
    while (this.at < this.pattern.length && !"|)".includes(this.pattern[this.at] as string)) end = this.repeated(end);
    return [start, end];
  }

  /** What stands next, as often as the quantifier behind it says; returns where that ends. */
  private repeated(from: number): number {
    const again = this.at;
    let [first, last] = this.one();
    const quantifier = /^(?:\?|\{(\d+)(?:,(\d+))?\})/.exec(this.pattern.slice(this.at));
    const [text = "", least, most = least] = quantifier ?? [];
    const behind = this.at + text.length;
    const [min, max] = text === "" ? [1, 1] : text === "?" ? [0, 1] : [Number(least), Number(most)];
    const end = this.state();
    this.join(from, first);
    if (min === 0) this.join(from, end);
    for (let count = 1; count <= max; count++) {
      if (count >= min) this.join(last, end);
      if (count === max) break;
      this.at = again;
      const next = this.one();
      this.join(last, next[0]);
      [first, last] = next;
    }
    this.at = behind;
    return end;
  }

  private one(): Part {
    if (this.pattern[this.at] === "(") {
      this.at += this.pattern.startsWith("(?:", this.at) ? 3 : 1;
      const part = this.alternatives();
      if (this.pattern[this.at] !== ")") this.fail();
      this.at++;
      return part;
    }
    const start = this.state();
    const end = this.state();
    Object.assign(this.states[start] as State, { digits: this.digits(), to: end });
    return [start, end];
  }

  private digits(): number {
    const [text = ""] = /^(?:\d|\\d|\[(?:\d-\d|\d|\\d)+\])/.exec(this.pattern.slice(this.at)) ?? [];
    if (text === "") this.fail();
    this.at += text.length;
    if (text.includes("\\d")) return anyDigit;
    let digits = 0;
    for (const [range] of text.matchAll(/\d-\d|\d/g)) {
      const [first, last = first] = range.split("-").map(Number) as [number, number?];
      for (let digit = first; digit <= last; digit++) digits |= 1 << digit;
    }
    return digits;
  }
}
