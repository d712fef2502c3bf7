// Vectors of one byte sixteen times, for hot loops: loaded, not spelled out. V8 makes a spelled one anew at every use,
// in three instructions; what was loaded before a loop stays in a register. That took an eighth off the first call.

const bytes: u32 = <u32>memory.data(256, 16);

/** Lays out the bytes; once, before anything else. */
export function layVectors(): void {
  for (let byte: u32 = 0; byte < 256; byte++) store<u8>(bytes + byte, byte);
}

/** A constant byte in every lane. */
@inline
export function every(byte: u32): v128 {
  return v128.load8_splat(bytes + byte);
}
