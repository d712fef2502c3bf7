import type { Limits } from "../../../domain/model/limits.ts";
import type { Ingest } from "../../../domain/pipeline/ingest/ingest.ts";
import type { SourceDirectory } from "../../../domain/pipeline/ingest/source-directory.ts";
import { type App, type AppParts, createApp, type Route } from "../server/call.ts";
import { createClientAddress } from "../server/client-ip.ts";
import { type HealthReport, healthRoutes } from "../server/health.ts";
import { createBodyReader } from "../server/read-body.ts";
import { appleAdsRoute } from "./apple-ads-attribution.ts";
import { layersRoutes } from "./layers.ts";
import { pixelRoutes } from "./pixel.ts";
import { segmentRoutes } from "./segment.ts";
import { segmentSettingsRoute } from "./segment-settings.ts";
import { signedRoute } from "./signed.ts";

export interface IngestAppParts extends AppParts {
  readonly ingest: Ingest;
  readonly directory: SourceDirectory;
  readonly limits: Limits;
  readonly trustedProxies: readonly string[];
  /** Where browsers reach this listener; null: what their requests say. */
  readonly publicUrl: string | null;
  readonly health: () => Promise<HealthReport>;
}

interface IngestRouteParts
  extends Pick<IngestAppParts, "ingest" | "limits" | "trustedProxies" | "publicUrl" | "health"> {
  readonly directory: Pick<SourceDirectory, "find">;
}

/** Makes the public listener's app: every dialect in, one envelope inside. */
export function createIngestApp(parts: IngestAppParts): App {
  return createApp(ingestRoutes(parts), parts, { listener: "ingest", crossOrigin: true });
}

/** Every route of the public listener. */
export function ingestRoutes(parts: IngestRouteParts): Route[] {
  const clients = createClientAddress(parts.trustedProxies);
  const bodies = createBodyReader(parts.limits.bodyBytesMax);
  const call = { ingest: parts.ingest, bodies, clients };
  return [
    ...segmentRoutes(call),
    segmentSettingsRoute({ directory: parts.directory, clients, publicUrl: parts.publicUrl }),
    ...pixelRoutes(call, parts.limits.bodyBytesMax),
    ...layersRoutes(call),
    signedRoute(call),
    appleAdsRoute(call),
    ...healthRoutes(parts.health, ["/health", "/l/health"]),
  ];
}
