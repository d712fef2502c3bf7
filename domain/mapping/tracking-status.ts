import type { StoredEvent } from "../model/event/stored-event.ts";
import { objectAt, own } from "../model/json/json.ts";

/** What `ATTrackingManagerAuthorizationStatus` says, its numbers being the places in this list. */
const statuses = ["not_determined", "restricted", "denied", "authorized"] as const;
export type TrackingStatus = (typeof statuses)[number];

const spellings = ["att_status", "attStatus", "attTrackingStatus", "trackingAuthorization"];

/** What a person answered to App Tracking Transparency; null if the event does not say, or says what is no answer. */
export function trackingStatusOf(event: StoredEvent): TrackingStatus | null {
  const device = objectAt(event.context, "device");
  for (const key of spellings) {
    const status = own(device, key);
    if (typeof status === "number") return statuses[status] ?? null;
    if (typeof status === "string") return statuses.find((known) => fold(known) === fold(status)) ?? null;
  }
  return null;
}

/** Whether the event says anything of App Tracking Transparency, an answer or not. */
export function speaksOfTracking(event: StoredEvent): boolean {
  const device = objectAt(event.context, "device");
  return spellings.some((key) => ["string", "number"].includes(typeof own(device, key)));
}

function fold(status: string): string {
  return status.toLowerCase().replace(/[\s_-]/g, "");
}

/**
 * Whether the person allowed the app to track: what App Tracking Transparency, or Android's setting, answered.
 *
 * No answer means no: a flag that says yes without having asked would be a lie to the vendor and to the person.
 */
export function allowsTracking(event: StoredEvent): boolean {
  if (speaksOfTracking(event)) return trackingStatusOf(event) === "authorized";
  return own(objectAt(event.context, "device"), "adTrackingEnabled") === true;
}
