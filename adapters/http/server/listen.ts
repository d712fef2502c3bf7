import type { App } from "./call.ts";
import { setPeer } from "./peer.ts";

export interface ListenOptions {
  readonly hostname: string;
  /** 0: a free one. */
  readonly port: number;
  /** Lets several processes share the port. */
  readonly reusePort: boolean;
}

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Takes no more requests, waits for those under way, then closes every connection. */
  stop(): Promise<void>;
}

const idleTimeoutSeconds = 30;
/** Far above our own cap, so that a body that is too large is answered in our shape. */
const runtimeBodyBytesMax = 1024 * 1024 * 1024;
const drainMaxMs = 10_000;
const drainPollMs = 10;

interface Served {
  readonly port: number;
  refuseNew(): void;
  close(): Promise<void>;
}

/** Serves an app on a port, on Bun or on Deno. Errors: throws what the runtime throws when the port is taken. */
export async function listen(app: App, options: ListenOptions): Promise<Listener> {
  let underWay = 0;
  async function answer(sent: Request, address: string | null): Promise<Response> {
    const request = withSingleSlashes(sent);
    setPeer(request, address);
    underWay += 1;
    try {
      return await app.fetch(request);
    } finally {
      underWay -= 1;
    }
  }

  const served = "Deno" in globalThis ? await serveOnDeno(answer, options) : serveOnBun(answer, options);
  const host = options.hostname === "0.0.0.0" || options.hostname === "::" ? "localhost" : options.hostname;
  return {
    port: served.port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${served.port}`,
    async stop() {
      app.stop?.();
      served.refuseNew();
      const untilMs = performance.now() + drainMaxMs;
      while (underWay > 0 && performance.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, drainPollMs));
      }
      await served.close();
    },
  };
}

/** Why a listener could not be opened, in words that name its settings. */
export function listenFault(
  error: unknown,
  { hostname, port }: ListenOptions,
  settings: { host: string; port: string },
) {
  const code = String((error as { code?: unknown } | null)?.code);
  if (code === "EADDRINUSE") {
    return `port ${port} of ${hostname} is in use: end what listens there, or set ${settings.port} to a free one`;
  }
  if (code === "EACCES" || code === "EPERM") {
    return `port ${port} may not be used by this user: set ${settings.port} to one above 1023`;
  }
  return `${hostname} is no address of this machine (${code}): set ${settings.host} to one, or to 0.0.0.0 for all`;
}

type Answering = (request: Request, address: string | null) => Promise<Response>;

function serveOnBun(answer: Answering, options: ListenOptions): Served {
  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    reusePort: options.reusePort,
    idleTimeout: idleTimeoutSeconds,
    maxRequestBodySize: runtimeBodyBytesMax,
    fetch: (request, self) => answer(withWholeUrl(request), self.requestIP(request)?.address ?? null),
    error: () => new Response(null, { status: 500 }),
  });
  return {
    port: server.port as number,
    refuseNew: () => void server.stop(false),
    close: () => server.stop(true),
  };
}

/**
 * The request under a URL that can be read: where Host is missing, as in HTTP/1.0, or is no host, Bun gives the target
 * alone, or behind what the header says, and a router would look for its path in the wrong place.
 */
function withWholeUrl(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  return new Request(`http://localhost${request.url.replace(/^https?:\/\/[^/]*/, "")}`, request);
}

/** `//v1/batch`, as a library asks whose host was given with a slash at its end, means `/v1/batch`. */
function withSingleSlashes(request: Request): Request {
  const { url } = request;
  const pathAt = url.indexOf("/", url.indexOf("://") + 3);
  const queryAt = url.indexOf("?");
  const doubleAt = url.indexOf("//", pathAt);
  if (doubleAt < 0 || (queryAt >= 0 && doubleAt > queryAt)) return request;
  const path = url.slice(pathAt, queryAt < 0 ? undefined : queryAt).replace(/\/{2,}/g, "/");
  return new Request(url.slice(0, pathAt) + path + (queryAt < 0 ? "" : url.slice(queryAt)), request);
}

/** The part of Deno's API that is used here. */
interface DenoServe {
  serve(
    options: { hostname: string; port: number; reusePort: boolean; onListen(): void },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Promise<Response>,
  ): { readonly addr: { port: number }; shutdown(): Promise<void> };
}

async function serveOnDeno(answer: Answering, options: ListenOptions): Promise<Served> {
  const deno = (globalThis as unknown as { Deno: DenoServe }).Deno;
  const server = deno.serve({ ...options, onListen: () => undefined }, (request, info) =>
    answer(request, info.remoteAddr.hostname ?? null),
  );
  let closing: Promise<void> | null = null;
  const shutdown = () => (closing ??= server.shutdown());
  return { port: server.addr.port, refuseNew: () => void shutdown(), close: shutdown };
}
