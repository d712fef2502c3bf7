import { createHash } from "node:crypto";
import type { JsonObject } from "../json.ts";

/** A moment that tests take as the present. Units: milliseconds since 1970, on a whole second. */
export const sampleNowMs = 1_780_000_000_000;
export const sampleNowSeconds = sampleNowMs / 1000;
export const sampleToken = "EAAsample";
export const sampleDataset = "1234567890";

/** SHA-256 in lowercase hex. */
export function sampleHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** An event without personal data in clear that every check lets pass. */
export function sampleEvent(changes: Record<string, unknown> = {}): JsonObject {
  return {
    event_name: "Lead",
    event_time: sampleNowSeconds - 60,
    event_id: "event-1",
    action_source: "system_generated",
    user_data: { em: [sampleHash("john_smith@gmail.com")], country: sampleHash("us") },
    ...changes,
  };
}

/** An app event with both flags and a full `extinfo`. */
export function sampleAppEvent(
  appData: Record<string, unknown> = {},
  changes: Record<string, unknown> = {},
): JsonObject {
  const extinfo = ["i2", "com.example", "1.0", "1.0.1", "17.5", ...Array(11).fill("")];
  const flags = { advertiser_tracking_enabled: 1, application_tracking_enabled: 1 };
  return sampleEvent({ action_source: "app", app_data: { ...flags, extinfo, ...appData }, ...changes });
}

export type Reply = { status: number; headers: Headers; text: string; json: SampleBody };

/** The parts of an answer that tests read. */
export type SampleBody = {
  events_received?: number;
  messages?: string[];
  error?: { code: number; error_subcode?: number; message: string; is_transient?: boolean; error_user_title?: string };
};

/** Sends events as the relay would: JSON, the token in the header, a connection of its own. */
export function postEvents(
  url: string,
  events: unknown,
  changes: RequestInit & { path?: string } = {},
): Promise<Reply> {
  return postBody(url, JSON.stringify({ data: events }), changes);
}

/** Sends a body as it is. */
export async function postBody(
  url: string,
  body: BodyInit,
  { path = `/v25.0/${sampleDataset}/events`, ...changes }: RequestInit & { path?: string } = {},
): Promise<Reply> {
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${sampleToken}`,
    connection: "close",
    ...(changes.headers as Record<string, string>),
  };
  const response = await fetch(url + path, { method: "POST", body, ...changes, headers });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}
