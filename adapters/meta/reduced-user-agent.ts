import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { objectAt, textAt } from "../../domain/model/json/json.ts";

const familyPattern = /^[A-Za-z][A-Za-z0-9 .+-]{0,39}$/;

/**
 * A stand-in for the User-Agent that Tidegate never keeps, made of the families of browser and system alone.
 *
 * It names no version, model or build, so it tells devices apart no further than those two words do.
 * Shape: `Mozilla/5.0 (iOS) Safari`; null unless both families are known.
 */
export function reducedUserAgent(event: StoredEvent): string | null {
  const device = objectAt(event.context, "device");
  const browser = textAt(device, "browser");
  const os = textAt(device, "os") ?? event.deviceOs ?? textAt(objectAt(event.context, "os"), "name");
  if (browser === null || os === null || !familyPattern.test(browser) || !familyPattern.test(os)) return null;
  return `Mozilla/5.0 (${os}) ${browser}`;
}
