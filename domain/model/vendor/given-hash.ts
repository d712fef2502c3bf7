import { isPlaceholderHash } from "../placeholder-id.ts";

/**
 * A hash in lower case that was made before the event came here; null if it is of nothing or of a placeholder such as
 * `undefined`, which everybody shares.
 */
export function givenHash(hash: string | null): string | null {
  return hash === null || isPlaceholderHash(hash) ? null : hash;
}
