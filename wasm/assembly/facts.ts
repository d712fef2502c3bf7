// The host's word, parsed once per call and shared by the events it is about.
//
// The host writes a table of 20 bytes each: 0 drop code · 4 geo start · 8 geo end · 12 device start · 16 device end
// (addresses, 0: no word). Texts lie in one stretch, each followed by a zero. Here the starts become nodes.
import { base, markBytes, markText } from "./marks";
import { setTop, take, top } from "./memory";
import { setKey } from "./members";
import { DEVICE, GEO } from "./names";
import { parseText, unstorableEnd } from "./parse";
import { quote, quotedEnd, quotedEscaped } from "./text";
import {
  addFlags, clearFlags, DIRTY, ESCAPED, firstOf, flagsOf, KEY_ESCAPED, kindOf, nextOf, NODE, OBJECT, readKey, readText,
  textAt, textBytes,
} from "./tree";

const FACTS: u32 = 20;
const depthMax: u32 = 8;

export function parseFacts(table: u32, count: u32, texts: u32, textsBytes: u32): void {
  if (textsBytes == 0) return;
  if (markText(texts, textsBytes, take(markBytes(textsBytes))) >= 0) unreachable();
  for (let at = table; at < table + count * FACTS; at += FACTS) {
    const geo = parseFact(load<u32>(at, 4), load<u32>(at, 8));
    if (geo != 0) setKey(geo, GEO);
    store<u32>(at, geo, 4);
    const device = parseFact(load<u32>(at, 12), load<u32>(at, 16));
    if (device != 0) setKey(device, DEVICE);
    store<u32>(at, device, 12);
  }
}

/** The node of an object; what the host hands over is never anything else. */
function parseFact(start: u32, end: u32): u32 {
  if (start == 0) return 0;
  const unstorable = take(end - start);
  const node = take(NODE);
  if (!parseText(start, end, depthMax, unstorable, node)) unreachable();
  if (unstorableEnd != unstorable || kindOf(node) != OBJECT) unreachable();
  respell(node);
  return node;
}

/** Spells escapes as `JSON.stringify` does; true if something differs from its span now. */
function respell(node: u32): bool {
  const flags = flagsOf(node);
  let changed = (flags & DIRTY) != 0;
  if ((flags & KEY_ESCAPED) != 0) {
    readKey(node);
    store<u32>(node, quote(textAt, textBytes), 12);
    store<u32>(node, quotedEnd, 16);
    if (!quotedEscaped) clearFlags(node, KEY_ESCAPED);
    changed = true;
  }
  if ((flags & ESCAPED) != 0) {
    readText(node);
    store<u32>(node, quote(textAt, textBytes), 4);
    store<u32>(node, quotedEnd, 8);
    if (!quotedEscaped) clearFlags(node, ESCAPED);
    changed = true;
  }
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    if (!respell(child)) continue;
    addFlags(node, DIRTY);
    changed = true;
  }
  return changed;
}
