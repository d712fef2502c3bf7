import { lowerText } from "../../domain/data-layer/text.ts";
import type { PathPattern } from "../../domain/model/program.ts";

/** A place in a tree of configured paths. */
export interface PathNode {
  readonly children: Map<string, PathNode>;
  /** Segment that leads here, lower case. */
  readonly segment: string;
  /** Number of the first configured path that ends here, else -1. */
  end: number;
}

/** Puts configured paths into a tree; the walk starts at its root. */
export function plantPaths(patterns: readonly PathPattern[]): PathNode[] {
  if (patterns.length === 0) return [];
  const root = makeNode("");
  patterns.forEach((pattern, number) => {
    let node = root;
    for (const segment of pattern.map(lowerText)) {
      const next = node.children.get(segment) ?? makeNode(segment);
      node.children.set(segment, next);
      node = next;
    }
    if (node.end < 0) node.end = number;
  });
  return [root];
}

const noNodes: readonly PathNode[] = [];
const nowhere: { open: PathNode[]; reached: string | null } = { open: [], reached: null };

/**
 * Takes one step under a key: the places from which paths go on below it, and the last segment of the path that ends
 * here (the first configured, if several do).
 *
 * A key with dots steps over as many segments as it has parts; `*` is any one part, or any one key.
 */
export function advance(places: readonly PathNode[], key: string): { open: PathNode[]; reached: string | null } {
  if (places.length === 0) return nowhere;
  let next = new Set(places);
  for (const part of lowerText(key).split(".")) {
    const stepped = new Set<PathNode>();
    for (const place of next) for (const node of childrenOf(place, part)) stepped.add(node);
    next = stepped;
    if (next.size === 0) break;
  }
  for (const place of places) {
    const anyKey = place.children.get("*");
    if (anyKey !== undefined) next.add(anyKey);
  }
  if (next.size === 0) return nowhere;
  const ends = [...next].filter((node) => node.end >= 0).sort((a, b) => a.end - b.end);
  return { open: [...next].filter((node) => node.children.size > 0), reached: ends[0]?.segment ?? null };
}

function childrenOf(place: PathNode, part: string): readonly PathNode[] {
  const named = part === "*" ? undefined : place.children.get(part);
  const any = place.children.get("*");
  if (any === undefined) return named === undefined ? noNodes : [named];
  return named === undefined ? [any] : [named, any];
}

function makeNode(segment: string): PathNode {
  return { children: new Map(), segment, end: -1 };
}
