import type { Watch, WatchEvents, WatchMessage } from "../../../domain/admin/events/watch-events.ts";
import { writeExact } from "../../../domain/model/json/exact-json.ts";
import { plainAnswer } from "../server/answer.ts";
import { type AdminRoute, queryOf, refusalAnswer } from "./route.ts";

const path = "/v1/admin/events/live";
const headers = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
/** After how long a client that lost the stream comes back. */
const retryMs = 2_000;

/** Stored events as they come in, as server-sent events. */
export function liveEventRoutes({ watchEvents }: Pick<WatchEvents, "watchEvents">): AdminRoute[] {
  return [
    {
      method: "GET",
      path,
      role: "viewer",
      schema: null,
      async respond(call) {
        if (call.request.method === "HEAD") return plainAnswer(200, null, headers);
        const opened = await watchEvents(call.by, queryOf(call), call.mayStill);
        if (!opened.ok) return refusalAnswer(opened.refusal, call.requestId);
        call.request.signal.addEventListener("abort", opened.value.close);
        return plainAnswer(200, streamOf(opened.value), headers);
      },
    },
  ];
}

/** Nothing is read ahead: a client that does not keep up is sent a sample, and no more is held for it. */
function streamOf(watch: Watch): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isFirst = true;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const message = await watch.next();
        if (message === null) return controller.close();
        const text = isFirst ? `retry: ${retryMs}\n\n${written(message)}` : written(message);
        isFirst = false;
        controller.enqueue(encoder.encode(text));
      },
      cancel: () => watch.close(),
    },
    { highWaterMark: 0 },
  );
}

function written(message: WatchMessage): string {
  switch (message.kind) {
    case "heartbeat":
      return ": heartbeat\n\n";
    case "event":
      return `id: ${message.id}\ndata: ${writeExact(message.event)}\n\n`;
    default: {
      const { kind, ...data } = message;
      return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
    }
  }
}
