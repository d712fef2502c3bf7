/** Finds many texts in one in a single pass. */
export interface TextFinder {
  /** Calls `found` once for each text that occurs, with its number and whether it does so at the start. */
  find(text: string, found: (index: number, atStart: boolean) => void): void;
}

const codes = 0x10000;

/**
 * Makes an Aho–Corasick automaton: its time grows with the text and with the number of texts that occur in it, however
 * they overlap.
 *
 * Shape: `child` has a key for each node and code unit. `fail` leads to the longest proper suffix that is a node,
 * `ends` to the longest one that is a text. Of "he", "she" and "her", reading "sher" visits s, sh, she, and then from
 * she by way of its suffix he the node her.
 * Source: https://doi.org/10.1145/360825.360855
 */
export function createTextFinder(texts: readonly string[]): TextFinder {
  const child = new Map<number, number>();
  const parents = [0];
  const units = [0];
  const depths = [0];
  const textAt: (number[] | undefined)[] = [undefined];

  function add(text: string, index: number): void {
    let node = 0;
    for (let at = 0; at < text.length; at += 1) {
      const key = node * codes + text.charCodeAt(at);
      let next = child.get(key);
      if (next === undefined) {
        next = parents.length;
        child.set(key, next);
        parents.push(node);
        units.push(text.charCodeAt(at));
        depths.push(at + 1);
        textAt.push(undefined);
      }
      node = next;
    }
    const own = textAt[node];
    if (own) own.push(index);
    else textAt[node] = [index];
  }

  for (const [index, text] of texts.entries()) if (text !== "") add(text, index);
  const fail = new Int32Array(parents.length);
  const ends = new Int32Array(parents.length);

  /** The node for what was read so far and one unit more. */
  function follow(node: number, unit: number): number {
    for (let from = node; ; from = fail[from] as number) {
      const next = child.get(from * codes + unit);
      if (next !== undefined) return next;
      if (from === 0) return 0;
    }
  }

  const byDepth = [...depths.keys()].sort((a, b) => (depths[a] as number) - (depths[b] as number));
  for (const node of byDepth) {
    if ((depths[node] as number) > 1)
      fail[node] = follow(fail[parents[node] as number] as number, units[node] as number);
    const suffix = fail[node] as number;
    ends[node] = textAt[suffix] ? suffix : (ends[suffix] as number);
  }

  return {
    find(text, found) {
      const seen = new Set<number>();
      let node = 0;
      for (let at = 0; at < text.length; at += 1) {
        node = follow(node, text.charCodeAt(at));
        // Whoever was here before has told of all that end here; the first time is the only one that can be the start.
        for (let end = node; end !== 0 && !seen.has(end); end = ends[end] as number) {
          seen.add(end);
          for (const index of textAt[end] ?? []) found(index, depths[end] === at + 1);
        }
      }
    },
  };
}
