import { withAdvice } from "../rejection-advice.ts";
import { jsonAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import { createIngestCall, type Dialect, type IngestCallParts, type Taken } from "./call.ts";
import { appIdOf, authOf, writeKeyOf } from "./credentials.ts";

const shapes: Readonly<Record<string, Dialect["shape"]>> = {
  events: { dialect: "layers", list: "events", type: "track" },
  "users/properties": { dialect: "layers", list: null, type: "identify" },
  consent: { dialect: "layers", list: null, type: "consent" },
};

/** The dialect of the Layers mobile SDKs; each path also stands under `/l`, as behind their managed edge. */
export function layersRoutes(parts: IngestCallParts): Route[] {
  const takeEvents = createIngestCall(parts);
  return Object.entries(shapes).flatMap(([name, shape]) => {
    const dialect: Dialect = {
      shape,
      auth: (request) => authOf(appIdOf(request) ?? writeKeyOf(request)),
      success: (taken) => jsonAnswer(202, counts(taken)),
    };
    const respond = (call: Call) => takeEvents(call, dialect);
    return [`/${name}`, `/l/${name}`].map((path) => ({ method: "POST" as const, path, respond }));
  });
}

/** `accepted` counts what the data layer dropped, too: it was taken and is accounted for. */
export function counts(taken: Taken) {
  const rejections = taken.rejected.length === 0 ? {} : { rejections: withAdvice(taken.rejected) };
  return { accepted: taken.accepted, dropped: taken.dropped, rejected: taken.rejected.length, ...rejections };
}
