import type { LookupAddress } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/** Asks the resolver for a name's addresses, once. Errors: rejects with the system's code. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface PinnedPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How one request ended. What the receiver wrote is not among it: it is read up to a bound and thrown away. */
export type PostOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | null }
  /** The address is not one that may be called; nothing was sent. */
  | { readonly kind: "refused" }
  /** No connection came about; nothing was sent. */
  | { readonly kind: "unreachable" }
  /** The receiver has no certificate for its name; nothing was sent. */
  | { readonly kind: "untrusted" }
  /** The connection broke after it came about. */
  | { readonly kind: "broken" }
  /** `begun`: whether something may have been sent by then. */
  | { readonly kind: "timeout"; readonly begun: boolean };

export interface PinnedPostParts {
  readonly resolve: Resolve;
  /** Calls whatever address a name has, for tests and for receivers in the operator's own network. */
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  /** Certificates trusted instead of the system's. Shape: PEM. */
  readonly trusted?: string;
}

const answerBytesMax = 64 * 1024;
const answerHeadBytesMax = 16 * 1024;
const httpPort = 80;
const httpsPort = 443;

/**
 * Makes what posts to a customer's address, once, and only to the public internet.
 *
 * The name is resolved here, every address that it has is checked, and the connection goes to the one that was
 * checked: a name that means something else a moment later leads nowhere. TLS still asks for a certificate of the
 * name, and Host still names it. Redirects are answers like any other. Never throws.
 */
export function createPinnedPost(parts: PinnedPostParts): (post: PinnedPost) => Promise<PostOutcome> {
  const { resolve, allowPrivate, timeoutMs, trusted } = parts;

  async function addressOf(hostname: string): Promise<LookupAddress | "refused" | "unreachable"> {
    const bare = hostname.replace(/^\[(.*)\]$/, "$1");
    const family = isIP(bare);
    let found: readonly LookupAddress[];
    try {
      found = family === 0 ? await resolve(bare) : [{ address: bare, family }];
    } catch {
      return "unreachable";
    }
    const [first] = found;
    if (!first) return "unreachable";
    return allowPrivate || found.every(({ address }) => isPublicAddress(address)) ? first : "refused";
  }

  async function exchange(post: PinnedPost, exchanged: Exchanged): Promise<PostOutcome> {
    const url = new URL(post.url);
    const pinned = await addressOf(url.hostname);
    if (pinned === "refused" || pinned === "unreachable") return { kind: pinned };
    if (exchanged.isOver) return { kind: "timeout", begun: false };
    exchanged.begun = true;
    return send(url, pinned, post, exchanged);
  }

  function send(url: URL, pinned: LookupAddress, post: PinnedPost, exchanged: Exchanged): Promise<PostOutcome> {
    const isTls = url.protocol === "https:";
    const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const options = {
      host: hostname,
      port: url.port === "" ? (isTls ? httpsPort : httpPort) : Number(url.port),
      path: url.pathname + url.search,
      method: "POST",
      agent: false as const,
      maxHeaderSize: answerHeadBytesMax,
      headers: { ...post.headers, host: url.host, "content-length": String(Buffer.byteLength(post.body)) },
      lookup: answering(pinned),
      ...(isTls && isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, "") } : {}),
      ...(isTls && trusted !== undefined ? { ca: trusted } : {}),
    };
    return new Promise((settle) => {
      const request = isTls ? httpsRequest(options) : httpRequest(options);
      exchanged.abort = () => request.destroy();
      request.once("response", (response) => {
        throwAway(response, () => {
          settle(answered(response));
          request.destroy();
        });
      });
      request.on("error", (error) => settle({ kind: kindOf(error) }));
      request.end(post.body);
    });
  }

  return async function pinnedPost(post) {
    const exchanged: Exchanged = { isOver: false, begun: false, abort: () => undefined };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<PostOutcome>((settle) => {
      timer = setTimeout(() => {
        settle({ kind: "timeout", begun: exchanged.begun });
        exchanged.isOver = true;
        exchanged.abort();
      }, timeoutMs);
    });
    const done = exchange(post, exchanged).catch((): PostOutcome => ({ kind: "broken" }));
    return Promise.race([done, late]).finally(() => clearTimeout(timer));
  };
}

/** An exchange that time may run out on. */
interface Exchanged {
  isOver: boolean;
  begun: boolean;
  abort: () => void;
}

/** A resolver that knows one answer. */
function answering(pinned: LookupAddress) {
  return (
    _hostname: string,
    options: { all?: boolean },
    callback: (error: null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    if (options.all) callback(null, [pinned]);
    else callback(null, pinned.address, pinned.family);
  };
}

/** Reads an answer to its end, or to the bound, and keeps none of it. */
function throwAway(response: IncomingMessage, then: () => void): void {
  let bytes = 0;
  response.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) then();
  });
  response.on("error", then);
  response.on("end", then);
  response.on("close", then);
}

function answered(response: IncomingMessage): PostOutcome {
  const retryAfter = response.headers["retry-after"];
  return { kind: "answered", status: response.statusCode ?? 0, retryAfter: retryAfter ?? null };
}

/** What a fault of the connection means: most come before anything was sent, and any other may come after. */
function kindOf(error: unknown): "unreachable" | "untrusted" | "broken" {
  const code = String((error as { code?: unknown } | null)?.code);
  if (/^(ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ConnectionRefused)$/.test(code)) return "unreachable";
  return /CERT|^UNABLE_TO_/.test(code) ? "untrusted" : "broken";
}
