import { foldSpelling, kinds } from "../consent/kinds.ts";
import { type Answer, answerOf, kindsOf } from "../consent/words.ts";
import type { Integration, Vendor } from "../delivery.ts";
import { isObject, type JsonObject } from "../json/json.ts";
import type { StoredEvent } from "./stored-event.ts";

/** What senders call a vendor's integration, in the form of `plainName`. Source: catalogues of Segment, RudderStack. */
const vendorNames: Readonly<Record<Vendor, readonly string[]>> = {
  meta: ["meta", "metaconversionsapi", "facebook", "facebookconversions", "facebookconversionsapi"],
  tiktok: ["tiktok", "tiktokads", "tiktokconversions", "tiktokconversionsapi", "tiktokeventsapi"],
  webhook: ["webhook", "webhooks"],
  apple: ["apple", "appleads", "applesearchads"],
};

/**
 * What senders call the same company's other ways: a pixel in the page, a plugin of an app. A no to one of them means
 * the company, a yes opens nothing but that way. Source: catalogues of Segment, RudderStack, mParticle.
 */
const otherWays: Readonly<Record<Vendor, readonly string[]>> = {
  meta: words(`
    facebookpixel fbpixel metapixel facebookads metaads fb fbads facebookbusiness facebookappevents
    facebookofflineconversions facebookcustomaudiences metacapi facebookcapi facebookpixelservertoserver fbcapi
  `),
  tiktok: words("tiktokpixel tiktokadspixel tiktokadsoffline tiktokofflineevents tiktokaudiences tiktokcapi"),
  webhook: [],
  apple: words("applesearchadsattribution appleadservices"),
};

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Letters and digits alone: `Facebook Conversions API (Actions)` is `facebookconversionsapi`. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\(actions\)|^actions[ _-]|[ _-]actions$/, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/**
 * Whether an event's sender lets it go to an integration.
 *
 * Shape: `integrations` of the event's top level, or of its context, as Segment's SDKs and consent tools send it: by
 * name a yes, a no (`false`, `"false"`, 0, `{"enabled": false}`) or options, and `All` for those that are not named.
 * Names are those of the vendor, the integration's own name or its id; for a no, other ways to the same company, too.
 * One no among several that mean the integration
 * counts; what can't be read neither opens nor closes; an event without the object goes to all.
 */
export function isChosen(integration: Integration, event: Pick<StoredEvent, "extra" | "context">): boolean {
  const own = new Set([...vendorNames[integration.vendor], plainName(integration.name), plainName(integration.id)]);
  const others = new Set(otherWays[integration.vendor]);
  return [event.extra["integrations"], event.context["integrations"]].every((choice) => allows(choice, own, others));
}

function allows(choice: unknown, own: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  const choices = choicesOf(choice);
  if (choices === null) return answerOf(choice) !== "no";
  const answers = (isMeant: (name: string) => boolean) =>
    Object.entries(choices)
      .filter(([name]) => isMeant(plainName(name)))
      .map(([, word]) => answerOfChoice(word));
  const named = answers((name) => own.has(name));
  if (named.includes("no") || answers((name) => others.has(name)).includes("no")) return false;
  return named.includes("yes") || !answers(isAll).includes("no");
}

/** The object that a sender's choice is, be it in a text; null if it is none. */
export function choicesOf(choice: unknown): JsonObject | null {
  if (isObject(choice)) return choice;
  if (typeof choice !== "string" || !choice.trimStart().startsWith("{")) return null;
  try {
    const read: unknown = JSON.parse(choice);
    return isObject(read) ? read : null;
  } catch {
    return null;
  }
}

/** True of the name that speaks for all integrations that are not named, in the form of `plainName`. */
function isAll(name: string): boolean {
  return name === "all";
}

export function speaksForAll(name: string): boolean {
  return isAll(plainName(name));
}

/** What a sender says of one integration; options are a yes. */
export function answerOfChoice(word: unknown): Answer {
  if (!isObject(word)) return answerOf(word);
  const refuses = Object.entries(word).some(([key, value]) => {
    const bits = kindsOf(foldSpelling(key));
    const isRefusal = (bits & kinds.inverse) !== 0;
    return (bits & kinds.state) !== 0 && answerOf(value) === (isRefusal ? "yes" : "no");
  });
  return refuses ? "no" : "yes";
}
