const wordsMax = 4_096;
const wordCharsMax = 100;

/**
 * Remembers what a pure function makes of a key or a name: events of one sender have the same ones again and again.
 *
 * Past the bound all is forgotten, and long words never are remembered, so that no sender fills the memory.
 */
export function rememberWords<T>(make: (word: string) => NonNullable<T>): (word: string) => NonNullable<T> {
  const known = new Map<string, NonNullable<T>>();

  return function remembered(word) {
    const found = known.get(word);
    if (found !== undefined) return found;
    const made = make(word);
    if (word.length > wordCharsMax) return made;
    if (known.size >= wordsMax) known.clear();
    known.set(word, made);
    return made;
  };
}
