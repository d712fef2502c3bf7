import type { IngestAuth } from "../../../domain/pipeline/ingest/ingest.ts";
import type { SourceKey } from "../../../domain/pipeline/ingest/source-directory.ts";

/** An access token, as Segment's libraries send one where OAuth is set up. */
const accessToken = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The write key of an Authorization header: Basic's user, or a Bearer token; null if it has none.
 *
 * An access token is no key: with it the body names the source. It is not checked, since whoever knows a write key may
 * send without one.
 * Source: Segment's documentation, HTTP API, authentication.
 */
export function writeKeyOf(request: Request): SourceKey | null {
  const [scheme = "", value = ""] = (request.headers.get("authorization") ?? "").trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer" && value !== "" && !accessToken.test(value)) return { by: "write-key", value };
  if (scheme.toLowerCase() !== "basic") return null;
  const user = Buffer.from(value, "base64").toString("latin1").split(":", 1)[0] ?? "";
  return user === "" ? null : { by: "write-key", value: user };
}

/** The app id of an X-App-Id header; null if there is none. */
export function appIdOf(request: Request): SourceKey | null {
  const value = (request.headers.get("x-app-id") ?? "").trim();
  return value === "" ? null : { by: "app-id", value };
}

/** Names the source by a header's key, else by the body's `writeKey`. */
export function authOf(key: SourceKey | null): IngestAuth {
  return key ? { kind: "key", key } : { kind: "body" };
}
