import type { Socket } from "bun";

/** What came of one request: an answer, or none. */
export type Reply =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "lost" };

/**
 * One kept-alive connection with one request at a time. `fetch` would cost the generator several times as much, and on
 * a machine with two processors that is taken from the server.
 */
export interface HttpConnection {
  /** Free for another request: open, and nothing under way. */
  isFree(): boolean;
  /** Sends `bytes`, which must stay as they are until `onReply`. */
  send(bytes: Uint8Array, onReply: (reply: Reply) => void): void;
  close(): void;
}

const reconnectMs = 50;
const headEnd = "\r\n\r\n";

/** Keeps a connection open to a server on loopback until it is closed. `onFree` is called whenever it can take one. */
export function openHttpConnection(port: number, onFree: () => void): HttpConnection {
  let socket: Socket | null = null;
  let unsent: Uint8Array = new Uint8Array(0);
  let waiting: ((reply: Reply) => void) | null = null;
  let received = "";
  let closed = false;

  function settle(reply: Reply): void {
    const settled = waiting;
    waiting = null;
    settled?.(reply);
  }

  function flush(): void {
    if (unsent.length === 0 || socket === null) return;
    const written = socket.write(unsent);
    unsent = unsent.subarray(Math.max(0, written));
  }

  function take(chunk: Uint8Array): void {
    received += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const end = received.indexOf(headEnd);
    if (end < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end + 2))?.[1];
    if (length === undefined) throw new Error("an answer does not say how long it is");
    const whole = end + headEnd.length + Number(length);
    if (received.length < whole) return;
    const reply: Reply = {
      kind: "answered",
      status: Number(received.slice(9, 12)),
      body: received.slice(end + headEnd.length, whole),
    };
    received = "";
    settle(reply);
    onFree();
  }

  function lose(): void {
    socket = null;
    received = "";
    unsent = new Uint8Array(0);
    settle({ kind: "lost" });
    if (!closed) setTimeout(connect, reconnectMs);
  }

  function connect(): void {
    if (closed) return;
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(opened) {
          socket = opened;
          opened.setNoDelay(true);
          onFree();
        },
        data: (_, chunk) => take(chunk),
        drain: flush,
        close: lose,
        error: () => undefined,
        connectError: lose,
      },
    }).catch(() => undefined);
  }

  connect();
  return {
    isFree: () => socket !== null && waiting === null && !closed,
    send(bytes, onReply) {
      waiting = onReply;
      unsent = bytes;
      flush();
    },
    close() {
      closed = true;
      socket?.end();
    },
  };
}
