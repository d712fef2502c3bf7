/**
 * Finds the first byte of the first sequence that is not well-formed UTF-8, or -1.
 *
 * Overlong forms, surrogates, code points past U+10FFFF and truncated sequences are ill-formed.
 * Source: The Unicode Standard, table 3-7.
 */
export function firstIllFormed(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const size = sequenceBytes(lead);
    if (size === 0 || !secondByteFits(lead, bytes[at + 1] ?? 0)) return at;
    for (let i = 2; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return at;
    at += size;
  }
  return -1;
}

function sequenceBytes(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function secondByteFits(lead: number, second: number): boolean {
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}
