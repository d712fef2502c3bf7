// The program as the host encoded it (wasm/encode-program.ts). All words are u32, all offsets from its first byte.
//
//   0 flags: bit 0 trust claims · 1 phone detector mode · 2 address detector mode (0 off, 1 flag, 2 mask)
//   3 offset, 4 bytes of the calling code (bytes `none`: it has none)
//   5 offset, 6 count of path nodes, 24 bytes each:
//       0 hash pattern or none · 4 redacts 0/1 · 8 child under `*` · 12 has children 0/1 · 16 mark (0) · 20 spare
//   7 offset, 8 slots - 1 of path edges, 16 bytes each: 0 child (0: free) · 4 parent · 8 offset · 12 bytes of a segment
//   9 offset of the normaliser of each hash pattern, u32 (normalise.ts; 255: that of the key's own row)
//   10 first test of all rules (routing.ts) or, with an index, offset of each rule's first, u32
//   11 whether a path has `*` 0/1
//   12 offset of the rules' index (candidates.ts), or 0 · 13 offset of the first source (sources.ts), or 0
//   14 offset of the normaliser of each row of the key table, u8; 15 offset of its treatment, u8
//   16 offset of the organisation's categories of consent (consent-table.ts), or 0
export const none: u32 = 0xffffffff;

let program: u32 = 0;

export function setProgram(at: u32): void {
  program = at;
}

@inline
export function programWord(index: u32): u32 {
  return load<u32>(program + index * 4);
}

@inline
export function programAt(offset: u32): u32 {
  return program + offset;
}

export const MODE_MASK: u32 = 2;

@inline
export function trustsClaims(): bool {
  return (programWord(0) & 1) != 0;
}
@inline
export function phoneMode(): u32 {
  return programWord(1);
}
@inline
export function addressMode(): u32 {
  return programWord(2);
}

export const TREAT_REMOVE: u32 = 1;
export const TREAT_EMAIL: u32 = 2;
export const TREAT_PHONE: u32 = 3;
/** A hash there is one of the form with a plus. */
export const TREAT_PHONE_E164: u32 = 4;
/** As the row says that another member of the object names. */
export const TREAT_NAMED: u32 = 5;

/** What the table's row does at any depth; 0 for rows that only name a normaliser, and for no row. */
@inline
export function treatmentOfRow(row: u32): u32 {
  return <u32>load<u8>(program + programWord(15) + row);
}

@inline
export function normaliserOfRow(row: u32): u32 {
  return <u32>load<u8>(program + programWord(14) + row);
}
