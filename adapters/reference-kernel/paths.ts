import { lowerText } from "../../domain/data-layer/text.ts";
import type { PathPattern } from "../../domain/model/program.ts";

/** A configured path, and how many of its segments led to where the walk is. */
export interface PathMatch {
  readonly pattern: PathPattern;
  readonly depth: number;
}

export function startPaths(patterns: readonly PathPattern[]): PathMatch[] {
  return patterns.map((pattern) => ({ pattern: pattern.map(lowerText), depth: 0 }));
}

/**
 * Takes one step under a key: the paths that are still open below it, and of the first (as configured) that ends here
 * the last segment. A key with dots steps over as many segments as it has parts; `*` is any one part, or any one key.
 */
export function advance(paths: readonly PathMatch[], key: string): { open: PathMatch[]; reached: string | null } {
  const open: PathMatch[] = [];
  let reached: string | null = null;
  if (paths.length === 0) return { open, reached };
  const parts = lowerText(key).split(".");
  for (const { pattern, depth } of paths) {
    const steps = new Set<number>();
    if (pattern[depth] === "*") steps.add(1);
    if (parts.every((part, i) => pattern[depth + i] === part || pattern[depth + i] === "*")) steps.add(parts.length);
    for (const step of steps) {
      if (depth + step === pattern.length) reached ??= pattern[pattern.length - 1] as string;
      else open.push({ pattern, depth: depth + step });
    }
  }
  return { open, reached };
}
