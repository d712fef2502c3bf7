import type { TSchema } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { BrokenInvariant, placeOfThrow } from "../../../domain/model/failure.ts";
import type { Role } from "../../../domain/model/tenant.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Random } from "../../../ports/random.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Troubles } from "../../../ports/troubles.ts";
import { type Answer, plainAnswer } from "./answer.ts";
import { crossOriginHeaders, preflightHeaders } from "./cross-origin.ts";
import { errorAnswer } from "./errors.ts";

/** One request on its way through a route. */
export interface Call {
  readonly request: Request;
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Minted here, given back in X-Request-Id and in errors. */
  readonly requestId: string;
  readonly receivedAtMs: number;
}

/** What a route asks of who calls it, for the API's description. */
export interface RouteContract {
  /** The least role; null where no token is asked for. */
  readonly role: Role | null;
  /** Of the body; null where none is read. */
  readonly body: TSchema | null;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contract?: RouteContract;
  respond(call: Call): Answer | Promise<Answer>;
}

export interface AppParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly troubles?: Pick<Troubles, "note">;
}

/** What a listener serves. */
export interface App {
  /** Every route, as it was given. */
  readonly routes: readonly Route[];
  fetch(request: Request): Response | Promise<Response>;
  /** Ends answers that would last, before the listener waits for those under way. */
  stop?(): void;
}

export interface AppOptions {
  /** Named in metrics. */
  readonly listener: "ingest" | "admin";
  /** Whether pages of any origin may call. */
  readonly crossOrigin: boolean;
  /** The id that a request already has; null: it gets one. */
  readonly requestIdOf?: (request: Request) => string | null;
}

/**
 * Makes an app of routes. What all have alike happens here: request ids, HEAD, preflight, 404 and 405 in our shape,
 * metrics by route pattern, and that an unexpected error tells the caller nothing.
 */
export function createApp(routes: readonly Route[], parts: AppParts, options: AppOptions): App {
  // By default Elysia looks for the path behind the eleventh character, and misses it where the host is short (`api`).
  const app = new Elysia({ handler: { standardHostname: false } });
  const serve = createServe(parts, options);
  const paths = new Map<string, string[]>();
  for (const { method, path, respond } of routes) {
    const methods = paths.get(path) ?? [];
    paths.set(path, [...methods, method]);
    app.route(method, path, ({ request, params }) => serve(path, respond, request, params), { parse: "none" });
    if (method === "GET") {
      app.route("HEAD", path, ({ request, params }) => serve(path, respond, request, params), { parse: "none" });
    }
  }
  for (const [path, methods] of paths) {
    const otherMethod = createOtherMethod(methods, options);
    app.all(path, ({ request, params }) => serve(path, otherMethod, request, params), { parse: "none" });
  }
  const nothing = createNothing(options);
  app.all("/*", ({ request }) => serve("unknown", nothing, request, {}), { parse: "none" });
  app.onError(({ request }) => serve("unknown", nothing, request, {}));
  return { routes, fetch: (request) => app.fetch(request) };
}

/** Where to go from a path that no route has. */
const pathAdvice = {
  ingest:
    "This port takes events: POST /v1/track, /v1/identify, /v1/batch and the others of Segment's HTTP API in small " +
    "letters, /l/events or /v1/events; GET /health says how it is. The admin API has a port of its own.",
  admin: "GET /docs shows every route of this port, /openapi.json describes them. Events go to the ingest port.",
};

/** What is where nothing is; pages may ask before they send, or they would take the 404 for a network that is down. */
function createNothing(options: AppOptions): Route["respond"] {
  const methods = "GET, HEAD, POST, OPTIONS";
  const details = [{ code: "path_unknown", message: pathAdvice[options.listener] }];
  return function answerNothing(call) {
    const isPreflight = options.crossOrigin && call.request.method === "OPTIONS";
    if (!isPreflight) return errorAnswer("not_found", call.requestId, { details });
    return plainAnswer(204, null, preflightHeaders(call.request, methods));
  };
}

function createOtherMethod(methods: readonly string[], options: AppOptions): Route["respond"] {
  const served = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const allow = [...new Set([...served, "OPTIONS"])].join(", ");
  return function answerOtherMethod(call) {
    if (call.request.method !== "OPTIONS") {
      return errorAnswer("method_not_allowed", call.requestId, { headers: { allow } });
    }
    const headers = options.crossOrigin ? preflightHeaders(call.request, allow) : {};
    return plainAnswer(204, null, { allow, ...headers });
  };
}

type Serve = (
  route: string,
  respond: Route["respond"],
  request: Request,
  params: Readonly<Record<string, string | undefined>>,
) => Promise<Response>;

function createServe(parts: AppParts, options: AppOptions): Serve {
  const { clock, random, telemetry } = parts;
  return async function serve(route, respond, request, params) {
    const requestId = options.requestIdOf?.(request) ?? random.uuidv7();
    const receivedAtMs = clock.nowMs();
    let answer: Answer;
    try {
      const call = { request, params, requestId, receivedAtMs };
      answer = namesTwoHosts(request) ? errorAnswer("host_invalid", requestId) : await respond(call);
    } catch (error) {
      answer = errorAnswer("internal_error", requestId);
      reportBroken(error, requestId, route, telemetry);
    }
    if (answer.code?.startsWith("store_damaged")) reportDamage(answer.code, requestId, route, parts);
    const labels = { listener: options.listener, route, status: String(answer.status), code: answer.code };
    telemetry.count("http_requests_total", 1, labels);
    telemetry.observe("http_request_seconds", (clock.nowMs() - receivedAtMs) / 1000, {
      listener: options.listener,
      route,
    });
    return new Response(request.method === "HEAD" ? null : answer.body, {
      status: answer.status,
      headers: {
        "x-request-id": requestId,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        ...(options.crossOrigin ? crossOriginHeaders(request) : {}),
        ...answer.headers,
      },
    });
  };
}

/** Two Host headers come as one, with a comma between them. RFC 9112, 3.2: such a request is refused. */
function namesTwoHosts(request: Request): boolean {
  return request.headers.get("host")?.includes(",") ?? false;
}

/** How long a damage that a request met is a reason not to be ready: nothing tells when it has been put right. */
const damagedMs = 60_000;

function reportDamage(code: string, requestId: string, route: string, parts: AppParts): void {
  parts.troubles?.note("store_damaged", damagedMs);
  const fields = { code: word(code), request_id: word(requestId), route: word(route) };
  parts.telemetry.log("error", "a request met damage of the database: see docs/durability.md", fields);
}

/** Logs where it broke, never the message: that may hold a value. A broken invariant goes on to the entry point. */
function reportBroken(error: unknown, requestId: string, route: string, telemetry: Telemetry): void {
  const where = placeOfThrow(error);
  telemetry.log("error", "a request broke", {
    request_id: word(requestId),
    route: word(route),
    where: where === null ? null : word(where),
  });
  if (error instanceof BrokenInvariant) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
