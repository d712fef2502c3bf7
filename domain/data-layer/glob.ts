const bitsPerWord = 32;

/**
 * Makes a matcher of a glob: `*` stands for any run of characters, `?` for one code point, all else for itself.
 *
 * The whole text must match; case counts (lower both sides where it should not). Time grows linearly with the text, a
 * step per 32 characters of the pattern and character of the text at most: all ways to match are followed at once.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const automaton = automatonOf(pattern);
  return automaton.words === 1 ? (text) => matchesShort(automaton, text) : (text) => matchesLong(automaton, text);
}

/**
 * A bit per number of signs that were matched so far, in words of 32.
 *
 * Worked value: `a*b` has the signs `a` and `b`; `steps` of `a` is 0b001, of `b` 0b010, `stays` is 0b010 (after the
 * first sign anything may come), and the text matches if bit 2 is left.
 */
interface Automaton {
  readonly words: number;
  /** Where a character leads one further; of those that the pattern does not name: `elsewhere`. */
  readonly steps: ReadonlyMap<string, Uint32Array>;
  readonly elsewhere: Uint32Array;
  readonly stays: Uint32Array;
  readonly signs: number;
}

function automatonOf(pattern: string): Automaton {
  const parts = [...pattern];
  const signs = parts.filter((part) => part !== "*").length;
  const words = Math.floor(signs / bitsPerWord) + 1;
  const elsewhere = new Uint32Array(words);
  const stays = new Uint32Array(words);
  let place = 0;
  for (const part of parts) {
    if (part === "*") set(stays, place);
    else if (part === "?") set(elsewhere, place++);
    else place++;
  }
  const steps = new Map<string, Uint32Array>();
  parts
    .filter((part) => part !== "*")
    .forEach((part, at) => {
      if (part === "?") return;
      const step = steps.get(part) ?? elsewhere.slice();
      set(step, at);
      steps.set(part, step);
    });
  return { words, steps, elsewhere, stays, signs };
}

function set(bits: Uint32Array, place: number): void {
  const word = Math.floor(place / bitsPerWord);
  bits[word] = (bits[word] as number) | (1 << (place % bitsPerWord));
}

function matchesShort({ steps, elsewhere, stays, signs }: Automaton, text: string): boolean {
  const none = elsewhere[0] as number;
  const stay = stays[0] as number;
  let reached = 1;
  for (const char of text) {
    const step = steps.get(char);
    reached = ((reached & (step === undefined ? none : (step[0] as number))) << 1) | (reached & stay);
    if (reached === 0) return false;
  }
  return ((reached >>> signs) & 1) === 1;
}

function matchesLong({ words, steps, elsewhere, stays, signs }: Automaton, text: string): boolean {
  const reached = new Uint32Array(words);
  reached[0] = 1;
  for (const char of text) {
    const step = steps.get(char) ?? elsewhere;
    let carried = 0;
    let any = 0;
    for (let word = 0; word < words; word += 1) {
      const here = reached[word] as number;
      const moved = here & (step[word] as number);
      const next = (moved << 1) | carried | (here & (stays[word] as number));
      carried = moved >>> (bitsPerWord - 1);
      reached[word] = next;
      any |= next;
    }
    if (any === 0) return false;
  }
  const last = reached[Math.floor(signs / bitsPerWord)] as number;
  return ((last >>> (signs % bitsPerWord)) & 1) === 1;
}
