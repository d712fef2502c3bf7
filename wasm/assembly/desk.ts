// The desks: what the host lays there lasts from call to call, until it clears the desk or this instance ends.
//
// On the one lie programs, on the other the host's words (facts.ts). Nothing of a body is ever laid there.

/** Bytes of a desk. */
const deskBytes: u32 = 1 << 20;
const desks: u32 = <u32>memory.data(2 << 20, 64);
const deskTops: u32 = <u32>memory.data(8, 8);

export const PROGRAMS: u32 = 0;
export const WORDS: u32 = 1;

/** Empties a desk. */
export function clearDesk(desk: u32): void {
  setDeskTop(desk, desks + desk * deskBytes);
}

/** Takes a place of `bytes` on a desk, or returns 0: there is none. */
export function takeOnDesk(desk: u32, bytes: u32): u32 {
  const at = load<u32>(deskTops + desk * 4);
  if (bytes > desks + (desk + 1) * deskBytes - at) return 0;
  setDeskTop(desk, at + bytes);
  return at;
}

/** Says where what was laid last ends: earlier than its place. */
export function setDeskTop(desk: u32, at: u32): void {
  store<u32>(deskTops + desk * 4, (at + 15) & ~15);
}

/** True of an address on a desk. */
export function isOnDesk(at: u32): bool {
  return at - desks < 2 * deskBytes;
}
