import type { Answer } from "./answer.ts";

/** Status and advice of every error we answer. The advice says what to do and never repeats what was sent. */
const errors = {
  invalid_json: [400, "The body is not valid JSON; correct it at the byte that details names, if it names one."],
  invalid_utf8: [400, "The body is not valid UTF-8; see the byte position in details."],
  body_missing: [400, "Send a JSON object as the body; {} where there is nothing to say."],
  too_deep: [400, "The body nests too deeply; see the byte position in details and flatten it."],
  body_not_an_object: [400, "Send one JSON object as the body."],
  events_missing: [400, "The body needs a list of events (`batch` or `events`)."],
  too_many_events: [400, "The batch holds too many events; split it."],
  events_rejected: [400, "No event was accepted; details says for each event what to correct."],
  gzip_invalid: [400, "The body is not valid gzip, or it was cut short; send it again."],
  body_incomplete: [400, "The connection ended before the body did; send it again."],
  data_missing: [400, "Put the event as base64 JSON into the `data` query parameter, or its members into parameters."],
  source_missing: [
    401,
    "Name your source: its write key as Basic user or Bearer token, where events are not signed also as `writeKey` in \
the body; Layers and signed events may come with X-App-Id instead.",
  ],
  source_unknown: [401, "The write key or app id belongs to no enabled source; check it."],
  signature_missing: [401, "Send X-Timestamp (Unix seconds) and X-Signature (`sha256=` and 64 hex digits)."],
  signature_expired: [401, "X-Timestamp is more than 5 minutes off; check the clock and sign again."],
  signature_invalid: [401, 'The signature does not fit; sign timestamp + "." + the body exactly as it is sent.'],
  token_missing: [401, "Send an admin token: `Authorization: Bearer …`."],
  token_unknown: [401, "The token is not valid; check it, or make a new one."],
  login_invalid: [401, "The login name and the password don't fit together; check both."],
  refresh_invalid: [401, "The refresh token is not valid any more; log in again."],
  password_required: [401, "Send your current password in `current_password` as well."],
  page_refused: [
    403,
    "A page of another site may not call this; open the console at the admin listener's own address, by `localhost`, \
an IP address or the host of TIDEGATE_ADMIN_URL.",
  ],
  dialect_refused: [403, "The source takes another dialect; send there as it is set up, or change the source."],
  role_insufficient: [403, "Your role does not allow this; ask an admin or owner of the organisation."],
  host_invalid: [400, "Send one Host header, with the name or address of this server."],
  not_found: [404, "There is nothing here; check the path and the ids in it."],
  invitation_unknown: [404, "The invitation was used, revoked or has ended; ask for a new one."],
  method_not_allowed: [405, "This path does not take that method; see the Allow header."],
  body_too_slow: [408, "The body took too long to arrive; send it again, in smaller parts."],
  version_conflict: [409, "Someone else changed it meanwhile; read it again and repeat your change."],
  login_taken: [409, "Another member has that login name; choose another one."],
  limit_reached: [409, "There are as many of these as there may be; remove one first."],
  project_in_use: [409, "The project has sources or enabled integrations; remove or disable those first."],
  owner_fixed: [409, "An organisation has exactly one owner; transfer the ownership first."],
  version_mismatch: [412, "If-Match names another version than the current one; read it again first."],
  batch_members_too_large: [
    413,
    "`context` and `integrations` of the batch are too large for its events, each of which takes them; split it.",
  ],
  body_too_large: [413, "The body is too large, before or after decompression; send smaller batches."],
  json_required: [415, "Send the body with Content-Type: application/json."],
  encoding_unsupported: [415, "Send the body as it is or with Content-Encoding: gzip."],
  invalid_input: [422, "Some of what you sent can't be used; details says where and what to do."],
  too_many_attempts: [429, "There were too many failed attempts; wait for Retry-After seconds."],
  too_many_changes: [429, "The data layer changed too often, or by too much, within 8 days; try changes by dry runs."],
  too_many_requests: [429, "You call too often; wait for Retry-After seconds."],
  rate_limited: [429, "The source sends more than it may; nothing was kept, send it again after Retry-After seconds."],
  internal_error: [500, "Tidegate failed; the request id finds the entry in its log."],
  unavailable: [503, "Not accepted right now, nothing was kept; send it again after Retry-After seconds."],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof errors;

/** One thing that is wrong with what was sent: where, never what. */
export interface ErrorDetail {
  readonly index?: number;
  readonly code?: string;
  readonly field?: string;
  readonly path?: string;
  readonly position?: number;
  readonly message?: string;
  readonly hint?: string;
  readonly caret?: string;
}

export interface ErrorRest {
  readonly details?: readonly ErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the answer to a request that went wrong, in the one shape all our errors have. */
export function errorAnswer(code: ErrorCode, requestId: string, rest: ErrorRest = {}): Answer {
  return shaped(code, code, requestId, rest);
}

/**
 * The same refusal with code and message at the top of its body, too: Segment's library for Python looks for them
 * there, and tries a 401 ten times where it finds none.
 *
 * Source: segment-analytics-python, `segment/analytics/request.py`.
 */
export function withTopLevelError(answer: Answer): Answer {
  if (answer.code === "ok" || typeof answer.body !== "string") return answer;
  const body = JSON.parse(answer.body) as { error: { code: string; message: string } };
  const { code, message } = body.error;
  return { ...answer, body: JSON.stringify({ code, message, ...body }) };
}

/** Makes a 503 whose code is the failing part's own, with Retry-After. */
export function unavailableAnswer(code: string, requestId: string, retryAfterMs: number): Answer {
  return shaped("unavailable", code, requestId, { headers: { "retry-after": secondsOf(retryAfterMs) } });
}

/**
 * Makes a refusal for a while: the error with Retry-After, and with the header that some libraries read instead.
 *
 * Source: Segment's documentation, HTTP API, rate limits: both hold the seconds to wait.
 */
export function laterAnswer(code: ErrorCode, requestId: string, retryAfterMs: number): Answer {
  const seconds = secondsOf(retryAfterMs);
  return errorAnswer(code, requestId, { headers: { "retry-after": seconds, "x-ratelimit-reset": seconds } });
}

function secondsOf(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}

function shaped(kind: ErrorCode, code: string, requestId: string, rest: ErrorRest): Answer {
  const [status, message] = errors[kind];
  const details = rest.details ? { details: rest.details } : {};
  return {
    status,
    body: JSON.stringify({ error: { code, message, request_id: requestId, ...details } }),
    headers: { "content-type": "application/json; charset=utf-8", ...rest.headers },
    code,
  };
}
