const preflightSeconds = 86_400;
const sentHeaders =
  "Authorization, Content-Type, Content-Encoding, X-App-Id, X-Signature, X-Timestamp, X-Requested-With";

/**
 * Lets pages of any origin send events: a write key can only ingest, and no cookie of ours exists.
 *
 * The origin is named and credentials are allowed because sendBeacon always asks for both.
 */
export function crossOriginHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !/^[\x21-\x7e]{1,300}$/.test(origin)) return { "access-control-allow-origin": "*" };
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "Origin" };
}

/** What a preflight is told beside that. */
export function preflightHeaders(methods: string): Record<string, string> {
  return {
    "access-control-allow-methods": methods,
    "access-control-allow-headers": sentHeaders,
    "access-control-max-age": String(preflightSeconds),
  };
}
