/**
 * Makes a matcher of a glob: `*` stands for any run of characters, `?` for one code point, all else for itself.
 *
 * The whole text must match; case counts (lower both sides where it should not). Time grows linearly with the text,
 * at most once over per character of the pattern, whatever the pattern: there is no nested backtracking.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const parts = [...pattern];
  return (text) => matches(parts, [...text]);
}

/** After a mismatch only the last star moves on: an earlier one never has to, since it took the first fit. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
