import type { AddressInfo } from "node:net";
import { connect as connectTo, createServer, type Server, type Socket } from "node:net";
import { messageReader, readyTag } from "./wire.ts";

/** What one client sent until the server was ready for more. */
export interface Exchange {
  readonly bytes: Uint8Array;
  /** How many exchanges, of all connections, had ended when this one began. */
  readonly after: number;
  /** Which one it was to end, of all connections; none if the connection closed before. */
  ended: number | null;
}

/** One connection of the application: who it was, with which options, and all it sent once it was logged in. */
export interface RecordedConnection {
  readonly user: string;
  readonly options: string | undefined;
  readonly exchanges: readonly Exchange[];
}

/** Stands between an application and Postgres and writes down what the application sends. */
export interface StatementRecorder {
  readonly port: number;
  /** Where connections made from now on go to. */
  setTarget(port: number): void;
  connections(): readonly RecordedConnection[];
  close(): Promise<void>;
}

const syncTag = 0x53; // S
const queryTag = 0x51; // Q
const lengthBytes = 4;
const startupHeadBytes = 8;

/** Opens a recorder on loopback. */
export async function openStatementRecorder(): Promise<StatementRecorder> {
  const connections: RecordedConnection[] = [];
  const sockets = new Set<Socket>();
  let target = 0;
  let endedCount = 0;

  function record(client: Socket): void {
    const upstream = connectTo(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const conversation = openConversation();
    client.on("data", (chunk: Buffer) => {
      conversation.heard(chunk);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      conversation.answered(chunk);
      client.write(chunk);
    });
  }

  /** Tells the messages of one connection apart: its startup, its login, then exchange after exchange. */
  function openConversation() {
    let startup: Buffer | null = Buffer.alloc(0);
    let isLoggedIn = false;
    let sent: Buffer[] = [];
    let began = 0;
    const exchanges: Exchange[] = [];
    let unanswered = 0;
    const takeMessages = messageReader((tag, payload) => {
      if (!isLoggedIn) return;
      if (sent.length === 0) began = endedCount;
      const head = Buffer.alloc(1 + lengthBytes);
      head[0] = tag;
      head.writeUInt32BE(payload.length + lengthBytes, 1);
      sent.push(head, Buffer.from(payload));
      if (tag !== syncTag && tag !== queryTag) return;
      exchanges.push({ bytes: Buffer.concat(sent), after: began, ended: null });
      sent = [];
    });
    const takeAnswers = messageReader((tag) => {
      if (tag !== readyTag) return;
      if (isLoggedIn) (exchanges[unanswered++] as Exchange).ended = endedCount++;
      isLoggedIn = true;
    });
    return {
      answered: takeAnswers,
      heard(chunk: Buffer): void {
        if (startup === null) {
          takeMessages(chunk);
          return;
        }
        startup = Buffer.concat([startup, chunk]);
        if (startup.length < lengthBytes || startup.length < startup.readUInt32BE(0)) return;
        const rest = startup.subarray(startup.readUInt32BE(0));
        const words = startup.subarray(startupHeadBytes, startup.readUInt32BE(0)).toString().split("\0");
        const wordAfter = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
        connections.push({ user: wordAfter("user") ?? "", options: wordAfter("options"), exchanges });
        startup = null;
        if (rest.length > 0) takeMessages(rest);
      },
    };
  }

  const server: Server = createServer(record);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    setTarget: (port) => void (target = port),
    connections: () => connections,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
