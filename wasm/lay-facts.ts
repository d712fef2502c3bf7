import type { EventFacts } from "../ports/kernel.ts";

const entryWords = 14;
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
  /** `at`: a multiple of 8; `words`: the same memory. */
  write(memory: Uint8Array<ArrayBuffer>, words: Int32Array, at: number): void;
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
  const write = (memory: Uint8Array<ArrayBuffer>, words: Int32Array, at: number) => {
    let end = at + texts;
    const put = (text: Uint8Array | null, word: number) => {
      if (text === null) return;
      memory.set(text, end);
      words[word] = end;
      words[word + 1] = end + text.length;
      end += text.length + 1;
    };
    let entry = (at + table) >> 2;
    for (const { drop, geo, device } of distinct) {
      words[entry] = drop;
      put(geo, entry + 1);
      put(device, entry + 3);
      entry += entryWords;
    }
    if (indexed) words.set(entryOf, (at + factOf) >> 2);
  };
  return { bytes: texts + textBytes + endBytes, table, entries: distinct.length, texts, textBytes, factOf, write };
}

/** Facts by identity: those of one connection are one object, and stand in the table once. */
function distinctFacts(facts: readonly EventFacts[]): { distinct: EventFacts[]; entryOf: number[] } {
  const [first] = facts;
  if (first === undefined) return { distinct: [], entryOf: [] };
  if (areAll(facts, first)) return { distinct: [first], entryOf: [] };
  const numbers = new Map<EventFacts, number>();
  const entryOf = facts.map((fact) => {
    const known = numbers.get(fact);
    if (known !== undefined) return known;
    numbers.set(fact, numbers.size);
    return numbers.size - 1;
  });
  return { distinct: [...numbers.keys()], entryOf };
}

/** A loop of its own: `every` with its closure cost as much as a hundredth of the kernel's work on these events. */
function areAll(facts: readonly EventFacts[], first: EventFacts): boolean {
  for (let i = 1; i < facts.length; i++) if (facts[i] !== first) return false;
  return true;
}
