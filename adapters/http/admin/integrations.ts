import { Type } from "@sinclair/typebox";
import { createTrialGate } from "../../../domain/admin/data-layer/trial-gate.ts";
import { type CapiStatusParts, createShowCapiStatus } from "../../../domain/admin/deliveries/show-capi-status.ts";
import {
  type ChangeIntegrationParts,
  createChangeIntegration,
  type IntegrationChanges,
} from "../../../domain/admin/integrations/change-integration.ts";
import { createDeleteIntegration } from "../../../domain/admin/integrations/delete-integration.ts";
import {
  type CreateIntegrationParts,
  createCreateIntegration,
  createListIntegrations,
  createShowIntegration,
  type IntegrationRequest,
  type ShownIntegration,
} from "../../../domain/admin/integrations/integrations.ts";
import { createVerifyIntegration, type VerifyParts } from "../../../domain/admin/integrations/verify-integration.ts";
import { nameCharsMax } from "../../../domain/admin/names.ts";
import type { AdminResult } from "../../../domain/admin/refusal.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { errorAnswer } from "../server/errors.ts";
import { withIfMatch } from "./data-layer.ts";
import { type AdminCall, type AdminRoute, emptied, refusalAnswer, worded } from "./route.ts";

const path = "/v1/admin/integrations";
const one = `${path}/:integration_id`;
const idCharsMax = 36;
const closed = { additionalProperties: false };
const check = Type.Optional(
  Type.Boolean({ description: "Ask the vendor first, with an empty batch; what it refuses is not kept." }),
);
const name = Type.Optional(Type.String({ minLength: 1, maxLength: nameCharsMax }));
const enabled = Type.Optional(Type.Boolean());

const configWords =
  "The vendor's settings and credentials. For every vendor: `events` (names of those that it is told; none: all), " +
  "`standard_events_only`, `event_map` and `require_consent`. What is not chosen counts as not_applicable.";

const createBody = Type.Object(
  {
    vendor: Type.String({ maxLength: nameCharsMax }),
    project_id: Type.String({ maxLength: idCharsMax }),
    name,
    enabled,
    config: Type.Record(Type.String(), Type.Unknown(), { description: configWords }),
    check,
  },
  closed,
);

const changeBody = Type.Object(
  {
    name,
    enabled,
    paused: Type.Optional(Type.Boolean({ description: "While it is paused its events wait, and grow old." })),
    config: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "Laid over what there is; null takes a member away. Another token replaces the one before.",
      }),
    ),
    check,
  },
  closed,
);

export interface IntegrationRouteParts
  extends Omit<CreateIntegrationParts, "tenants" | "gate">,
    Omit<ChangeIntegrationParts, "tenants" | "gate" | "outbox" | "clock">,
    Omit<CapiStatusParts, "tenants" | "outbox" | "clock">,
    Omit<VerifyParts, "tenants" | "gate" | "vault" | "random" | "outbox"> {
  readonly destinations: CreateIntegrationParts["destinations"] & VerifyParts["destinations"];
  readonly outbox: ChangeIntegrationParts["outbox"] & CapiStatusParts["outbox"];
  readonly tenants: TenantStore;
}

/** A project's connections to vendors; the version is the ETag, If-Match guards a change. */
export function integrationRoutes(routeParts: IntegrationRouteParts): AdminRoute[] {
  const parts = { ...routeParts, gate: createTrialGate() };
  const list = createListIntegrations(parts.tenants);
  const show = createShowIntegration(parts.tenants);
  const create = createCreateIntegration(parts);
  const change = createChangeIntegration(parts);
  const remove = createDeleteIntegration(parts);
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await list(call.by)),
    },
    {
      ...{ method: "POST", path, role: "admin", schema: createBody },
      respond: async (call, body) => shown(call, 201, await create(call.by, body as IntegrationRequest)),
    },
    {
      ...{ method: "GET", path: one, role: "viewer", schema: null },
      respond: async (call) => shown(call, 200, await show(call.by, idOf(call))),
    },
    {
      ...{ method: "PATCH", path: one, role: "admin", schema: changeBody },
      async respond(call, body) {
        const changes = body as IntegrationChanges;
        const result = await withIfMatch(call, (expected) => change(call.by, idOf(call), changes, expected));
        if (result === "version_mismatch") return errorAnswer("version_mismatch", call.requestId);
        return shown(call, 200, result);
      },
    },
    {
      ...{ method: "DELETE", path: one, role: "admin", schema: null },
      async respond(call) {
        const result = await withIfMatch(call, (expected) => remove(call.by, idOf(call), expected));
        if (result === "version_mismatch") return errorAnswer("version_mismatch", call.requestId);
        return emptied(call, result);
      },
    },
    ...statusRoutes(parts),
  ];
}

function statusRoutes(parts: CapiStatusParts & VerifyParts): AdminRoute[] {
  const showStatus = createShowCapiStatus(parts);
  const verify = createVerifyIntegration(parts);
  return [
    {
      ...{ method: "GET", path: `${one}/capi-status`, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await showStatus(call.by, idOf(call))),
    },
    {
      ...{ method: "POST", path: `${one}/verify`, role: "editor", schema: null },
      respond: async (call) => worded(call, 200, await verify(call.by, idOf(call))),
    },
  ];
}

function idOf(call: AdminCall): string {
  return call.params["integration_id"] ?? "";
}

function shown(call: AdminCall, status: number, result: AdminResult<ShownIntegration>): Answer {
  if (!result.ok) return refusalAnswer(result.refusal, call.requestId);
  return jsonAnswer(status, result.value, { etag: `"${result.value.version}"` });
}
