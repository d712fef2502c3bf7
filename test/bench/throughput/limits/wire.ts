import type { Socket } from "node:net";
import pg from "pg";

/** A logged-in connection to Postgres on which messages go as they are. Source: PostgreSQL's manual, 54. */
export interface Wire {
  /** Sends what was written by another client before, and resolves once the server is ready `readies` times. */
  sendRaw(bytes: Uint8Array, readies: number): Promise<void>;
  /** `copy … to stdout`. Shape: the rows, as many of them to a list as `rowsMax`. */
  copyOut(text: string, rowsMax: number): Promise<Buffer[]>;
  /** `copy … from stdin` of one list of rows. */
  copyIn(text: string, rows: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export const readyTag = 0x5a; // Z
const errorTag = 0x45; // E
const copyDataTag = 0x64; // d
const copyReadyTag = 0x47; // G
const headBytes = 5;

/** Calls `heed` with each whole message of a stream of chunks: its tag, and what follows the length. */
export function messageReader(heed: (tag: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let kept: Buffer = Buffer.alloc(0);
  return (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    let at = 0;
    while (kept.length - at >= headBytes) {
      const end = at + 1 + kept.readUInt32BE(at + 1);
      if (kept.length < end) break;
      heed(kept[at] as number, kept.subarray(at + headBytes, end));
      at = end;
    }
    kept = kept.subarray(at);
  };
}

function message(tag: string, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(headBytes + payload.length);
  out.write(tag, 0, "latin1");
  out.writeUInt32BE(payload.length + 4, 1);
  out.set(payload, headBytes);
  return out;
}

function queryMessage(text: string): Buffer {
  return message("Q", Buffer.from(`${text}\0`));
}

/** Logs in by the driver, then takes the connection over from it. */
export async function openWire(login: pg.ClientConfig): Promise<Wire> {
  const client = new pg.Client(login);
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners("data");
  let [readies, isCopying, failed]: [number, boolean, string | null] = [0, false, null];
  let rows: Buffer[] = [];
  let wake: () => void = () => undefined;

  stream.on(
    "data",
    messageReader((tag, payload) => {
      if (tag === readyTag) readies += 1;
      if (tag === copyReadyTag) isCopying = true;
      if (tag === copyDataTag) rows.push(Buffer.from(payload));
      if (tag === errorTag) failed = /C([0-9A-Z]{5})\0/.exec(payload.toString("latin1"))?.[1] ?? "unknown";
      if (tag === readyTag || tag === copyReadyTag) wake();
    }),
  );
  stream.on("close", () => {
    failed ??= "closed";
    wake();
  });

  async function until(condition: () => boolean): Promise<void> {
    while (!condition() && failed !== "closed") await new Promise<void>((resolve) => (wake = resolve));
    if (failed !== null) throw new Error(`Postgres refused what was sent: ${failed}`);
  }

  async function sendRaw(bytes: Uint8Array, count: number): Promise<void> {
    const wanted = readies + count;
    stream.write(bytes);
    await until(() => readies >= wanted);
  }

  return {
    sendRaw,
    async copyOut(text, rowsMax) {
      rows = [];
      await sendRaw(queryMessage(text), 1);
      const lists: Buffer[] = [];
      for (let at = 0; at < rows.length; at += rowsMax) lists.push(Buffer.concat(rows.slice(at, at + rowsMax)));
      rows = [];
      return lists;
    },
    async copyIn(text, list) {
      isCopying = false;
      const wanted = readies + 1;
      stream.write(queryMessage(text));
      await until(() => isCopying || readies >= wanted);
      stream.write(message("d", list));
      stream.write(message("c", Buffer.alloc(0)));
      await until(() => readies >= wanted);
    },
    async close() {
      stream.removeAllListeners("close");
      stream.end(message("X", Buffer.alloc(0)));
    },
  };
}
