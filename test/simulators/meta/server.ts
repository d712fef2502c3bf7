import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dataset } from "./access.ts";
import type { Answer } from "./answers.ts";
import type { Finding } from "./clear-pii.ts";
import { answerControl, isControlPath } from "./control-plane.ts";
import type { Fault, FaultOptions } from "./faults.ts";
import type { Counts } from "./ledger.ts";
import type { JsonObject } from "./rules.ts";
import { openVendor, type ReceivedRequest, type Vendor } from "./vendor.ts";

export type MetaSimulatorOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** Without it every dataset exists, and every token opens it that doesn't contain `revoked`. */
  datasets?: Dataset[];
  /** Refuses what is only warned of by default. */
  strict?: boolean;
  /** Takes what Meta's Node library sends against the documentation: extinfo as an object, null at event level. */
  lenient?: boolean;
  /** Units: milliseconds since 1970. */
  now?: () => number;
  /** Default true. */
  recordRequests?: boolean;
};

export type MetaSimulator = {
  /** The base URL, without a version or a trailing slash. */
  url: string;
  close: () => Promise<void>;
  counts: () => Counts;
  /** Accepted events in order, duplicates left out. */
  effectiveEvents: (dataset?: string) => JsonObject[];
  /** Every request to the vendor's paths as it came in, refused ones too. */
  requests: () => ReceivedRequest[];
  /** Where personal data stood in clear. */
  findings: () => Finding[];
  fail: (fault: Fault, options?: FaultOptions) => void;
  clearFaults: () => void;
  revokeToken: (token: string) => void;
  restoreToken: (token: string) => void;
  reset: () => void;
};

const bodyBytesMax = 16 * 1024 * 1024;
const host = "127.0.0.1";

/** Starts a Meta Conversions API on loopback that checks what it gets, so that tests need neither network nor mocks. */
export async function startMetaSimulator(options: MetaSimulatorOptions = {}): Promise<MetaSimulator> {
  const { port = 0, datasets, strict = false, lenient = false, now = Date.now, recordRequests = true } = options;
  if (strict && lenient) throw new RangeError("strict and lenient exclude each other");
  const strictness = strict ? "strict" : lenient ? "lenient" : "normal";
  const vendor = openVendor({ strictness, now, recordRequests, ...(datasets === undefined ? {} : { datasets }) });
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

type Exchange = { request: IncomingMessage; response: ServerResponse; now: () => number; signal: AbortSignal };

async function serve(vendor: Vendor, { request, response, now, signal }: Exchange): Promise<void> {
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
