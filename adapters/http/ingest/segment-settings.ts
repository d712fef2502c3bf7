import type { SourceDirectory } from "../../../domain/pipeline/ingest/source-directory.ts";
import { jsonAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import type { ClientAddress } from "../server/client-ip.ts";
import { errorAnswer, unavailableAnswer } from "../server/errors.ts";

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
  publicUrl: string | null;
}): Route {
  return {
    method: "GET",
    path: "/v1/projects/:writeKey/settings",
    async respond(call) {
      const found = await parts.directory.find({ by: "write-key", value: call.params["writeKey"] ?? "" });
      if (!found.ok) return unavailableAnswer(found.failure.code, call.requestId, retryAfterMs);
      const origin = parts.publicUrl === null ? askedOrigin(call, parts.clients) : originOf(parts.publicUrl);
      if (found.value === null || origin === null) return errorAnswer("not_found", call.requestId);
      return jsonAnswer(200, settings(found.value.binding.source.writeKey, origin));
    },
  };
}

interface Origin {
  readonly host: string;
  readonly protocol: "http" | "https";
}

function originOf(url: string): Origin {
  const { host, protocol } = new URL(url);
  return { host, protocol: protocol === "https:" ? "https" : "http" };
}

/** The origin that was asked, as a trusted proxy forwards it; null where it names no host. */
function askedOrigin(call: Call, clients: ClientAddress): Origin | null {
  const { headers, url } = call.request;
  const isForwarded = clients.viaTrustedProxy(call.request);
  const forwarded = (name: string) => (isForwarded ? headers.get(name)?.split(",")[0]?.trim() : undefined) || null;
  const host = forwarded("x-forwarded-host") ?? headers.get("host") ?? "";
  const scheme = forwarded("x-forwarded-proto") ?? url;
  return hostForm.test(host) ? { host, protocol: scheme.startsWith("https") ? "https" : "http" } : null;
}

function settings(writeKey: string, { host, protocol }: Origin) {
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
