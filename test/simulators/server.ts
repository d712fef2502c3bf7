import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Finding } from "./clear-pii.ts";
import { answerControl, isControlPath } from "./control-plane.ts";
import type { FaultOptions } from "./fault-queue.ts";
import type { JsonObject } from "./json.ts";
import type { Counts } from "./ledger.ts";
import type { ReceivedRequest, Vendor } from "./vendor.ts";

/** A vendor on loopback, as tests hold it. */
export type Simulator<F extends string> = {
  /** The base URL, without a path or a trailing slash. */
  url: string;
  close: () => Promise<void>;
  counts: () => Counts;
  /** Accepted events in order, duplicates left out. */
  effectiveEvents: (target?: string) => JsonObject[];
  /** Every request to the vendor's paths as it came in, refused ones too. */
  requests: () => ReceivedRequest[];
  /** Where personal data stood in clear. */
  findings: () => Finding[];
  fail: (fault: F, options?: FaultOptions) => void;
  clearFaults: () => void;
  revokeToken: (token: string) => void;
  restoreToken: (token: string) => void;
  reset: () => void;
};

const bodyBytesMax = 16 * 1024 * 1024;
const host = "127.0.0.1";

/** Serves a vendor on loopback and hands out the strings to pull. Units: `now` in milliseconds since 1970. */
export async function serveVendor<F extends string>(
  vendor: Vendor<F>,
  { port, now }: { port: number; now: () => number },
): Promise<Simulator<F>> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    serve(vendor, { request, response, now, signal: closing.signal }).catch(() => request.socket.destroy());
  });
  await listen(server, port);
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => {
      closing.abort();
      return closeServer(server);
    },
    counts: vendor.counts,
    effectiveEvents: vendor.effectiveEvents,
    requests: vendor.requests,
    findings: vendor.findings,
    fail: vendor.faults.fail,
    clearFaults: vendor.faults.clear,
    revokeToken: vendor.access.revoke,
    restoreToken: vendor.access.restore,
    reset: vendor.reset,
  };
}

/** Prints where the simulator is, and closes it when the process is told to end. */
export function serveUntilSignal({ url, close }: Pick<Simulator<string>, "url" | "close">): void {
  process.stdout.write(`${url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => close().then(() => process.exit(0)));
  }
}

type Exchange = { request: IncomingMessage; response: ServerResponse; now: () => number; signal: AbortSignal };

async function serve<F extends string>(vendor: Vendor<F>, exchange: Exchange): Promise<void> {
  const { request, response, now, signal } = exchange;
  const method = request.method ?? "GET";
  const url = request.url ?? "/";
  const body = await readBody(request);
  if (isControlPath(url)) {
    send(response, answerControl(vendor, method, url, body));
    return;
  }
  const headers = flatHeaders(request);
  const { answer, afterMs } = await vendor.receive({ method, url, headers, body, receivedAtMs: now() });
  if (afterMs > 0) await sleep(afterMs, undefined, { signal });
  if (answer === null) request.socket.destroy();
  else send(response, answer);
}

/** Errors: throws past the bound, and the connection breaks. */
async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new RangeError("the body is too large");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function send(response: ServerResponse, answer: Answer): void {
  const length = String(Buffer.byteLength(answer.body));
  response.writeHead(answer.status, { ...answer.headers, "content-length": length });
  response.end(answer.body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
