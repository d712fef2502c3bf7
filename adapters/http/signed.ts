import type { IngestAuth } from "../../domain/pipeline/ingest.ts";
import { jsonAnswer } from "./answer.ts";
import type { Call, Route } from "./call.ts";
import { appIdOf, writeKeyOf } from "./credentials.ts";
import { createIngestCall, type Dialect, type IngestCallParts } from "./ingest-call.ts";
import { counts } from "./layers.ts";

/** Events that a server signs with its source's secret: `POST /v1/events`. */
export function signedRoute(parts: IngestCallParts): Route {
  const takeEvents = createIngestCall(parts);
  const dialect: Dialect = {
    shape: { dialect: "layers", list: "either", type: null },
    auth: signedAuth,
    success: (taken) => jsonAnswer(200, { success: true, ...counts(taken) }),
  };
  return { method: "POST", path: "/v1/events", respond: (call: Call) => takeEvents(call, dialect) };
}

function signedAuth(request: Request, wire: Uint8Array): IngestAuth {
  const timestamp = request.headers.get("x-timestamp") ?? "";
  const signature = request.headers.get("x-signature") ?? "";
  const key = appIdOf(request) ?? writeKeyOf(request) ?? { by: "app-id" as const, value: "" };
  return { kind: "signed", key, signature: { timestamp, signature, signedBytes: wire } };
}
