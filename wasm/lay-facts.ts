import type { EventFacts } from "../ports/kernel.ts";

const entryWords = 5;
const endBytes = 128;

/** Where a program and the host's word lie in one stretch of the kernel's memory; offsets from its start. */
export interface LaidFacts {
  readonly bytes: number;
  readonly table: number;
  readonly entries: number;
  readonly texts: number;
  readonly textBytes: number;
  /** 0: every event has the first entry. */
  readonly factOf: number;
  write(memory: Uint8Array<ArrayBuffer>, at: number): void;
}

/** Plans the stretch: program, table of distinct facts, entry of each event, texts, zeros. Shape: assembly/facts.ts. */
export function layFacts(facts: readonly EventFacts[], programBytes: number): LaidFacts {
  const { distinct, entryOf } = distinctFacts(facts);
  const table = (programBytes + 7) & ~7;
  const indexed = distinct.length > 1;
  const factOf = indexed ? table + distinct.length * entryWords * 4 : 0;
  const texts = (table + distinct.length * entryWords * 4 + (indexed ? facts.length * 4 : 0) + 7) & ~7;
  let textBytes = 0;
  for (const { geo, device } of distinct) {
    textBytes += (geo === null ? 0 : geo.length + 1) + (device === null ? 0 : device.length + 1);
  }
  const write = (memory: Uint8Array<ArrayBuffer>, at: number) => {
    const words = new DataView(memory.buffer, at, texts);
    let end = at + texts;
    const put = (text: Uint8Array | null, word: number) => {
      if (text === null) return;
      memory.set(text, end);
      words.setUint32(word, end, true);
      words.setUint32(word + 4, end + text.length, true);
      end += text.length + 1;
    };
    distinct.forEach(({ drop, geo, device }, i) => {
      const entry = table + i * entryWords * 4;
      words.setUint32(entry, drop, true);
      put(geo, entry + 4);
      put(device, entry + 12);
    });
    if (indexed) entryOf.forEach((entry, i) => void words.setUint32(factOf + i * 4, entry, true));
  };
  return { bytes: texts + textBytes + endBytes, table, entries: distinct.length, texts, textBytes, factOf, write };
}

/** Facts by identity: those of one connection are one object, and stand in the table once. */
function distinctFacts(facts: readonly EventFacts[]): { distinct: EventFacts[]; entryOf: number[] } {
  const [first] = facts;
  if (first === undefined) return { distinct: [], entryOf: [] };
  if (facts.every((fact) => fact === first)) return { distinct: [first], entryOf: [] };
  const numbers = new Map<EventFacts, number>();
  const entryOf = facts.map((fact) => {
    const known = numbers.get(fact);
    if (known !== undefined) return known;
    numbers.set(fact, numbers.size);
    return numbers.size - 1;
  });
  return { distinct: [...numbers.keys()], entryOf };
}
