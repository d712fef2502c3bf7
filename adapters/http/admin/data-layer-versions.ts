import { Type } from "@sinclair/typebox";
import {
  createListDataLayerVersions,
  createShowDataLayerVersion,
  withVersion,
} from "../../../domain/admin/data-layer/data-layer-versions.ts";
import { createDiffDataLayer } from "../../../domain/admin/data-layer/diff-data-layer.ts";
import { createRollBackDataLayer, type RollBackParts } from "../../../domain/admin/data-layer/roll-back-data-layer.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { jsonAnswer } from "../server/answer.ts";
import { errorAnswer } from "../server/errors.ts";
import { withIfMatch } from "./data-layer.ts";
import { type AdminRoute, queryOf, refusalAnswer, worded } from "./route.ts";

const path = "/v1/admin/data-layer";
const rollbackBody = Type.Object({ version: Type.Integer({ minimum: 1 }) }, { additionalProperties: false });

export interface VersionRouteParts extends RollBackParts {
  readonly tenants: Pick<TenantStore, "dataLayer" | "dataLayerVersion" | "dataLayerVersions" | "putDataLayer">;
}

/** Versions of the data layer: the list, each of them, what differs between two, and the way back to one. */
export function versionRoutes(parts: VersionRouteParts): AdminRoute[] {
  const listVersions = createListDataLayerVersions(parts.tenants);
  const showVersion = createShowDataLayerVersion(parts.tenants);
  const diff = createDiffDataLayer(parts.tenants);
  return [
    {
      method: "GET",
      path: `${path}/versions`,
      role: "viewer",
      schema: null,
      respond: async (call) => worded(call, 200, await listVersions(call.by, queryOf(call))),
    },
    {
      method: "GET",
      path: `${path}/versions/:version`,
      role: "viewer",
      schema: null,
      respond: async (call) => worded(call, 200, await showVersion(call.by, call.params["version"] ?? "")),
    },
    {
      method: "GET",
      path: `${path}/diff`,
      role: "viewer",
      schema: null,
      respond: async (call) => worded(call, 200, await diff(call.by, queryOf(call))),
    },
    rollbackRoute(parts),
  ];
}

function rollbackRoute(parts: VersionRouteParts): AdminRoute {
  const rollBack = createRollBackDataLayer(parts);
  return {
    method: "POST",
    path: `${path}/rollback`,
    role: "admin",
    schema: rollbackBody,
    async respond(call, body) {
      const { version } = body as { version: number };
      const result = await withIfMatch(call, (expected) => rollBack(call.by, version, expected));
      if (result === "version_mismatch") return errorAnswer("version_mismatch", call.requestId);
      if (!result.ok) return refusalAnswer(result.refusal, call.requestId);
      return jsonAnswer(200, withVersion(result.value), { etag: `"${result.value.version}"` });
    },
  };
}
