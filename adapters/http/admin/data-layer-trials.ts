import { Type } from "@sinclair/typebox";
import {
  type BacktestParts,
  type BacktestRequest,
  backtestEventsMax,
  backtestMinutesMax,
  createBacktestDataLayer,
} from "../../../domain/admin/data-layer/backtest-data-layer.ts";
import {
  createDryRunDataLayer,
  type DryRunParts,
  type DryRunRequest,
  dryRunEventsMax,
} from "../../../domain/admin/data-layer/dry-run-data-layer.ts";
import { createTrialGate } from "../../../domain/admin/data-layer/trial-gate.ts";
import { errorAnswer } from "../server/errors.ts";
import { type AdminRoute, worded } from "./route.ts";

const path = "/v1/admin/data-layer";
const idCharsMax = 36;
const addressCharsMax = 100;
const userAgentCharsMax = 4_096;

const sender = Type.Object(
  {
    ip: Type.Optional(Type.Union([Type.String({ maxLength: addressCharsMax }), Type.Null()])),
    user_agent: Type.Optional(Type.Union([Type.String({ maxLength: userAgentCharsMax }), Type.Null()])),
  },
  { additionalProperties: false },
);

/** The config itself is checked by the data layer's own rules, the events by the kernel. */
const dryRunBody = Type.Object(
  {
    config: Type.Optional(Type.Unknown()),
    events: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1, maxItems: dryRunEventsMax })),
    last: Type.Optional(Type.Integer({ minimum: 1, maximum: dryRunEventsMax })),
    source_id: Type.Optional(Type.String({ maxLength: idCharsMax })),
    dialect: Type.Optional(Type.Union([Type.Literal("segment"), Type.Literal("layers")])),
    sender: Type.Optional(sender),
  },
  { additionalProperties: false },
);

const backtestBody = Type.Object(
  {
    config: Type.Unknown(),
    last: Type.Optional(Type.Integer({ minimum: 1, maximum: backtestEventsMax })),
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: backtestMinutesMax })),
  },
  { additionalProperties: false },
);

export type TrialRouteParts = Omit<DryRunParts & BacktestParts, "gate">;

/** A data layer tried out before it governs anything: on events of one's own, or on stored ones. */
export function trialRoutes(parts: TrialRouteParts): AdminRoute[] {
  const gated = { ...parts, gate: createTrialGate() };
  const dryRun = createDryRunDataLayer(gated);
  const backtest = createBacktestDataLayer(gated);
  return [
    {
      method: "POST",
      path: `${path}/dry-run`,
      role: "editor",
      schema: dryRunBody,
      async respond(call, body, bytes) {
        if (bytes.length > parts.limits.bodyBytesMax) return errorAnswer("body_too_large", call.requestId);
        return worded(call, 200, await dryRun(call.by, body as DryRunRequest, bytes));
      },
    },
    {
      method: "POST",
      path: `${path}/backtest`,
      role: "editor",
      schema: backtestBody,
      respond: async (call, body) => worded(call, 200, await backtest(call.by, body as BacktestRequest)),
    },
  ];
}
