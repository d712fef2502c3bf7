import type { SourceDirectory } from "../../../domain/pipeline/ingest/source-directory.ts";
import type { EventStream } from "../../../ports/event-stream.ts";
import type { Geo } from "../../../ports/geo.ts";
import { jsonAnswer } from "./answer.ts";
import type { Route } from "./call.ts";

/** How the process fares, in codes and numbers of ours. */
export interface HealthReport {
  readonly ready: boolean;
  /** Why it is not. */
  readonly reasons?: readonly string[];
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Makes the report of a process that serves: ready while what it knows is fresh, what it takes can be kept, and the
 * worker beside it and the store behind it do their work.
 */
export function createHealth(parts: {
  readonly stream: Pick<EventStream, "state">;
  readonly directory: Pick<SourceDirectory, "isFresh">;
  readonly geo: Pick<Geo, "attribution">;
  readonly troubles: () => readonly string[];
}): () => Promise<HealthReport> {
  return async function reportHealth() {
    const state = await parts.stream.state();
    const isFresh = parts.directory.isFresh();
    const reasons = [
      ...(isFresh ? [] : ["configuration_stale"]),
      ...(state.refuses === null ? [] : [state.refuses]),
      ...parts.troubles(),
    ];
    return {
      ready: reasons.length === 0,
      reasons,
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
    const { ready, reasons = [], details } = await health();
    return jsonAnswer(200, { status: ready ? "ok" : "degraded", reasons, ...details });
  };
  const ready: Route["respond"] = async () => {
    const report = await health();
    const { ready, reasons = [], details } = report;
    return jsonAnswer(ready ? 200 : 503, { ready, reasons, ...details });
  };
  return [
    ...healthPaths.map((path) => ({ method: "GET" as const, path, respond: live })),
    { method: "GET", path: "/ready", respond: ready },
  ];
}
