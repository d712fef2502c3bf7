/** SHA-256 of nothing: somebody hashed a field that was empty. */
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A hash in lower case that was made before the event came here; null if it is of nothing, which everybody shares. */
export function givenHash(hash: string | null): string | null {
  return hash === hashOfNothing ? null : hash;
}
