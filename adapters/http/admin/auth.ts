import { createHmac, randomBytes } from "node:crypto";
import { Type } from "@sinclair/typebox";
import { createAttempts } from "../../../domain/admin/access/attempts.ts";
import { type ConfirmPassword, createConfirmPassword } from "../../../domain/admin/access/confirm-password.ts";
import { type AcceptRequest, createAcceptInvitation } from "../../../domain/admin/access/invitations.ts";
import {
  createLogIn,
  createLogOut,
  createRefreshLogin,
  type LogInParts,
  type LogInRequest,
} from "../../../domain/admin/access/log-in.ts";
import { loginCharsMax, passwordCharsMax } from "../../../domain/admin/access/login-name.ts";
import { createSetPassword, type SetPasswordRequest } from "../../../domain/admin/access/set-password.ts";
import type { AdminResult } from "../../../domain/admin/refusal.ts";
import type { AccountStore } from "../../../ports/account-store.ts";
import { jsonAnswer } from "../server/answer.ts";
import type { Call } from "../server/call.ts";
import { createClientAddress } from "../server/client-ip.ts";
import { type AdminRoute, emptied, type OpenRoute, refusalAnswer } from "./route.ts";

export interface AuthRouteParts extends Omit<LogInParts, "accounts" | "attempts"> {
  readonly accounts: AccountStore;
  /** Addresses and ranges whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
}

/** From so many failures on, a login name, or an address, is locked for a while. */
export const accountFailuresMax = 10;
export const addressFailuresMax = 30;
const tokenCharsMax = 200;
const idCharsMax = 36;
const addressKeyBytes = 32;
const ipv6Groups = 8;
const networkGroups = 4;

const login = Type.String({ maxLength: loginCharsMax });
const password = Type.String({ maxLength: passwordCharsMax });
const token = Type.String({ minLength: 1, maxLength: tokenCharsMax });
const closed = { additionalProperties: false };

const loginBody = Type.Object(
  { login, password, org_id: Type.Optional(Type.String({ maxLength: idCharsMax })) },
  closed,
);
const refreshBody = Type.Object({ refresh_token: token }, closed);
const acceptBody = Type.Object({ token, login, password }, closed);
const passwordBody = Type.Object(
  {
    login: Type.Optional(login),
    password,
    current_password: Type.Optional(password),
    revoke_tokens: Type.Optional(Type.Boolean()),
  },
  closed,
);

/** Logging in, and what else can be asked for without a token. */
export function authRoutes(parts: AuthRouteParts): OpenRoute[] {
  const attempts = {
    byAccount: createAttempts(parts.clock, accountFailuresMax),
    byAddress: createAttempts(parts.clock, addressFailuresMax),
    refreshesByAddress: createAttempts(parts.clock, addressFailuresMax),
  };
  const within = { ...parts, attempts };
  const addressOf = createAddressKey(parts.trustedProxies);
  const logIn = createLogIn(within);
  const refreshLogin = createRefreshLogin(within);
  const logOut = createLogOut(within);
  const acceptInvitation = createAcceptInvitation(within);
  const post = (name: string, schema: OpenRoute["schema"], respond: OpenRoute["respond"]): OpenRoute => ({
    method: "POST",
    path: `/v1/admin/auth/${name}`,
    schema,
    respond,
  });
  return [
    post("login", loginBody, async (call, body) =>
      answered(call, 200, await logIn(body as LogInRequest, addressOf(call.request))),
    ),
    post("refresh", refreshBody, async (call, body) =>
      answered(call, 200, await refreshLogin(refreshTokenOf(body), addressOf(call.request))),
    ),
    post("logout", refreshBody, async (call, body) => emptied(call, await logOut(refreshTokenOf(body)))),
    post("accept-invitation", acceptBody, async (call, body) =>
      answered(call, 201, await acceptInvitation(body as AcceptRequest, addressOf(call.request))),
    ),
  ];
}

/** Makes the check of a member's own password, which counts failures for all routes that ask for it. */
export function openConfirmPassword(parts: Pick<AuthRouteParts, "accounts" | "hasher" | "clock">): ConfirmPassword {
  return createConfirmPassword({ ...parts, attempts: { byAccount: createAttempts(parts.clock, accountFailuresMax) } });
}

/** How members set their own login; it asks for a token like every other route. */
export function passwordRoutes(
  parts: Pick<AuthRouteParts, "accounts" | "hasher" | "sha256Hex"> & { readonly confirmPassword: ConfirmPassword },
): AdminRoute[] {
  const setPassword = createSetPassword(parts);
  return [
    {
      method: "POST",
      path: "/v1/admin/auth/password",
      role: "viewer",
      schema: passwordBody,
      respond: async (call, body) => answered(call, 200, await setPassword(call.by, body as SetPasswordRequest)),
    },
  ];
}

function refreshTokenOf(body: unknown): string {
  return (body as { refresh_token: string }).refresh_token;
}

function answered(call: Call, status: number, result: AdminResult<unknown>) {
  return result.ok ? jsonAnswer(status, result.value) : refusalAnswer(result.refusal, call.requestId);
}

/** Names the address of a call by a hash whose key dies with the process: nobody can tell the address from it. */
function createAddressKey(trustedProxies: readonly string[]): (request: Request) => string {
  const clients = createClientAddress(trustedProxies);
  const key = randomBytes(addressKeyBytes);
  return function addressKey(request) {
    return createHmac("sha256", key)
      .update(subscriberOf(clients.of(request) ?? ""))
      .digest("base64");
  };
}

/** Of an IPv6 address the network of 64 bits: whoever has one address there has them all, and as many attempts. */
function subscriberOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(Math.max(0, ipv6Groups - head.length - tail.length)).fill("0");
  const network = [...head, ...zeros, ...tail].slice(0, networkGroups);
  return network.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}
