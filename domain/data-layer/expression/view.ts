import { conditionTextBytesMax } from "../../model/limits.ts";

const utf8BytesMax = 3;

/**
 * What `contains`, `matches` and `lower()` see of a text: its first 2,048 bytes in UTF-8, no character cut.
 *
 * A rule's cost is bounded when it is written, and an event's texts are not: without a view, one long text would cost
 * every rule that searches it a hundred times as much as usual texts do.
 */
export function viewOf(text: string): string {
  if (text.length * utf8BytesMax <= conditionTextBytesMax) return text;
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > conditionTextBytesMax) return text.slice(0, at);
    at += code < 0x10000 ? 1 : 2;
  }
  return text;
}
