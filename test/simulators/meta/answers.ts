import { type Answer, jsonAnswer } from "../answer.ts";

/** What Meta says when it refuses a request. `status` is a hint only: the real service is not consistent about it. */
export type Refusal = {
  status: number;
  code: number;
  subcode?: number;
  message: string;
  transient?: boolean;
  title?: string;
  blame?: string;
};

export type Usage = { dataset: string; percent: number; regainMinutes: number };

/** Answers a batch that was taken. Shape: `{events_received, messages, fbtrace_id}`. */
export function acceptedAnswer(eventsReceived: number, messages: string[], traceId: string): Answer {
  return jsonAnswer(200, { events_received: eventsReceived, messages, fbtrace_id: traceId });
}

/** Answers a batch that was refused. Shape: `{error: {message, type, code, error_subcode?, …, fbtrace_id}}`. */
export function refusedAnswer(refusal: Refusal, traceId: string): Answer {
  const error: Record<string, unknown> = { message: refusal.message, type: "OAuthException", code: refusal.code };
  if (refusal.blame !== undefined) error["error_data"] = { blame_field_specs: [[refusal.blame]] };
  if (refusal.subcode !== undefined) error["error_subcode"] = refusal.subcode;
  if (refusal.transient !== undefined) error["is_transient"] = refusal.transient;
  if (refusal.title !== undefined) {
    error["error_user_title"] = refusal.title;
    error["error_user_msg"] = `${refusal.title}.`;
  }
  error["fbtrace_id"] = traceId;
  return jsonAnswer(refusal.status, { error });
}

/** Headers that tell how much of the quota is used. Units: percent, and minutes until access is regained. */
export function usageHeaders({ dataset, percent, regainMinutes }: Usage): Record<string, string> {
  const score = { call_count: percent, total_cputime: percent, total_time: percent };
  const businessUse = {
    type: "ads_management",
    ...score,
    estimated_time_to_regain_access: regainMinutes,
    ads_api_access_tier: "standard_access",
  };
  return {
    "x-business-use-case-usage": JSON.stringify({ [dataset]: [businessUse] }),
    "x-app-usage": JSON.stringify(score),
  };
}

/** A parameter that Meta can't take. The subcode, where one is known, names the reason. */
export function invalidParameter(reason: string, subcode?: number): Refusal {
  const known = subcode === undefined ? {} : { subcode };
  const message = "Invalid parameter";
  return { status: 400, code: 100, ...known, message, transient: false, title: reason, blame: "data" };
}

/** A key at event level that Meta does not know; the only refusal that names the event's index. */
export function unexpectedKey(key: string, path: string): Refusal {
  const message = `(#100) Unexpected key "${key}" on param "${path}"`;
  return { status: 400, code: 100, message, transient: false };
}

/** No token, a broken one, or one that was taken back. */
export function badToken(status = 401): Refusal {
  return { status, code: 190, message: "Invalid OAuth access token - Cannot parse access token" };
}

/** A good token, for another dataset. */
export function missingPermission(): Refusal {
  return { status: 400, code: 100, message: "(#100) Missing Permission" };
}

/** A dataset that does not exist. */
export function unknownObject(): Refusal {
  const message = "Unsupported post request. Object does not exist or can't be loaded due to missing permissions";
  return { status: 400, code: 100, subcode: 33, message };
}

/** A path that leads nowhere, a version from the future included. */
export function unknownPath(): Refusal {
  return { status: 400, code: 2500, message: "Unknown path components" };
}

/** A version that is no longer served. */
export function deprecatedVersion(): Refusal {
  const message = "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version";
  return { status: 400, code: 2635, message };
}

/** A method that the events edge does not serve. */
export function unsupportedMethod(): Refusal {
  return { status: 400, code: 100, message: "(#100) Unsupported request method on this edge" };
}
