import { plainAnswer } from "./answer.ts";
import type { Call, Route } from "./call.ts";
import { authOf, writeKeyOf } from "./credentials.ts";
import { errorAnswer } from "./errors.ts";
import { type IngestCallParts, ingestBody } from "./ingest-call.ts";
import { segmentCalls } from "./segment.ts";

/** One transparent pixel. */
const gif = new Uint8Array(Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"));
const gifHeaders = { "content-type": "image/gif" };

/**
 * Events as image requests, for mails and pages without scripts: `GET /v1/pixel/track?data=<base64 JSON>`.
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
      const body = dataOf(call.request.url);
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
function dataOf(url: string): Uint8Array {
  const data = new URL(url).searchParams.get("data") ?? "";
  return new Uint8Array(Buffer.from(data.replaceAll(" ", "+"), "base64"));
}
