import type { EventFacts } from "../ports/kernel.ts";

/** Words of an entry (assembly/facts.ts). */
const entryWords = 14;
/** Zeros behind the texts. */
const endBytes = 128;

/** Memory of the kernel, as bytes and as words. */
export interface KernelMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array;
}

/** Where entries of the host's word and their texts lie, in one stretch; offsets from its start. */
export interface FactsPlan {
  readonly bytes: number;
  readonly entries: number;
  readonly texts: number;
  readonly textBytes: number;
}

/** Plans the entries of distinct facts, their texts behind them. */
export function planFacts(distinct: readonly EventFacts[]): FactsPlan {
  const texts = distinct.length * entryWords * 4;
  let textBytes = 0;
  for (const { geo, device } of distinct) {
    textBytes += (geo === null ? 0 : geo.length + 1) + (device === null ? 0 : device.length + 1);
  }
  return { bytes: texts + textBytes + endBytes, entries: distinct.length, texts, textBytes };
}

/** Writes entries and texts at `at`, a multiple of 8, where anything may have been before. */
export function writeFacts(distinct: readonly EventFacts[], { texts }: FactsPlan, memory: KernelMemory, at: number) {
  const { bytes, words } = memory;
  let end = at + texts;
  const put = (text: Uint8Array | null, word: number) => {
    words[word] = text === null ? 0 : end;
    words[word + 1] = text === null ? 0 : end + text.length;
    if (text === null) return;
    bytes.set(text, end);
    end += text.length;
    bytes[end++] = 0;
  };
  let entry = at >> 2;
  for (const { drop, geo, device } of distinct) {
    words[entry] = drop;
    put(geo, entry + 1);
    put(device, entry + 3);
    words.fill(0, entry + 5, entry + entryWords);
    entry += entryWords;
  }
}

/** True if all are one object, as those of a connection are. */
export function areAlike(facts: readonly EventFacts[]): boolean {
  const [first] = facts;
  for (let i = 1; i < facts.length; i++) if (facts[i] !== first) return false;
  return true;
}

/** Facts by identity, each once, and the offset of each event's entry. */
export function distinctFacts(facts: readonly EventFacts[]): { distinct: EventFacts[]; offsets: number[] } {
  const known = new Map<EventFacts, number>();
  const offsets = facts.map((fact) => {
    const before = known.get(fact);
    if (before !== undefined) return before;
    const offset = known.size * entryWords * 4;
    known.set(fact, offset);
    return offset;
  });
  return { distinct: [...known.keys()], offsets };
}
