import { type Answer, jsonAnswer } from "../answer.ts";

/** What TikTok says when it refuses a request: its code decides, the status is 200 nearly always. */
export type Refusal = { code: number; message: string; status?: number };

/** Answers a request. Shape: `{code, message, request_id, data}`. */
export function envelope({ code, message, status = 200 }: Refusal, requestId: string): Answer {
  return jsonAnswer(status, { code, message, request_id: requestId, data: {} });
}

export const accepted: Refusal = { code: 0, message: "OK" };
export const partlyAccepted: Refusal = { code: 20001, message: "Partial success" };

/** A parameter that TikTok can't take, by its path; inside the batch the path names the event's index. */
export function badParameter(path: string, why: string): Refusal {
  return { code: 40002, message: `${path}: ${why}` };
}

/** A body that is no JSON object. */
export function unreadableBody(): Refusal {
  return { code: 40000, message: "The request body is not valid JSON" };
}

/** No events, or more than a request may hold. */
export function badBatchSize(): Refusal {
  return { code: 40061, message: "The size of the batch must be between 1 and 1000" };
}

/** Personal data in clear where a hash is asked for; the message names no event. */
export function unhashed(): Refusal {
  return { code: 40062, message: "PII information is not hashed with SHA256" };
}

export const noToken: Refusal = { code: 40104, message: "Access token is empty" };
export const badToken: Refusal = { code: 40105, message: "Access token is incorrect or has been revoked" };
export const expiredToken: Refusal = { code: 40102, message: "Access token has expired" };

/** A good token, for another source, or a source that does not exist: TikTok does not say which. */
export function noPermission(source: string): Refusal {
  return { code: 40001, message: `No permission to operate pixel code: ${source}` };
}

export const tooManyRequests: Refusal = { code: 40100, message: "Too many requests. Please retry in some time." };
export const unknownRoute: Refusal = { code: 40400, message: "Unknown route", status: 404 };
