// What searches, patterns and lower() see of a text: its beginning, so that no text costs more than that many bytes do
// (domain/data-layer/expression/view.ts is the twin).

const VIEW: u32 = 2048;

/** Bytes of the view of a text in UTF-8: no character is cut. */
@inline
export function viewOf(at: u32, bytes: u32): u32 {
  return bytes <= VIEW ? bytes : cut(at);
}

function cut(at: u32): u32 {
  let end = at + VIEW;
  while ((load<u8>(end) & 0xc0) == 0x80) end--;
  return end - at;
}
