import type { IngestAuth } from "../../domain/pipeline/ingest.ts";
import { jsonAnswer } from "./answer.ts";
import type { Call, Route } from "./call.ts";
import { appIdOf, writeKeyOf } from "./credentials.ts";
import { createIngestCall, type Dialect, type IngestCallParts } from "./ingest-call.ts";
import { counts } from "./layers.ts";

/**
 * Events that a server signs with its source's secret: `POST /v1/events`, a list under `batch` or `events` or one
 * event alone. Who comes with an app id speaks the Layers dialect, who comes with a write key Segment's.
 */
export function signedRoute(parts: IngestCallParts): Route {
  const takeEvents = createIngestCall(parts);
  const speaking = (dialect: "layers" | "segment"): Dialect => ({
    shape: { dialect, list: "either", type: null },
    auth: signedAuth,
    success: (taken) => jsonAnswer(200, { success: true, ...counts(taken) }),
  });
  const [layers, segment] = [speaking("layers"), speaking("segment")];
  const respond = (call: Call) => takeEvents(call, appIdOf(call.request) ? layers : segment);
  return { method: "POST", path: "/v1/events", respond };
}

function signedAuth(request: Request, wire: Uint8Array): IngestAuth {
  const timestamp = request.headers.get("x-timestamp") ?? "";
  const signature = request.headers.get("x-signature") ?? "";
  const key = appIdOf(request) ?? writeKeyOf(request) ?? { by: "app-id" as const, value: "" };
  return { kind: "signed", key, signature: { timestamp, signature, signedBytes: wire } };
}
