import { textAt } from "../../domain/model/json.ts";
import type { StoredEvent } from "../../domain/model/stored-event.ts";
import { pageParameter } from "../../domain/model/vendor/web-address.ts";

const fbcPattern = /^fb\.\d+\.\d{13}\.[^.\s]{1,500}(\.[^.\s]{1,32})?$/;
const fbpPattern = /^fb\.\d+\.\d{13}\.\d{1,32}(\.[^.\s]{1,32})?$/;
const clickIdPattern = /^[^.\s]{1,500}$/;

/** Meta's click cookie, or one made of the click id in the page's address; Meta's ids keep their case. */
export function fbcOf(event: StoredEvent): string | null {
  const given = textAt(event.context, "fbc") ?? textAt(event.properties, "fbc");
  if (given !== null && fbcPattern.test(given)) return given;
  const clickId = clickIdOf(event);
  if (clickId === null || !clickIdPattern.test(clickId)) return null;
  const made = `fb.1.${Math.floor(event.timestampMs)}.${clickId}`;
  return fbcPattern.test(made) ? made : null;
}

/** Meta's browser cookie, as it was set. */
export function fbpOf(event: StoredEvent): string | null {
  const given = textAt(event.context, "fbp") ?? textAt(event.properties, "fbp");
  return given !== null && fbpPattern.test(given) ? given : null;
}

function clickIdOf(event: StoredEvent): string | null {
  const given = textAt(event.properties, "fbclid") ?? textAt(event.context, "fbclid");
  return given ?? pageParameter(event, "fbclid");
}
