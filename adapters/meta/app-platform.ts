import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { objectAt, textAt } from "../../domain/model/json/json.ts";

export interface AppPlatform {
  /** Meta's first field of `extinfo`. */
  readonly extinfoVersion: "i2" | "a2";
  readonly osVersion: string;
}

/** A system with its version, as apps write both in one text: `iOS 18.1`. */
const versioned = /^([a-z]+(?: os)?)[ -]v?(\d{1,4}(?:\.\d{1,4}){0,3})$/;
const iosNames: ReadonlySet<string> = new Set(["ios", "ipados", "iphoneos", "iphone os"]);

/** The phone's system an event comes from, if it is one that Meta knows and says its version; else null. */
export function appPlatformOf(event: StoredEvent): AppPlatform | null {
  const os = objectAt(event.context, "os");
  const device = objectAt(event.context, "device");
  const stated = (textAt(os, "name") ?? event.deviceOs ?? textAt(device, "os", "type"))?.toLowerCase();
  const [, name = stated, statedVersion = null] = versioned.exec(stated ?? "") ?? [];
  const osVersion = textAt(os, "version") ?? statedVersion ?? textAt(device, "osVersion");
  if (name === undefined || osVersion === null) return null;
  if (iosNames.has(name)) return { extinfoVersion: "i2", osVersion };
  return name === "android" ? { extinfoVersion: "a2", osVersion } : null;
}
