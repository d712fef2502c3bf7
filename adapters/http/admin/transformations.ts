import { Type } from "@sinclair/typebox";
import { createTrialGate } from "../../../domain/admin/data-layer/trial-gate.ts";
import {
  createDryRunTransformations,
  type TransformationTrialParts,
  type TransformationTrialRequest,
  transformationTrialEventsMax,
} from "../../../domain/admin/integrations/dry-run-transformations.ts";
import {
  createChangeTransformation,
  createCreateTransformation,
  createListTransformations,
  createRemoveTransformation,
  createShowTransformation,
  type ShownTransformation,
  type TransformationRequest,
} from "../../../domain/admin/integrations/transformations.ts";
import type { AdminResult } from "../../../domain/admin/refusal.ts";
import type { Random } from "../../../ports/random.ts";
import type { TransformationStore } from "../../../ports/transformation-store.ts";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { errorAnswer } from "../server/errors.ts";
import { withIfMatch } from "./data-layer.ts";
import { type AdminCall, type AdminRoute, emptied, queryOf, refusalAnswer, worded } from "./route.ts";

const path = "/v1/admin/transformations";
const nameCharsMax = 200;
const idCharsMax = 36;
const positionMax = 1_000_000;

/** Checked by their own grammar, which names every fault at once. */
const rules = Type.Unknown({
  description:
    "A list of rules; each has a type and, where it is not for all events, `events`: the names it is for. " +
    "set: path, value. delete: path. rename: path, to. map: path, values, otherwise. filter: condition. " +
    "compute: path, expression. hash: path, as.",
  examples: [
    [
      { type: "delete", path: "traits.email" },
      { type: "map", path: "event", values: { "Order Completed": "Purchase" } },
      { type: "filter", condition: "properties.revenue > 0", events: ["Purchase"] },
      { type: "compute", path: "properties.value", expression: "round(properties.revenue * 1.19, 2)" },
    ],
  ],
});
const words = {
  name: Type.Optional(Type.String({ maxLength: nameCharsMax })),
  position: Type.Optional(Type.Integer({ minimum: 0, maximum: positionMax })),
  enabled: Type.Optional(Type.Boolean()),
};
const integrationId = Type.String({ maxLength: idCharsMax });

const createBody = Type.Object({ integration_id: integrationId, ...words, rules }, { additionalProperties: false });
const changeBody = Type.Object({ ...words, rules: Type.Optional(rules) }, { additionalProperties: false });
const dryRunBody = Type.Object(
  {
    integration_id: integrationId,
    rules: Type.Optional(rules),
    events: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1, maxItems: transformationTrialEventsMax })),
    last: Type.Optional(Type.Integer({ minimum: 1, maximum: transformationTrialEventsMax })),
  },
  { additionalProperties: false },
);

export interface TransformationRouteParts extends Omit<TransformationTrialParts, "gate" | "transformations"> {
  readonly transformations: TransformationStore;
  readonly random: Pick<Random, "uuidv7">;
}

/** What integrations change about events before they are sent; the version is the ETag, If-Match guards a change. */
export function transformationRoutes(parts: TransformationRouteParts): AdminRoute[] {
  const list = createListTransformations(parts);
  const show = createShowTransformation(parts);
  const remove = createRemoveTransformation(parts);
  return [
    {
      method: "GET",
      path,
      role: "viewer",
      schema: null,
      respond: async (call) => worded(call, 200, await list(call.by, queryOf(call))),
    },
    {
      method: "GET",
      path: `${path}/:transformation_id`,
      role: "viewer",
      schema: null,
      respond: async (call) => shown(call, 200, await show(call.by, idOf(call))),
    },
    {
      method: "DELETE",
      path: `${path}/:transformation_id`,
      role: "editor",
      schema: null,
      async respond(call) {
        const removed = await withIfMatch(call, (expected) => remove(call.by, idOf(call), expected));
        return removed === "version_mismatch" ? errorAnswer(removed, call.requestId) : emptied(call, removed);
      },
    },
    ...changingRoutes(parts),
    dryRunRoute(parts),
  ];
}

function changingRoutes(parts: TransformationRouteParts): AdminRoute[] {
  const create = createCreateTransformation(parts);
  const change = createChangeTransformation(parts);
  return [
    {
      method: "POST",
      path,
      role: "editor",
      schema: createBody,
      async respond(call, body) {
        const { integration_id: integration, ...request } = body as TransformationRequest & { integration_id: string };
        return shown(call, 201, await create(call.by, integration, request));
      },
    },
    {
      method: "PATCH",
      path: `${path}/:transformation_id`,
      role: "editor",
      schema: changeBody,
      async respond(call, body) {
        const request = body as TransformationRequest;
        const result = await withIfMatch(call, (expected) => change(call.by, idOf(call), request, expected));
        if (result === "version_mismatch") return errorAnswer("version_mismatch", call.requestId);
        return shown(call, 200, result);
      },
    },
  ];
}

function dryRunRoute(parts: TransformationRouteParts): AdminRoute {
  const dryRun = createDryRunTransformations({ ...parts, gate: createTrialGate() });
  return {
    method: "POST",
    path: `${path}/dry-run`,
    role: "editor",
    schema: dryRunBody,
    async respond(call, body, bytes) {
      if (bytes.length > parts.limits.bodyBytesMax) return errorAnswer("body_too_large", call.requestId);
      return worded(call, 200, await dryRun(call.by, body as TransformationTrialRequest, bytes));
    },
  };
}

function idOf(call: AdminCall): string {
  return call.params["transformation_id"] ?? "";
}

function shown(call: AdminCall, status: number, result: AdminResult<ShownTransformation>): Answer {
  if (!result.ok) return refusalAnswer(result.refusal, call.requestId);
  return jsonAnswer(status, result.value, { etag: `"${result.value.version}"` });
}
