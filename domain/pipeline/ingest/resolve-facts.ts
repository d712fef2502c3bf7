import type { Device } from "../../../ports/device.ts";
import type { Geo } from "../../../ports/geo.ts";
import type { EventFacts, Scan } from "../../../ports/kernel.ts";
import type { BotRules } from "./bot-rules.ts";

/** Longer User-Agents are judged by their beginning, so that matching patterns stays cheap. */
export const userAgentCharsMax = 1_024;

/** Who sent a request, as the connection tells. Raw values: they go no further than this step. */
export interface Sender {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

type DeviceWord = Pick<EventFacts, "drop" | "device">;

/** Far more than there are countries with their regions. */
const placesMax = 16_384;

const encoder = new TextEncoder();
const nobody: DeviceWord = { drop: 0, device: null };

/**
 * Makes the step that turns addresses and User-Agents into a region, a device and a bot verdict, and forgets them.
 *
 * The connection speaks for the events of browsers and apps. A server's connection says nothing of its users: there
 * each event's own ip and userAgent count. Where an event has no userAgent, the connection's says at most that a
 * crawler found the key: it is judged where there is one, and tells nothing of a device.
 */
export function createResolveFactsStep(parts: { readonly geo: Geo; readonly device: Device }) {
  /** One text for each place, the same bytes every time: the kernel knows them again. */
  const texts = new Map<string, Uint8Array>();

  function placeOf(ip: string | null): Uint8Array | null {
    const place = ip === null || ip === "" ? null : parts.geo.locate(ip);
    if (!place) return null;
    if (texts.size === placesMax) texts.clear();
    const { country, region } = place;
    return remember(texts, `${country}/${region ?? ""}`, () =>
      encoder.encode(JSON.stringify(region === null ? { country } : { country, region })),
    );
  }

  function deviceOf(raw: string | null, judge: BotRules): DeviceWord {
    const userAgent = (raw ?? "").slice(0, userAgentCharsMax).trim();
    if (userAgent === "") return { drop: judge("", false), device: null };
    const verdict = parts.device.parse(userAgent);
    return { drop: judge(userAgent, verdict.knownBot), device: verdict.json };
  }

  function librariesWord(raw: string | null, judge: BotRules): DeviceWord {
    const userAgent = (raw ?? "").slice(0, userAgentCharsMax).trim();
    if (userAgent === "") return nobody;
    return { drop: judge(userAgent, parts.device.parse(userAgent).knownBot), device: null };
  }

  /** Facts of the events from `start` to before `end`. */
  return function resolveFacts(
    scan: Scan,
    sender: Sender,
    judge: BotRules,
    trustClaims: boolean,
    start = 0,
    end = scan.count,
  ): EventFacts[] {
    const length = end - start;
    if (!trustClaims) {
      const facts = { ...deviceOf(sender.userAgent, judge), geo: placeOf(sender.ip) };
      return Array.from({ length }, () => facts);
    }
    let library: DeviceWord | null = null;
    const ofLibrary = () => (library ??= librariesWord(sender.userAgent, judge));
    const devices = new Map<string, DeviceWord>();
    const places = new Map<string, Uint8Array | null>();
    return Array.from({ length }, (_, index) => {
      const { ip, userAgent } = scan.claims(start + index);
      const word = userAgent === null ? ofLibrary() : remember(devices, userAgent, () => deviceOf(userAgent, judge));
      return { ...word, geo: ip === null ? null : remember(places, ip, () => placeOf(ip)) };
    });
  };
}

/** Looks a value up among those that were found before, or finds it out and keeps it there. */
function remember<T>(known: Map<string, T>, key: string, find: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = find();
  known.set(key, found);
  return found;
}
