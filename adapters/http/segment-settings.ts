import type { SourceDirectory } from "../../domain/pipeline/source-directory.ts";
import { jsonAnswer } from "./answer.ts";
import type { Call, Route } from "./call.ts";
import type { ClientAddress } from "./client-ip.ts";
import { errorAnswer, unavailableAnswer } from "./errors.ts";

const hostForm = /^[\w.:[\]-]{1,255}$/;
const retryAfterMs = 2_000;

/**
 * What analytics.js asks its CDN for before it sends: that all events go to us, and nothing else is loaded.
 *
 * Source: Segment's analytics-next, browser settings of the Segment.io integration.
 */
export function segmentSettingsRoute(parts: {
  directory: Pick<SourceDirectory, "find">;
  clients: ClientAddress;
}): Route {
  return {
    method: "GET",
    path: "/v1/projects/:writeKey/settings",
    async respond(call) {
      const found = await parts.directory.find({ by: "write-key", value: call.params["writeKey"] ?? "" });
      if (!found.ok) return unavailableAnswer(found.failure.code, call.requestId, retryAfterMs);
      const host = call.request.headers.get("host") ?? "";
      if (found.value === null || !hostForm.test(host)) return errorAnswer("not_found", call.requestId);
      return jsonAnswer(200, settings(found.value.binding.source.writeKey, host, protocolOf(call, parts.clients)));
    },
  };
}

function protocolOf(call: Call, clients: ClientAddress): "http" | "https" {
  const forwarded = call.request.headers.get("x-forwarded-proto");
  const scheme = clients.viaTrustedProxy(call.request) && forwarded ? forwarded : call.request.url;
  return scheme.startsWith("https") ? "https" : "http";
}

function settings(writeKey: string, host: string, protocol: "http" | "https") {
  const open = { __default: { enabled: true, integrations: {} } };
  return {
    integrations: {
      "Segment.io": {
        apiKey: writeKey,
        apiHost: `${host}/v1`,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: "4.4.7", componentTypes: ["browser"] },
      },
    },
    plan: { track: open, identify: open, group: open },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}
