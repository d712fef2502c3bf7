import type { IngestAuth } from "../../domain/pipeline/ingest.ts";
import type { SourceKey } from "../../domain/pipeline/source-directory.ts";

/** The write key of an Authorization header: Basic's user, or a Bearer token; null if it has none. */
export function writeKeyOf(request: Request): SourceKey | null {
  const [scheme = "", value = ""] = (request.headers.get("authorization") ?? "").trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer" && value !== "") return { by: "write-key", value };
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
