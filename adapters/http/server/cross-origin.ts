const preflightSeconds = 86_400;
const sentHeaders =
  "Authorization, Content-Type, Content-Encoding, X-App-Id, X-Signature, X-Timestamp, X-Requested-With";
/** Names of headers, and a bound of ours on how many. */
const headerNames = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/;
const askedCharsMax = 2_000;
/** What a library reads before it tries again; browsers show a page few headers that are not named. */
const readHeaders = "Retry-After, X-RateLimit-Reset, X-Request-Id";

/**
 * Lets pages of any origin send events: a write key can only ingest, and no cookie of ours exists.
 *
 * The origin is named and credentials are allowed because sendBeacon always asks for both.
 */
export function crossOriginHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !/^[\x21-\x7e]{1,300}$/.test(origin)) return { "access-control-allow-origin": "*" };
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": readHeaders,
    vary: "Origin",
  };
}

/**
 * What a preflight is told beside that: any header may be sent.
 *
 * Tracing puts headers on every request of a page and libraries add some when they try again, and a browser sends
 * nothing if one of them is not allowed. They are named one by one, because `*` means none where credentials are sent.
 */
export function preflightHeaders(request: Request, methods: string): Record<string, string> {
  const asked = request.headers.get("access-control-request-headers") ?? "";
  const known = asked.length <= askedCharsMax && headerNames.test(asked);
  return {
    "access-control-allow-methods": methods,
    "access-control-allow-headers": known ? asked : sentHeaders,
    "access-control-max-age": String(preflightSeconds),
  };
}
