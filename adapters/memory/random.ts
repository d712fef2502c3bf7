import type { Random } from "../../ports/random.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Small seeds have few bits set; both spread them before the first number is used. */
const seedMask = 0x9e3779b9;
const warmUpTurns = 16;
const firstIdMs = Date.UTC(2026, 0, 1);

/**
 * Opens randomness that a seed repeats, for tests. Ids sort by their order of making, one made-up millisecond apart.
 *
 * Source: G. Marsaglia, Xorshift RNGs, 2003 (32 bits, shifts 13, 17, 5). Never for secrets.
 */
export function openSeededRandom(seed: number): Random {
  let state = (seed ^ seedMask) >>> 0 || 1;
  let ids = 0;

  function fraction(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  }

  for (let turn = 0; turn < warmUpTurns; turn += 1) fraction();

  function hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(fraction() * 16).toString(16)).join("");
  }

  function uuidv7(): string {
    const time = (firstIdMs + (ids += 1)).toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }

  function token(chars: number): string {
    return Array.from({ length: chars }, () => alphabet[Math.floor(fraction() * alphabet.length)]).join("");
  }

  return { uuidv7, token, fraction };
}
