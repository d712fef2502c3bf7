import type { SourceDirectory } from "../../domain/pipeline/source-directory.ts";
import type { EventStream } from "../../ports/event-stream.ts";
import type { Geo } from "../../ports/geo.ts";
import { jsonAnswer } from "./answer.ts";
import type { Route } from "./call.ts";

/** How the process fares, in codes and numbers of ours. */
export interface HealthReport {
  readonly ready: boolean;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Makes the report of a process that serves: ready while what it knows is fresh and what it takes can be kept. */
export function createHealth(parts: {
  readonly stream: Pick<EventStream, "state">;
  readonly directory: Pick<SourceDirectory, "isFresh">;
  readonly geo: Pick<Geo, "attribution">;
}): () => Promise<HealthReport> {
  return async function reportHealth() {
    const state = await parts.stream.state();
    const isFresh = parts.directory.isFresh();
    return {
      ready: isFresh && state.accepts,
      details: {
        configuration: isFresh ? "fresh" : "stale",
        stream: state.accepts ? "ok" : "takes_nothing",
        backlog_records: state.records,
        backlog_bytes: state.bytes,
        backlog_oldest_age_ms: state.oldestAgeMs,
        loss_window_ms: state.lossWindowMs,
        geo: parts.geo.attribution,
      },
    };
  };
}

/** `/health` says that the process lives, `/ready` whether it should be sent requests. */
export function healthRoutes(health: () => Promise<HealthReport>, healthPaths: readonly string[]): Route[] {
  const live: Route["respond"] = async () => {
    const { ready, details } = await health();
    return jsonAnswer(200, { status: ready ? "ok" : "degraded", ...details });
  };
  const ready: Route["respond"] = async () => {
    const report = await health();
    return jsonAnswer(report.ready ? 200 : 503, { ready: report.ready, ...report.details });
  };
  return [
    ...healthPaths.map((path) => ({ method: "GET" as const, path, respond: live })),
    { method: "GET", path: "/ready", respond: ready },
  ];
}
