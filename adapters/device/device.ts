import { createHmac, randomBytes } from "node:crypto";
import UAParser from "ua-parser-js";
import { userAgentCacheEntriesMax } from "../../domain/model/limits.ts";
import type { Device, DeviceFacts, DeviceVerdict } from "../../ports/device.ts";
import type { BotList } from "./bot-list.ts";
import { nameFact, versionFact } from "./fact.ts";
import { isKnownBot } from "./known-bots.ts";

/** What is beyond is cut off before parsing: real User-Agents are shorter, and parsing stays cheap. */
export const userAgentCharsMax = 1_024;
const keyBytes = 32;
const desktopSystems = new Set(["Windows", "Mac OS", "Linux", "Chromium OS", "Ubuntu", "Fedora", "Debian"]);

const encoder = new TextEncoder();

/** What Chromium says of every Android device in the place of its model. */
const chromiumConstant = "K";
const safariOnIos = /\bOS (\d{1,4})_[\d_]{1,8} like Mac OS X\).{0,80} Version\/(\d{1,4})((?:\.\d{1,4}){0,2}) Mobile\//;

/** The system's version where Safari freezes it (18_7 from iOS 26 on): its own is the system's; else undefined. */
function frozenVersionOf(userAgent: string): string | undefined {
  const [, system, safari, rest] = safariOnIos.exec(userAgent) ?? [];
  return Number(safari) > Number(system) ? `${safari}${rest}` : undefined;
}

function factsOf(userAgent: string): DeviceFacts {
  const { device, os, browser } = new UAParser(userAgent).getResult();
  const osName = nameFact(os.name);
  return {
    type: nameFact(device.type) ?? (osName !== null && desktopSystems.has(osName) ? "desktop" : null),
    manufacturer: nameFact(device.vendor),
    model: device.model === chromiumConstant ? null : nameFact(device.model),
    os: osName,
    osVersion: versionFact(frozenVersionOf(userAgent) ?? os.version, 3),
    browser: nameFact(browser.name),
    browserVersion: versionFact(browser.version, 2),
  };
}

function verdictOf(userAgent: string, botList: BotList | null): DeviceVerdict {
  const facts = factsOf(userAgent);
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  const json = known.length === 0 ? null : encoder.encode(JSON.stringify(Object.fromEntries(known)));
  return { json, facts, knownBot: isKnownBot(userAgent, botList) };
}

/**
 * Opens the parser of User-Agents, with a cache in front of it because one parse costs as much as twenty kernels.
 *
 * The cache's keys are HMACs under a key that lives in this process only; the User-Agent itself is not kept. The least
 * recently used entry makes room for a new one.
 */
export function openDevice(
  options: { readonly key?: Uint8Array; readonly cacheEntriesMax?: number; readonly botList?: BotList | null } = {},
): Device & { readonly cachedEntries: () => number } {
  const { key = randomBytes(keyBytes), cacheEntriesMax = userAgentCacheEntriesMax, botList = null } = options;
  const cache = new Map<string, DeviceVerdict>();

  function parse(sent: string): DeviceVerdict {
    const userAgent = sent.length > userAgentCharsMax ? sent.slice(0, userAgentCharsMax) : sent;
    const digest = createHmac("sha256", key).update(userAgent).digest("base64");
    const cached = cache.get(digest);
    const verdict = cached ?? verdictOf(userAgent, botList);
    if (cached) cache.delete(digest);
    else if (cache.size >= cacheEntriesMax) cache.delete(cache.keys().next().value as string);
    cache.set(digest, verdict);
    return verdict;
  }

  return { parse, cachedEntries: () => cache.size };
}
