import { createHash } from "node:crypto";
import type { JsonObject } from "../json.ts";
import { trackPath } from "./contract.ts";

/** A moment that tests take as the present. Units: milliseconds since 1970, on a whole second. */
export const sampleNowMs = 1_780_000_000_000;
export const sampleNowSeconds = sampleNowMs / 1000;
export const sampleToken = "tiktok-sample";
export const samplePixel = "C4A7SAMPLE";

/** SHA-256 in lowercase hex. */
export function sampleHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A web event without personal data in clear that every check lets pass. */
export function sampleEvent(changes: Record<string, unknown> = {}): JsonObject {
  return {
    event: "Lead",
    event_time: sampleNowSeconds - 60,
    event_id: "event-1",
    user: { email: sampleHash("john_smith@gmail.com") },
    page: { url: "https://shop.example/a" },
    ...changes,
  };
}

export type SampleReply = { status: number; text: string; code: number | undefined; message: string };
export type SampleChanges = RequestInit & { path?: string; top?: Record<string, unknown> };

/** Sends events as the relay would: JSON, the token in the header, a connection of its own. */
export function postEvents(url: string, data: unknown, changes: SampleChanges = {}): Promise<SampleReply> {
  const { top = {}, ...rest } = changes;
  return postBody(url, JSON.stringify({ event_source: "web", event_source_id: samplePixel, data, ...top }), rest);
}

/** Sends a body as it is. */
export async function postBody(
  url: string,
  body: BodyInit,
  { path = trackPath, ...changes }: RequestInit & { path?: string } = {},
): Promise<SampleReply> {
  const headers = {
    "content-type": "application/json",
    "access-token": sampleToken,
    connection: "close",
    ...(changes.headers as Record<string, string>),
  };
  const response = await fetch(url + path, { method: "POST", body, ...changes, headers });
  const text = await response.text();
  const json = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: response.status, text, code: json.code, message: json.message ?? "" };
}
