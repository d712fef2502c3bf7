import { Type } from "@sinclair/typebox";
import type { ShownDataLayer } from "../../../domain/admin/data-layer/data-layer.ts";
import type { AdminResult } from "../../../domain/admin/refusal.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import { jsonAnswer } from "../server/answer.ts";
import { errorAnswer } from "../server/errors.ts";
import { type AdminCall, type AdminRoute, refusalAnswer } from "./route.ts";

const path = "/v1/admin/data-layer";

/**
 * The config itself is checked by the data layer's own rules, which name every fault at once. What a read gave may be
 * sent back as it is, a version's number included: If-Match guards, nothing in the body does.
 */
const putBody = Type.Object(
  {
    config: Type.Unknown(),
    org_id: Type.Optional(Type.String()),
    updated_at: Type.Optional(Type.String()),
    updated_by: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer()),
    warnings: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

export interface DataLayerCases {
  readonly getDataLayer: (by: Principal) => Promise<AdminResult<ShownDataLayer>>;
  readonly putDataLayer: (
    by: Principal,
    config: unknown,
    expectedVersion: number | null,
  ) => Promise<AdminResult<ShownDataLayer>>;
}

/** `GET` and `PUT /v1/admin/data-layer`; the version is the ETag, and If-Match guards against lost changes. */
export function dataLayerRoutes(cases: DataLayerCases): AdminRoute[] {
  function shown(call: AdminCall, result: AdminResult<ShownDataLayer>) {
    if (!result.ok) return refusalAnswer(result.refusal, call.requestId);
    return jsonAnswer(200, result.value.object, { etag: `"${result.value.version}"` });
  }

  return [
    {
      method: "GET",
      path,
      role: "viewer",
      schema: null,
      respond: async (call) => shown(call, await cases.getDataLayer(call.by)),
    },
    {
      method: "PUT",
      path,
      role: "admin",
      schema: putBody,
      async respond(call, body) {
        const { config, org_id: orgId } = body as { config: unknown; org_id?: string };
        if (orgId !== undefined && orgId !== call.by.orgId) return errorAnswer("not_found", call.requestId);
        const result = await withIfMatch(call, (expected) => cases.putDataLayer(call.by, config, expected));
        if (result === "version_mismatch") return errorAnswer("version_mismatch", call.requestId);
        return shown(call, result);
      },
    },
  ];
}

/** Runs a change under the request's If-Match; a change that has none applies to whatever is current. */
export async function withIfMatch<T>(
  call: AdminCall,
  change: (expectedVersion: number | null) => Promise<AdminResult<T>>,
): Promise<AdminResult<T> | "version_mismatch"> {
  const match = call.request.headers.get("if-match");
  const expected = expectedVersion(match);
  if (expected === undefined) return "version_mismatch";
  const result = await change(expected);
  const isStale = !result.ok && result.refusal.code === "version_conflict";
  return match !== null && isStale ? "version_mismatch" : result;
}

/** The version an If-Match names; null if any will do, undefined if it can be none of ours. */
function expectedVersion(match: string | null): number | null | undefined {
  if (match === null || match.trim() === "*") return null;
  const digits = /^(?:W\/)?"(\d{1,9})"$/.exec(match.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}
