// The desks: what the host lays there lasts from call to call, until it clears the desk or this instance ends.
//
// On the one lie programs, on the other the host's words (facts.ts). Nothing of a body is ever laid there.

/** Bytes of a desk. */
const residentBytes: u32 = 1 << 20;
const residents: u32 = <u32>memory.data(2 << 20, 64);
const residentTops: u32 = <u32>memory.data(8, 8);

export const PROGRAMS: u32 = 0;
export const WORDS: u32 = 1;

/** Empties a desk. */
export function clearResident(resident: u32): void {
  setResidentTop(resident, residents + resident * residentBytes);
}

/** Takes a place of `bytes` on a desk, or returns 0: there is none. */
export function takeResident(resident: u32, bytes: u32): u32 {
  const at = load<u32>(residentTops + resident * 4);
  if (bytes > residents + (resident + 1) * residentBytes - at) return 0;
  setResidentTop(resident, at + bytes);
  return at;
}

/** Says where what was laid last ends: earlier than its place. */
export function setResidentTop(resident: u32, at: u32): void {
  store<u32>(residentTops + resident * 4, (at + 15) & ~15);
}

/** True of an address on a desk. */
export function isResident(at: u32): bool {
  return at - residents < 2 * residentBytes;
}
