import { plainAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import { errorAnswer } from "../server/errors.ts";
import { type IngestCallParts, ingestBody } from "./call.ts";
import { authOf, writeKeyOf } from "./credentials.ts";
import { segmentCalls } from "./segment.ts";

/** One transparent pixel. */
const gif = new Uint8Array(Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"));
const gifHeaders = { "content-type": "image/gif" };

/** Words with dots between them. Any other name is left whole: in two halves an email would not be known for one. */
const pathForm = /^[A-Za-z_][\w -]*(?:\.[A-Za-z_][\w -]*)+$/;
/** More than an event may nest: what is cut off here is refused as too deep. */
const pathSegmentsMax = 300;

/**
 * Events as image requests, for mails and pages without scripts: `GET /v1/pixel/track?data=<base64 JSON>`, or the
 * event's members as parameters: `?userId=u1&event=Open&properties.subject=News`.
 *
 * The picture always comes, so that nothing looks broken; the status tells whether the event was taken. Who only
 * asks for the headers (HEAD) has not seen the picture: nothing is taken.
 * Source: Segment's documentation, Pixel Tracking API.
 */
export function pixelRoutes(parts: IngestCallParts, bodyBytesMax: number): Route[] {
  return Object.entries(segmentCalls).map(([name, type]) => ({
    method: "GET" as const,
    path: `/v1/pixel/${name}`,
    async respond(call: Call) {
      const dialect = {
        shape: { dialect: "segment", list: null, type } as const,
        success: () => plainAnswer(200, gif, gifHeaders),
      };
      if (call.request.method === "HEAD") return plainAnswer(200, gif, gifHeaders);
      const body = bodyOf(call.request.url);
      if (body.length === 0) return pictured(errorAnswer("data_missing", call.requestId));
      if (body.length > bodyBytesMax) return pictured(errorAnswer("body_too_large", call.requestId));
      return pictured(await ingestBody(parts, call, dialect, body, authOf(writeKeyOf(call.request))));
    },
  }));
}

function pictured<T extends { readonly headers: Readonly<Record<string, string>> }>(answer: T) {
  return { ...answer, body: gif, headers: { ...answer.headers, ...gifHeaders } };
}

/** The `data` parameter as bytes; both alphabets of base64 are read, and a plus that became a space. */
function bodyOf(url: string): Uint8Array {
  const query = new URL(url).searchParams;
  if (query.size > 0 && !query.has("data")) return new TextEncoder().encode(JSON.stringify(nested(query)));
  const data = query.get("data") ?? "";
  return new Uint8Array(Buffer.from(data.replaceAll(" ", "+"), "base64"));
}

interface Members {
  [name: string]: string | Members;
}

/** Parameters as an object, dots leading into objects within it; of two in one place the last counts. */
function nested(query: URLSearchParams): Members {
  const event: Members = Object.create(null);
  for (const [name, value] of query) {
    const path = pathForm.test(name) ? name.split(".", pathSegmentsMax) : [name];
    const last = path.pop() ?? "";
    let within = event;
    for (const segment of path) {
      const known = within[segment];
      const inner: Members = typeof known === "object" ? known : Object.create(null);
      within[segment] = inner;
      within = inner;
    }
    within[last] = value;
  }
  return event;
}
