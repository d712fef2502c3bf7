import type { IngestAuth } from "../../../domain/pipeline/ingest/ingest.ts";
import type { SourceKey } from "../../../domain/pipeline/ingest/source-directory.ts";
import { jsonAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import { errorAnswer } from "../server/errors.ts";
import { createIngestCall, type Dialect, type IngestCallParts } from "./call.ts";
import { appIdOf, writeKeyOf } from "./credentials.ts";
import { counts } from "./layers.ts";

/**
 * Events that a server signs with its source's secret: `POST /v1/events`, a list under `batch` or `events` or one
 * event alone. Who comes with an app id speaks the Layers dialect, who comes with a write key Segment's.
 */
export function signedRoute(parts: IngestCallParts): Route {
  const takeEvents = createIngestCall(parts);
  const speaking = (key: SourceKey): Dialect => ({
    shape: { dialect: key.by === "app-id" ? "layers" : "segment", list: "either", type: null },
    auth: (request, wire) => signedAuth(key, request, wire),
    success: (taken) => jsonAnswer(200, { success: true, ...counts(taken) }),
  });
  const respond = (call: Call) => {
    const key = appIdOf(call.request) ?? writeKeyOf(call.request);
    return key === null ? errorAnswer("source_missing", call.requestId) : takeEvents(call, speaking(key));
  };
  return { method: "POST", path: "/v1/events", respond };
}

function signedAuth(key: SourceKey, request: Request, wire: Uint8Array): IngestAuth {
  const timestamp = request.headers.get("x-timestamp") ?? "";
  const signature = request.headers.get("x-signature") ?? "";
  return { kind: "signed", key, signature: { timestamp, signature, signedBytes: wire } };
}
