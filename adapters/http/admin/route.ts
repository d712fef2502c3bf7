import type { TSchema } from "@sinclair/typebox";
import type { AdminRefusal, AdminResult } from "../../../domain/admin/refusal.ts";
import type { Caller } from "../../../domain/model/account.ts";
import { allows, type Role } from "../../../domain/model/tenant.ts";
import { type Answer, jsonAnswer, plainAnswer } from "../server/answer.ts";
import { type AnswerApart, apartRoutes } from "../server/apart.ts";
import type { Call, Route } from "../server/call.ts";
import { errorAnswer, laterAnswer, unavailableAnswer } from "../server/errors.ts";
import type { FindJsonFault } from "../server/json-fault.ts";
import { pageRefusal } from "../server/page-refusal.ts";
import { type BodyReader, unreadAnswer } from "../server/read-body.ts";
import { bodyFaults, parseJson } from "./body.ts";

export const adminBodyBytesMax = 1024 * 1024;
const retryAfterMs = 2_000;
const nothing = new Uint8Array(0);

/** A call whose caller is known. */
export interface AdminCall extends Call {
  readonly by: Caller;
  /** Whether the caller's token is valid still, for answers that last. */
  mayStill(): Promise<boolean>;
}

export interface AdminRouteParts {
  readonly authenticate: (token: string | null) => Promise<AdminResult<Caller>>;
  readonly bodies: BodyReader;
  /** Finds the byte at which a text is no JSON; null where it can't tell. */
  readonly findFault: FindJsonFault;
  /** 0, or how long a member that calls too often should wait. Units: milliseconds. */
  readonly waitMs: (by: Caller) => number;
  /** Answers in another process what may take long; without it, it is answered here. */
  readonly apart?: AnswerApart | null;
}

export interface AdminRoute {
  readonly method: Route["method"];
  readonly path: string;
  /** The least role that may call it. */
  readonly role: Role;
  /** Of the body; null where none is read. */
  readonly schema: TSchema | null;
  /** `bytes` are the body as it was sent, decompressed; empty where none is read. */
  respond(call: AdminCall, body: unknown, bytes: Uint8Array): Promise<Answer>;
}

/** Makes a route out of an admin route: the caller is known and the body has its shape before it responds. */
export function adminRoute(route: AdminRoute, parts: AdminRouteParts): Route {
  const { method, path, role, schema } = route;
  return {
    method,
    path,
    contract: { role, body: schema },
    async respond(call) {
      const token = bearerOf(call.request);
      const by = await parts.authenticate(token);
      if (!by.ok) return refusalAnswer(by.refusal, call.requestId);
      const waitMs = parts.waitMs(by.value);
      if (waitMs > 0) return laterAnswer("too_many_requests", call.requestId, waitMs);
      if (!allows(by.value.role, role)) return errorAnswer("role_insufficient", call.requestId);
      const { apart } = parts;
      if (apart && apartRoutes.has(`${method} ${path}`)) {
        return await (schema === null ? apart(call, nothing) : withBytes(call, parts, (body) => apart(call, body)));
      }
      const params = smallLetters(call.params);
      const admin: AdminCall = { ...call, params, by: by.value, mayStill: () => isValid(token, parts) };
      if (schema === null) return await route.respond(admin, null, nothing);
      return await withBody(call, schema, parts, (value, bytes) => route.respond(admin, value, bytes));
    },
  };
}

/** A route that asks for no token. */
export interface OpenRoute {
  readonly method: Route["method"];
  readonly path: string;
  readonly schema: TSchema;
  respond(call: Call, body: unknown): Promise<Answer>;
}

/** Makes a route out of an open route: the body has its shape before it responds. */
export function openRoute(route: OpenRoute, parts: OpenRouteParts): Route {
  const { method, path, schema } = route;
  return {
    method,
    path,
    contract: { role: null, body: schema },
    async respond(call) {
      const refusal = pageRefusal(call.request, parts.ownHosts);
      if (refusal !== null) return errorAnswer(refusal, call.requestId);
      return await withBody(call, schema, parts, (value) => route.respond(call, value));
    },
  };
}

type BodyParts = Pick<AdminRouteParts, "bodies" | "findFault">;

export interface OpenRouteParts extends BodyParts {
  /** Hosts under which pages of the admin listener's own may call, beside `localhost` and addresses. */
  readonly ownHosts: readonly string[];
}

function withBody(
  call: Call,
  schema: TSchema,
  { bodies, findFault }: BodyParts,
  respond: (value: unknown, bytes: Uint8Array) => Promise<Answer>,
): Promise<Answer> {
  return withBytes(call, { bodies }, async (plain) => {
    const value = parseJson(plain);
    if (value === undefined) {
      if (isBlank(plain)) return errorAnswer("body_missing", call.requestId);
      const fault = findFault(plain);
      return errorAnswer(fault?.code ?? "invalid_json", call.requestId, fault === null ? {} : { details: [fault] });
    }
    const details = bodyFaults(schema, value);
    if (details.length > 0) return errorAnswer("invalid_input", call.requestId, { details });
    return await respond(value, plain);
  });
}

/** Nothing but spaces and line ends. */
function isBlank(plain: Uint8Array): boolean {
  return plain.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function withBytes(
  call: Call,
  { bodies }: Pick<BodyParts, "bodies">,
  respond: (plain: Uint8Array) => Promise<Answer>,
): Promise<Answer> {
  return bodies.read(call.request, async (body) => {
    return body.ok ? await respond(body.value.plain) : unreadAnswer(body.code, call.requestId);
  });
}

/** Parameters are ids and numbers: a UUID is the same in capital letters. A path without any has undefined here. */
function smallLetters(params: Call["params"] | undefined): Call["params"] {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, value?.toLowerCase()]));
}

/** A store that can't be asked takes nobody's right away. */
async function isValid(token: string | null, { authenticate }: AdminRouteParts): Promise<boolean> {
  const again = await authenticate(token);
  return again.ok || again.refusal.code === "unavailable";
}

/** Words a use case's refusal. */
export function refusalAnswer(refusal: AdminRefusal, requestId: string): Answer {
  switch (refusal.code) {
    case "invalid_input":
      return errorAnswer("invalid_input", requestId, { details: refusal.faults });
    case "unavailable":
      return unavailableAnswer(refusal.cause, requestId, retryAfterMs);
    case "too_many_attempts":
    case "too_many_requests":
      return laterAnswer(refusal.code, requestId, refusal.retryAfterMs);
    case "token_missing":
    case "token_unknown":
      return errorAnswer(refusal.code, requestId, { headers: { "www-authenticate": "Bearer" } });
    default:
      return errorAnswer(refusal.code, requestId);
  }
}

/** Words what a use case made or refused. */
export function worded(call: AdminCall, status: number, result: AdminResult<unknown>): Answer {
  return result.ok ? jsonAnswer(status, result.value) : refusalAnswer(result.refusal, call.requestId);
}

/** Words a use case that has nothing to show. */
export function emptied(call: Call, result: AdminResult<unknown>): Answer {
  return result.ok ? plainAnswer(204, null, {}) : refusalAnswer(result.refusal, call.requestId);
}

/** The query's parameters; of one that stands twice the last counts. */
export function queryOf(call: AdminCall): Record<string, string> {
  return Object.fromEntries(new URL(call.request.url).searchParams);
}

function bearerOf(request: Request): string | null {
  return /^bearer\s+(\S+)$/i.exec((request.headers.get("authorization") ?? "").trim())?.[1] ?? null;
}
