import { isPlaceholderHash } from "../model/identity/placeholder-id.ts";

/** SHA-256 of nothing: somebody hashed a field that was empty. */
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * A contact's hash in lower case that was made before the event came here; null if it is of nothing or of a placeholder
 * such as `undefined`, which everybody shares.
 */
export function givenHash(hash: string | null): string | null {
  return hash === null || isPlaceholderHash(hash) ? null : hash;
}

/**
 * The hash of a name, a place or an id that was made before the event came here; null if it is of nothing. Words that
 * are no id may be a place: `ID` is Idaho, `NO` Norway.
 */
export function hashOfSomething(hash: string): string | null {
  return hash === hashOfNothing ? null : hash;
}
