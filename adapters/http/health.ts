import { jsonAnswer } from "./answer.ts";
import type { Route } from "./call.ts";

/** How the process fares, in codes and numbers of ours. */
export interface HealthReport {
  readonly ready: boolean;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
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
