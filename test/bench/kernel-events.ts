import { SeededRandom } from "../properties/seeded-random.ts";

/** What a benchmark of kernels works on: no event twice, so that no processor learns one by heart. */
export interface EventMix {
  /** Bodies `{"batch":[…]}`, and the same as decoded text. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  readonly texts: readonly string[];
  readonly events: number;
}

/** Means per event, and percentages of events, as counted: to hold against the mix that was asked for. */
export interface MixCounts {
  readonly events: number;
  readonly event_bytes_mean: number;
  readonly event_strings_mean: number;
  /** SHA-256 digests that the data layer takes: one of an email, two of a phone number, one of a first name. */
  readonly event_digests_mean: number;
  readonly event_redactions_mean: number;
  readonly non_ascii_percent: number;
  readonly escapes_percent: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const digestsOf: Readonly<Record<string, number>> = { email: 1, phone: 2, first_name: 1 };
const redactionsOf: Readonly<Record<string, number>> = { ip: 1, userAgent: 1, internal_note: 1 };
const eventNames = [
  "Order Completed",
  "Product Viewed",
  "Cart Viewed",
  "Signed Up",
  "Level Up",
  "Subscription Renewed",
];
const products = [
  "Red Running Shoes, Size 42",
  "Blue Jeans, Slim Fit",
  "Grüner Tee aus Kyōto",
  "Winter Jacket with Hood",
  "Wireless Mouse 2.0",
  "Desk Lamp, Dimmable",
  "東京タワー 模型",
  "Standing Desk 160x80",
  "Coffee Beans, 1 kg",
  "Paper Notebook A5",
];
const cities = ["Berlin", "München", "New York", "Tokyo", "Zürich", "London", "Madrid"];
const firstNames = ["Jane", "Zoë", "Omar", "Mia", "Ana", "Lee"];
const pages = ["/", "/checkout", "/products/shoes", "/account/settings", "/search"];
const platforms = ["iOS", "Android", "Windows", "macOS"];
const locales = ["de-DE", "en-US", "fr-FR", "pt-BR", "ja-JP"];
const notes = [
  'The customer said "hello" and left',
  "first line of the note\nsecond line of the note",
  "C:\\temp\\x",
  "tab\there",
  "a plain note without anything in it",
  "more of the same kind",
];

/** Makes the mix; the same seed makes the same bytes. */
export function makeEventMix(seed: number, events: number, eventsPerBody: number): EventMix {
  const random = new SeededRandom(seed);
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  for (let made = 0; made < events; made += eventsPerBody) {
    const batch = Array.from({ length: Math.min(eventsPerBody, events - made) }, (_, i) => makeEvent(random, made + i));
    bodies.push(encoder.encode(JSON.stringify({ batch, sentAt: "2026-11-22T16:40:02.120Z" })));
  }
  return { bodies, texts: bodies.map((body) => decoder.decode(body)), events };
}

/** Counts what a mix is made of. */
export function countMix(mix: EventMix): MixCounts {
  const events = mix.texts.flatMap((text) => (JSON.parse(text) as { batch: unknown[] }).batch);
  const texts = events.map((event) => JSON.stringify(event));
  const bytes = mix.bodies.reduce((sum, body) => sum + body.length, 0);
  const mean = (count: (event: unknown) => number) => events.reduce<number>((sum, event) => sum + count(event), 0);
  const percent = (pattern: RegExp) =>
    Math.round((100 * texts.filter((text) => pattern.test(text)).length) / mix.events);
  const round = (sum: number, digits: number) => Number((sum / mix.events).toFixed(digits));
  return {
    events: mix.events,
    event_bytes_mean: round(bytes, 0),
    event_strings_mean: round(mean(countStrings), 1),
    event_digests_mean: round(
      mean((event) => countKeys(event, digestsOf)),
      2,
    ),
    event_redactions_mean: round(
      mean((event) => countKeys(event, redactionsOf)),
      2,
    ),
    non_ascii_percent: percent(/[^\x00-\x7f]/),
    escapes_percent: percent(/\\/),
  };
}

function hex(random: SeededRandom, digits: number): string {
  return Array.from({ length: digits }, () => random.below(16).toString(16)).join("");
}

function uuid(random: SeededRandom): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join("-");
}

function time(random: SeededRandom): string {
  return new Date(1_763_800_000_000 + random.below(10_000_000)).toISOString();
}

function makeEvent(random: SeededRandom, number: number): Record<string, unknown> {
  const kind = random.below(100);
  const type = kind < 70 ? "track" : kind < 85 ? "page" : "identify";
  const event: Record<string, unknown> = {
    messageId: `ajs-${uuid(random)}`,
    type,
    anonymousId: uuid(random),
    timestamp: time(random),
    context: makeContext(random, number),
  };
  if (random.chance(60)) event["userId"] = `user_${random.below(1_000_000)}`;
  if (type === "track") {
    event["event"] = random.pick(eventNames);
    event["properties"] = makeProperties(random);
  } else if (type === "page") {
    event["name"] = "Page";
    event["properties"] = {
      path: random.pick(pages),
      title: random.pick(products),
      referrer: "https://www.google.com/",
    };
  } else {
    event["traits"] = makeTraits(random, number, 70);
  }
  if (random.chance(50)) event["originalTimestamp"] = time(random);
  return event;
}

function makeContext(random: SeededRandom, number: number): Record<string, unknown> {
  const context: Record<string, unknown> = {
    library: { name: "analytics.js", version: `2.${random.below(9)}.${random.below(30)}` },
    ip: `93.184.${random.below(256)}.${random.below(256)}`,
    locale: random.pick(locales),
  };
  if (random.chance(50)) {
    const path = random.pick(pages);
    context["page"] = { path, url: `https://www.shop.example${path}?utm_source=newsletter&gclid=${hex(random, 110)}` };
  } else {
    context["app"] = { name: "Shop", version: `4.${random.below(20)}.${random.below(9)}`, build: random.below(9999) };
    context["os"] = { name: random.pick(platforms), version: `${10 + random.below(9)}.${random.below(7)}` };
  }
  if (random.chance(8)) context["screen"] = { width: 390 + random.below(900), height: 844 };
  if (random.chance(48)) context["traits"] = makeTraits(random, number, 46);
  if (random.chance(6))
    context["userAgent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1";
  return context;
}

function makeTraits(random: SeededRandom, number: number, phonePercent: number): Record<string, unknown> {
  const traits: Record<string, unknown> = { email: `${hex(random, 4)}.user${number}@Example.com`, plan: "pro" };
  if (random.chance(phonePercent)) traits["phone"] = `+49 15${random.below(10)} ${1_000_000 + random.below(8_999_999)}`;
  if (random.chance(25)) traits["first_name"] = random.pick(firstNames);
  if (random.chance(50)) traits["city"] = random.pick(cities);
  return traits;
}

function makeProperties(random: SeededRandom): Record<string, unknown> {
  const properties: Record<string, unknown> = {
    order_id: `order-2026-${uuid(random)}`,
    revenue: random.below(100_000) / 100,
    currency: random.pick(["EUR", "USD", "JPY"]),
  };
  if (random.chance(45)) {
    properties["products"] = Array.from({ length: 1 + random.below(2) }, () => ({
      product_id: hex(random, 8),
      name: random.pick(products),
      price: random.below(10_000) / 100,
      quantity: 1 + random.below(4),
    }));
  }
  if (random.chance(50)) properties["note"] = random.pick(notes);
  if (random.chance(7)) properties["internal_note"] = "call back";
  if (random.chance(15)) properties["coupon"] = hex(random, 6).toUpperCase();
  return properties;
}

/** Keys and string values. */
function countStrings(value: unknown): number {
  if (typeof value === "string") return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countStrings(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + 1 + countStrings(item), 0);
}

/** What the keys of an event count for, at any depth. */
function countKeys(value: unknown, worth: Readonly<Record<string, number>>): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, item]) => sum + (worth[key] ?? 0) + countKeys(item, worth), 0);
}
