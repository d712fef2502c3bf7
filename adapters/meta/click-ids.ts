import { carriedId, parameterOf } from "../../domain/mapping/click-ids.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { isPlaceholderId } from "../../domain/model/identity/placeholder-id.ts";

const fbcPattern = /^fb\.\d+\.\d{13}\.[^.\s@+]{1,500}(\.[^.\s@+]{1,32})?$/;
const fbpPattern = /^fb\.\d+\.\d{13}\.\d{1,32}(\.[^.\s@+]{1,32})?$/;
const clickIdPattern = /^[^.\s@+]{1,500}$/;

/** Meta's click cookie, or one made of the click id in an address that the event names; Meta's ids keep their case. */
export function fbcOf(event: StoredEvent): string | null {
  const given = carriedId(event, "fbc", (text) => (fbcPattern.test(text) ? text : null));
  if (given !== null) return given;
  const clickId = carriedId(event, "fbclid", clickIdOf) ?? parameterOf(event, "fbclid", clickIdOf);
  if (clickId === null) return null;
  const made = `fb.1.${Math.floor(event.timestampMs)}.${clickId}`;
  return fbcPattern.test(made) ? made : null;
}

/** Meta's browser cookie, as it was set. */
export function fbpOf(event: StoredEvent): string | null {
  return carriedId(event, "fbp", (text) => (fbpPattern.test(text) ? text : null));
}

function clickIdOf(text: string): string | null {
  return clickIdPattern.test(text) && !isPlaceholderId(text) ? text : null;
}
