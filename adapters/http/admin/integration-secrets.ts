import { Type } from "@sinclair/typebox";
import {
  createRotateIntegrationSecret,
  type RotateSecretParts,
  secretOverlapHoursMax,
} from "../../../domain/admin/integrations/integration-secrets.ts";
import { errorAnswer } from "../server/errors.ts";
import { withIfMatch } from "./data-layer.ts";
import { type AdminRoute, worded } from "./route.ts";

const rotateSecretBody = Type.Object(
  { overlap_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: secretOverlapHoursMax })) },
  { additionalProperties: false },
);

/** Secrets that are made here for an integration's other side. */
export function integrationSecretRoutes(parts: RotateSecretParts): AdminRoute[] {
  const rotateSecret = createRotateIntegrationSecret(parts);
  return [
    {
      method: "POST",
      path: "/v1/admin/integrations/:integration_id/rotate-secret",
      role: "admin",
      schema: rotateSecretBody,
      async respond(call, body) {
        const { overlap_hours: hours } = body as { overlap_hours?: number };
        const id = call.params["integration_id"] ?? "";
        const rotated = await withIfMatch(call, (expected) => rotateSecret(call.by, id, hours, expected));
        return rotated === "version_mismatch" ? errorAnswer(rotated, call.requestId) : worded(call, 200, rotated);
      },
    },
  ];
}
