import { Type } from "@sinclair/typebox";
import {
  type CreateTokenParts,
  createCreateToken,
  createListTokens,
  createRevokeToken,
  type TokenRequest,
  tokenDaysMax,
} from "../../../domain/admin/access/api-tokens.ts";
import {
  createInvite,
  createListInvitations,
  createRevokeInvitation,
  type InviteParts,
} from "../../../domain/admin/access/invitations.ts";
import { passwordCharsMax } from "../../../domain/admin/access/login-name.ts";
import {
  createChangeRole,
  createListMembers,
  createRemoveMember,
  createTransferOwnership,
} from "../../../domain/admin/access/members.ts";
import { nameCharsMax } from "../../../domain/admin/names.ts";
import { createListAuditLog } from "../../../domain/admin/workspace/list-audit-log.ts";
import { inviterRole } from "../../../domain/model/account.ts";
import { type Role, roles } from "../../../domain/model/tenant.ts";
import type { AccountStore } from "../../../ports/account-store.ts";
import { jsonAnswer } from "../server/answer.ts";
import { type AdminRoute, emptied, queryOf, worded } from "./route.ts";

export interface AccountRouteParts extends Omit<CreateTokenParts & InviteParts, "accounts"> {
  readonly accounts: AccountStore;
}

const name = Type.String({ minLength: 1, maxLength: nameCharsMax });
const role = Type.Union(roles.map((each) => Type.Literal(each)));
const closed = { additionalProperties: false };
const tokenBody = Type.Object(
  {
    name,
    role,
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: tokenDaysMax })),
    current_password: Type.Optional(Type.String({ maxLength: passwordCharsMax })),
  },
  closed,
);
const invitationBody = Type.Object({ name, role }, closed);
const roleBody = Type.Object({ role }, closed);

/** Who may call: oneself, members, invitations, API tokens; and the log of what they changed. */
export function accountRoutes(parts: AccountRouteParts): AdminRoute[] {
  const listAuditLog = createListAuditLog(parts.accounts);
  return [
    {
      method: "GET",
      path: "/v1/admin/me",
      role: "viewer",
      schema: null,
      respond: async ({ by }) =>
        jsonAnswer(200, { org_id: by.orgId, member_id: by.memberId, role: by.role, member_role: by.memberRole }),
    },
    ...tokenRoutes(parts),
    ...invitationRoutes(parts),
    ...memberRoutes(parts.accounts),
    {
      method: "GET",
      path: "/v1/admin/audit-log",
      role: "admin",
      schema: null,
      respond: async (call) => worded(call, 200, await listAuditLog(call.by, queryOf(call))),
    },
  ];
}

function tokenRoutes(parts: AccountRouteParts): AdminRoute[] {
  const path = "/v1/admin/tokens";
  const listTokens = createListTokens(parts.accounts);
  const createToken = createCreateToken(parts);
  const revokeToken = createRevokeToken(parts.accounts);
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await listTokens(call.by)),
    },
    {
      ...{ method: "POST", path, role: "viewer", schema: tokenBody },
      respond: async (call, body) => worded(call, 201, await createToken(call.by, body as TokenRequest)),
    },
    {
      ...{ method: "DELETE", path: `${path}/:token_id`, role: "viewer", schema: null },
      respond: async (call) => emptied(call, await revokeToken(call.by, call.params["token_id"] ?? "")),
    },
  ];
}

function invitationRoutes(parts: AccountRouteParts): AdminRoute[] {
  const path = "/v1/admin/invitations";
  const listInvitations = createListInvitations(parts.accounts);
  const invite = createInvite(parts);
  const revokeInvitation = createRevokeInvitation(parts.accounts);
  return [
    {
      ...{ method: "GET", path, role: inviterRole, schema: null },
      respond: async (call) => worded(call, 200, await listInvitations(call.by)),
    },
    {
      ...{ method: "POST", path, role: inviterRole, schema: invitationBody },
      respond: async (call, body) => worded(call, 201, await invite(call.by, body as { name: string; role: Role })),
    },
    {
      ...{ method: "DELETE", path: `${path}/:invitation_id`, role: inviterRole, schema: null },
      respond: async (call) => emptied(call, await revokeInvitation(call.by, call.params["invitation_id"] ?? "")),
    },
  ];
}

function memberRoutes(accounts: AccountStore): AdminRoute[] {
  const path = "/v1/admin/members";
  const listMembers = createListMembers(accounts);
  const changeRole = createChangeRole(accounts);
  const removeMember = createRemoveMember(accounts);
  const transferOwnership = createTransferOwnership(accounts);
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await listMembers(call.by)),
    },
    {
      ...{ method: "PATCH", path: `${path}/:member_id`, role: "admin", schema: roleBody },
      async respond(call, body) {
        const wanted = (body as { role: Role }).role;
        return worded(call, 200, await changeRole(call.by, call.params["member_id"] ?? "", wanted));
      },
    },
    {
      ...{ method: "DELETE", path: `${path}/:member_id`, role: "admin", schema: null },
      respond: async (call) => emptied(call, await removeMember(call.by, call.params["member_id"] ?? "")),
    },
    {
      ...{ method: "POST", path: `${path}/:member_id/transfer-ownership`, role: "owner", schema: null },
      respond: async (call) => emptied(call, await transferOwnership(call.by, call.params["member_id"] ?? "")),
    },
  ];
}
