import type pg from "pg";
import type { Exchange, RecordedConnection } from "./statement-recorder.ts";
import { openWire, type Wire } from "./wire.ts";

/**
 * Sends what an application sent to another copy of the same database, without the application. Each connection keeps
 * its order, and an exchange waits for all those that had ended when it began.
 */
export async function replayStatements(
  recorded: readonly RecordedConnection[],
  loginOf: (connection: RecordedConnection) => pg.ClientConfig,
): Promise<void> {
  const done = new Set<number>();
  let allBefore = 0;
  let waiting: { readonly after: number; readonly go: () => void }[] = [];
  const wires = await Promise.all(recorded.map((connection) => openWire(loginOf(connection))));
  const replayed = wholeExchanges(recorded);

  function note(ended: number): void {
    done.add(ended);
    while (done.delete(allBefore)) allBefore += 1;
    const ready = waiting.filter(({ after }) => after <= allBefore);
    if (ready.length === 0) return;
    waiting = waiting.filter(({ after }) => after > allBefore);
    for (const { go } of ready) go();
  }

  async function replayOne(wire: Wire, exchanges: readonly Exchange[]): Promise<void> {
    for (const { bytes, after, ended } of exchanges) {
      if (after > allBefore) await new Promise<void>((go) => waiting.push({ after, go }));
      await wire.sendRaw(bytes, 1);
      note(ended as number);
    }
  }

  try {
    await Promise.all(wires.map((wire, at) => replayOne(wire, replayed[at] as Exchange[])));
  } finally {
    await Promise.all(wires.map((wire) => wire.close()));
  }
}

/** The exchanges that ended, numbered anew in the order in which they did, as if there had been no others. */
function wholeExchanges(recorded: readonly RecordedConnection[]): Exchange[][] {
  const ends = recorded
    .flatMap(({ exchanges }) => exchanges)
    .map(({ ended }) => ended)
    .filter((ended) => ended !== null)
    .sort((a, b) => a - b);
  const countBefore = (end: number) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return recorded.map(({ exchanges }) =>
    exchanges
      .filter(({ ended }) => ended !== null)
      .map(({ bytes, after, ended }) => ({ bytes, after: countBefore(after), ended: countBefore(ended as number) })),
  );
}
