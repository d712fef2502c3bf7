import type { Ingest, IngestAnswer, IngestAuth } from "../../../domain/pipeline/ingest/ingest.ts";
import type { BodyShape } from "../../../ports/kernel.ts";
import { withAdvice } from "../rejection-advice.ts";
import type { Answer } from "../server/answer.ts";
import type { Call } from "../server/call.ts";
import type { ClientAddress } from "../server/client-ip.ts";
import { errorAnswer, laterAnswer, unavailableAnswer } from "../server/errors.ts";
import { type BodyReader, unreadAnswer } from "../server/read-body.ts";

export interface IngestCallParts {
  readonly ingest: Ingest;
  readonly bodies: BodyReader;
  readonly clients: ClientAddress;
}

/** What was taken in, for a dialect to word. */
export type Taken = Extract<IngestAnswer, { kind: "taken" }>;

/** How a dialect differs: where the events are, who is asking, and what success looks like. */
export interface Dialect {
  readonly shape: BodyShape;
  auth(request: Request, wire: Uint8Array): IngestAuth;
  success(taken: Taken): Answer;
}

/** Makes the way of a POST from its bytes to its answer, the same for every dialect. */
export function createIngestCall(parts: IngestCallParts) {
  return function takeEvents(call: Call, dialect: Dialect): Promise<Answer> {
    return parts.bodies.read(call.request, async (body) => {
      if (!body.ok) return unreadAnswer(body.code, call.requestId);
      const { wire, plain } = body.value;
      return await ingestBody(parts, call, dialect, plain, dialect.auth(call.request, wire));
    });
  };
}

/** Takes a body that was read already. */
export async function ingestBody(
  parts: Pick<IngestCallParts, "ingest" | "clients">,
  call: Call,
  dialect: Pick<Dialect, "shape" | "success">,
  body: Uint8Array,
  auth: IngestAuth,
): Promise<Answer> {
  const answer = await parts.ingest({
    shape: dialect.shape,
    body,
    auth,
    senderIp: parts.clients.of(call.request),
    senderUserAgent: call.request.headers.get("user-agent"),
    receivedAtMs: call.receivedAtMs,
  });
  if (answer.kind === "taken" && (answer.accepted > 0 || answer.rejected.length === 0)) return dialect.success(answer);
  return refusal(answer, call.requestId);
}

function refusal(answer: IngestAnswer, requestId: string): Answer {
  switch (answer.kind) {
    case "taken":
      return errorAnswer("events_rejected", requestId, { details: withAdvice(answer.rejected) });
    case "malformed":
      return errorAnswer(answer.fault.code, requestId, { details: [answer.fault] });
    case "unauthorized":
      return errorAnswer(answer.code, requestId);
    case "limited":
      return laterAnswer("rate_limited", requestId, answer.retryAfterMs);
    case "unavailable":
      return unavailableAnswer(answer.code, requestId, answer.retryAfterMs);
  }
}
