// UTF-8: validation 16 bytes at a time by nibble tables (Keiser and Lemire, "Validating UTF-8 in less than one
// instruction per byte", 2021), code points for the slow paths.

/** Error bits of a block, given the block before it: all zero if every sequence that ends in it is well formed. */
@inline
export function utf8Errors(block: v128, before: v128): v128 {
  const low4 = i8x16.splat(0x0f);
  const prev1 = i8x16.shuffle(before, block, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const prev2 = i8x16.shuffle(before, block, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const prev3 = i8x16.shuffle(before, block, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  // Bits: 1 too short · 2 too long · 4 overlong of 3 · 8 too large · 16 surrogate · 32 overlong of 2 ·
  // 64 overlong of 4, too large by far · 128 two continuations.
  const byte1High = i8x16.swizzle(
    i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 0x21, 1, 0x15, 0x49),
    i8x16.shr_u(prev1, 4),
  );
  const byte1Low = i8x16.swizzle(
    i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53),
    v128.and(prev1, low4),
  );
  const byte2High = i8x16.swizzle(
    i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1),
    i8x16.shr_u(block, 4),
  );
  const special = v128.and(v128.and(byte1High, byte1Low), byte2High);
  const third = i8x16.sub_sat_u(prev2, i8x16.splat(0x60));
  const fourth = i8x16.sub_sat_u(prev3, i8x16.splat(0x70));
  const must = v128.and(v128.or(third, fourth), i8x16.splat(-128));
  return v128.xor(must, special);
}

/** Offset of the first ill-formed sequence in [start, end), or -1. */
export function firstIllFormed(start: u32, end: u32): i32 {
  for (let at = start; at < end; ) {
    const lead = <u32>load<u8>(at);
    if (lead < 0x80) {
      at++;
      continue;
    }
    const size: u32 = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const second: u32 = at + 1 < end ? <u32>load<u8>(at + 1) : 0;
    const least: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const most: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (size == 0 || second < least || second > most) return <i32>(at - start);
    for (let i: u32 = 2; i < size; i++) {
      const byte: u32 = at + i < end ? <u32>load<u8>(at + i) : 0;
      if ((byte & 0xc0) != 0x80) return <i32>(at - start);
    }
    at += size;
  }
  return -1;
}

/** Bytes of the sequence that a lead byte opens, in well-formed text. */
@inline
export function sequenceBytes(lead: u32): u32 {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The code point at `at`, in well-formed text. */
@inline
export function codePoint(at: u32): u32 {
  const lead = <u32>load<u8>(at);
  if (lead < 0x80) return lead;
  const second = <u32>load<u8>(at, 1) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = <u32>load<u8>(at, 2) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (<u32>load<u8>(at, 3) & 0x3f);
}

/** Writes a code point; returns where the next one goes. */
export function putCodePoint(to: u32, code: u32): u32 {
  if (code < 0x80) {
    store<u8>(to, code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, 0xc0 | (code >> 6));
    store<u8>(to, 0x80 | (code & 0x3f), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, 0xe0 | (code >> 12));
    store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 1);
    store<u8>(to, 0x80 | (code & 0x3f), 2);
    return to + 3;
  }
  store<u8>(to, 0xf0 | (code >> 18));
  store<u8>(to, 0x80 | ((code >> 12) & 0x3f), 1);
  store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 2);
  store<u8>(to, 0x80 | (code & 0x3f), 3);
  return to + 4;
}
