/** Randomness, so that tests can seed it. */
export interface Random {
  uuidv7(): string;
  /** Unguessable text of `[0-9A-Za-z]`. Units: characters. */
  token(chars: number): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}
