/** One difference between two data layers. `from` is null for what was added, `to` for what was removed. */
export interface Difference {
  /** e.g. `session.timeout_minutes`, `pii_rules.hash_fields`, `routing_rules[2].condition`. */
  readonly path: string;
  readonly op: "added" | "removed" | "changed";
  readonly from: unknown;
  readonly to: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Compares two configurations the way they are meant.
 *
 * Lists of strings (paths, patterns) are sets: their order says nothing. Lists of objects (rules) are sequences: what
 * stayed in order is left out, what was replaced in place is compared member by member. Indexes are those of the newer
 * list, of the older one for what was removed.
 */
export function compareConfigs(from: unknown, to: unknown, path = ""): Difference[] {
  if (isMembers(from) && isMembers(to)) return compareMembers(from, to, path);
  if (Array.isArray(from) && Array.isArray(to)) {
    const areSets = [...from, ...to].every((item) => typeof item === "string");
    return areSets ? compareSets(from, to, path) : compareSequences(from, to, path);
  }
  return same(from, to) ? [] : [{ path, op: "changed", from, to }];
}

function compareMembers(from: Members, to: Members, path: string): Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name): Difference[] => {
    const at = path === "" ? name : `${path}.${name}`;
    if (!Object.hasOwn(from, name)) return [{ path: at, op: "added", from: null, to: to[name] }];
    if (!Object.hasOwn(to, name)) return [{ path: at, op: "removed", from: from[name], to: null }];
    return compareConfigs(from[name], to[name], at);
  });
}

function compareSets(from: readonly unknown[], to: readonly unknown[], path: string): Difference[] {
  const [before, after] = [new Set(from), new Set(to)];
  const removed = [...before].filter((item) => !after.has(item));
  const added = [...after].filter((item) => !before.has(item));
  return [
    ...removed.map((item) => ({ path, op: "removed" as const, from: item, to: null })),
    ...added.map((item) => ({ path, op: "added" as const, from: null, to: item })),
  ];
}

function compareSequences(from: readonly unknown[], to: readonly unknown[], path: string): Difference[] {
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  for (const [keptFrom, keptTo] of [...keptInOrder(from, to), [from.length, to.length] as const]) {
    for (; i < keptFrom && j < keptTo; i++, j++) found.push(...compareConfigs(from[i], to[j], `${path}[${j}]`));
    for (; i < keptFrom; i++) found.push({ path: `${path}[${i}]`, op: "removed", from: from[i], to: null });
    for (; j < keptTo; j++) found.push({ path: `${path}[${j}]`, op: "added", from: null, to: to[j] });
    [i, j] = [keptFrom + 1, keptTo + 1];
  }
  return found;
}

/** Index pairs of the longest run of items that both lists have in the same order. */
function keptInOrder(from: readonly unknown[], to: readonly unknown[]): (readonly [number, number])[] {
  const [left, right] = [from.map(canonical), to.map(canonical)];
  const width = right.length + 1;
  const longest = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const at = i * width + j;
      if (left[i] === right[j]) longest[at] = (longest[at + width + 1] as number) + 1;
      else longest[at] = Math.max(longest[at + width] as number, longest[at + 1] as number);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const at = i * width + j;
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if ((longest[at + width] as number) >= (longest[at + 1] as number)) i++;
    else j++;
  }
  return pairs;
}

function same(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/** JSON text that does not depend on the order of members: a database may give them in another. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    isMembers(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
