import type { EventType } from "../../../domain/model/event/event.ts";
import { withAdvice } from "../rejection-advice.ts";
import { jsonAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import { withTopLevelError } from "../server/errors.ts";
import { createIngestCall, type Dialect, type IngestCallParts, type Taken } from "./call.ts";
import { authOf, writeKeyOf } from "./credentials.ts";

/** Names of Segment's calls and the short forms its browser library uses. */
export const segmentCalls: Readonly<Record<string, EventType>> = {
  track: "track",
  identify: "identify",
  page: "page",
  screen: "screen",
  group: "group",
  alias: "alias",
};
const shortForms: Readonly<Record<string, EventType>> = {
  t: "track",
  i: "identify",
  p: "page",
  s: "screen",
  g: "group",
  a: "alias",
};
const batchNames = ["batch", "import", "b"];

/**
 * Segment's HTTP API, so that its SDKs need nothing but another host.
 *
 * Source: Segment's documentation, Sources, HTTP API.
 */
export function segmentRoutes(parts: IngestCallParts): Route[] {
  const takeEvents = createIngestCall(parts);
  const route = (name: string, dialect: Dialect): Route => ({
    method: "POST",
    path: `/v1/${name}`,
    respond: async (call: Call) => withTopLevelError(await takeEvents(call, dialect)),
  });
  const single = Object.entries({ ...segmentCalls, ...shortForms }).map(([name, type]) =>
    route(name, { ...segmentDialect, shape: { dialect: "segment", list: null, type } }),
  );
  const batch: Dialect = { ...segmentDialect, shape: { dialect: "segment", list: "batch", type: null } };
  return [...single, ...batchNames.map((name) => route(name, batch))];
}

const segmentDialect: Omit<Dialect, "shape"> = {
  auth: (request) => authOf(writeKeyOf(request)),
  success: succeeded,
};

/** Segment's own answer; the events of a batch that were refused are listed beside it. */
export function succeeded(taken: Taken) {
  return jsonAnswer(
    200,
    taken.rejected.length === 0 ? { success: true } : { success: true, rejected: withAdvice(taken.rejected) },
  );
}
