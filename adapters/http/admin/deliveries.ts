import { Type } from "@sinclair/typebox";
import { createListDeadLetters, createShowDeadLetter } from "../../../domain/admin/deliveries/list-dead-letters.ts";
import { createListDeliveries } from "../../../domain/admin/deliveries/list-deliveries.ts";
import {
  createRedriveDeadLetters,
  type RedriveParts,
  type RedriveRequest,
} from "../../../domain/admin/deliveries/redrive-dead-letters.ts";
import { pageItemsMax } from "../../../domain/model/limits.ts";
import type { DeadLetters } from "../../../ports/dead-letters.ts";
import type { Deliveries } from "../../../ports/deliveries.ts";
import { type AdminRoute, queryOf, worded } from "./route.ts";

const path = "/v1/admin/dead-letters";
const idCharsMax = 36;
const textCharsMax = 512;
const closed = { additionalProperties: false };
const text = Type.Optional(Type.String({ maxLength: textCharsMax }));

const redriveBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String({ maxLength: idCharsMax }), { minItems: 1, maxItems: pageItemsMax })),
    filter: Type.Optional(
      Type.Object({ integration_id: text, code: text, event_name: text, since: text, until: text }, closed),
    ),
    all: Type.Optional(Type.Literal(true)),
  },
  { ...closed, description: "Exactly one of the three. Call again while the answer says `more`." },
);

export interface DeliveryRouteParts extends RedriveParts {
  readonly outbox: DeadLetters & Deliveries;
}

/** What was sent to vendors, what was given up, and its way back into the queue. */
export function deliveryRoutes(parts: DeliveryRouteParts): AdminRoute[] {
  const list = createListDeadLetters(parts);
  const show = createShowDeadLetter(parts.outbox);
  const redrive = createRedriveDeadLetters(parts);
  const listDeliveries = createListDeliveries(parts);
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await list(call.by, queryOf(call))),
    },
    {
      ...{ method: "POST", path: `${path}/redrive`, role: "editor", schema: redriveBody },
      respond: async (call, body) => worded(call, 200, await redrive(call.by, body as RedriveRequest)),
    },
    {
      ...{ method: "GET", path: `${path}/:dead_letter_id`, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await show(call.by, call.params["dead_letter_id"] ?? "")),
    },
    {
      ...{ method: "GET", path: "/v1/admin/deliveries", role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await listDeliveries(call.by, queryOf(call))),
    },
  ];
}
