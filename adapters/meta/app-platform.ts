import { objectAt, textAt } from "../../domain/model/json.ts";
import type { StoredEvent } from "../../domain/model/stored-event.ts";

export interface AppPlatform {
  /** Meta's first field of `extinfo`. */
  readonly extinfoVersion: "i2" | "a2";
  readonly osVersion: string;
}

const iosNames: ReadonlySet<string> = new Set(["ios", "ipados", "iphoneos", "iphone os"]);

/** The phone's system an event comes from, if it is one that Meta knows and says its version; else null. */
export function appPlatformOf(event: StoredEvent): AppPlatform | null {
  const os = objectAt(event.context, "os");
  const device = objectAt(event.context, "device");
  const name = (textAt(os, "name") ?? event.deviceOs ?? textAt(device, "os", "type"))?.toLowerCase();
  const osVersion = textAt(os, "version") ?? textAt(device, "osVersion");
  if (name === undefined || osVersion === null) return null;
  if (iosNames.has(name)) return { extinfoVersion: "i2", osVersion };
  return name === "android" ? { extinfoVersion: "a2", osVersion } : null;
}
