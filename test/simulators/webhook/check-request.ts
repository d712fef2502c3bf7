import { createHmac, timingSafeEqual } from "node:crypto";
import { isObject, type JsonObject, parsed } from "../json.ts";
import type { ReceivedRequest } from "../vendor.ts";
import {
  clockSkewMsMax,
  deliveryForm,
  eventsMax,
  hashedKeys,
  signatureForm,
  timestampForm,
  types,
  uuidForm,
} from "./contract.ts";

/** Why a receiver refuses a request: its status, and a word. */
export type Refusal = { status: number; error: string };

/** Whether a request is Tidegate's own and fresh; without secrets its form alone is looked at. */
export function checkSignature(
  { headers, body }: ReceivedRequest,
  secrets: readonly string[] | null,
  nowMs: number,
): Refusal | null {
  const timestamp = headers["x-tidegate-timestamp"] ?? "";
  const signature = headers["x-tidegate-signature"] ?? "";
  if (!timestampForm.test(timestamp) || !signatureForm.test(signature)) return { status: 401, error: "unsigned" };
  if (!deliveryForm.test(headers["x-tidegate-delivery"] ?? "")) return { status: 400, error: "no delivery id" };
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > clockSkewMsMax) return { status: 401, error: "stale" };
  if (secrets === null) return null;
  const given = signature.split(",").map((one) => Buffer.from(one.slice("sha256=".length), "hex"));
  const isGenuine = secrets.some((secret) => {
    const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
    return given.some((one) => timingSafeEqual(one, expected));
  });
  return isGenuine ? null : { status: 401, error: "wrong signature" };
}

/** The events of a body; a word where it is none that Tidegate sends. */
export function readEvents(body: Uint8Array): readonly JsonObject[] | string {
  const value = parsed(new TextDecoder("utf-8", { fatal: true }).decode(body));
  if (!isObject(value) || Object.keys(value).join() !== "events") return "not {events}";
  const events = value["events"];
  if (!Array.isArray(events) || events.length === 0 || events.length > eventsMax) return "bad size";
  for (const event of events) {
    const fault = isObject(event) ? faultOf(event) : "not an object";
    if (fault !== null) return fault;
  }
  return events;
}

function faultOf(event: JsonObject): string | null {
  const isText = (key: string) => typeof event[key] === "string" && event[key] !== "";
  for (const key of ["id", "projectId", "sourceId"]) if (!uuidForm.test(String(event[key]))) return `bad ${key}`;
  if (!types.has(String(event["type"]))) return "bad type";
  if (!isText("messageId") || !isText("timestamp") || !isText("receivedAt")) return "a member is missing";
  if (event["type"] === "track" && !isText("event")) return "a track event without a name";
  const identity = event["identity"];
  if (!isObject(identity)) return "no identity";
  return Object.keys(identity).every((key) => hashedKeys.has(key)) ? null : "bad identity";
}
