import type { SeededRandom } from "../../../properties/seeded-random.ts";

/**
 * Places in an event's JSON that are written anew for each request: all of one length, in capitals that stand nowhere
 * else. Ids are written in the letters a to p, which no rule takes for a phone number.
 */
export const marks = {
  message: "M".repeat(8),
  user: "U".repeat(8),
  visitor: "V".repeat(8),
  time: "T".repeat(24),
} as const;
export type MarkName = keyof typeof marks;

/** Units: bytes of an event's JSON, about. Of a hundred events so many. */
const sizeClasses: readonly { readonly percent: number; readonly bytes: readonly [number, number] }[] = [
  { percent: 25, bytes: [300, 500] },
  { percent: 50, bytes: [500, 1_000] },
  { percent: 20, bytes: [1_000, 2_000] },
  { percent: 5, bytes: [3_000, 4_000] },
];
const orderNames = ["Order Completed", "Product Added", "Checkout Started", "Signed Up", "Level Completed"];
const products = [
  "Red Running Shoes, Size 42",
  "Grüner Tee aus Kyōto",
  "Desk Lamp, Dimmable",
  "東京タワー 模型",
  "Notebook A5",
];
const words = ["harbour", "lantern", "quiet", "copper", "meadow", "signal", "thirteen", "größer", "voilà", "morning"];
const cities = ["Berlin", "München", "New York", "Tokyo", "Zürich"];
const firstNames = ["Jane", "Zoë", "Omar", "Mia", "Ana"];
const paths = ["/", "/checkout", "/products/shoes", "/account/settings", "/search"];
const partsMax = 60;

/** How many bytes an event is meant to have; never more than `bytesMax`. */
export function wantedBytes(random: SeededRandom, bytesMax: number): number {
  let roll = random.below(100);
  for (const { percent, bytes } of sizeClasses) {
    roll -= percent;
    if (roll < 0) return Math.min(bytesMax, bytes[0] + random.below(bytes[1] - bytes[0]));
  }
  return bytesMax;
}

/** An event in Segment's fields; `prefix` begins its messageId. */
export function segmentEvent(random: SeededRandom, prefix: string, bytes: number): Record<string, unknown> {
  const kind = random.below(100);
  const type = kind < 70 ? "track" : kind < 85 ? "page" : kind < 90 ? "screen" : "identify";
  const event: Record<string, unknown> = {
    messageId: `${prefix}${marks.message}`,
    type,
    anonymousId: `visitor-${marks.visitor}`,
    timestamp: marks.time,
    context: contextOf(random, type === "screen"),
  };
  if (type === "identify" || random.chance(60)) event["userId"] = `user_${marks.user}`;
  if (type === "track") event["event"] = random.pick(orderNames);
  if (type === "page" || type === "screen") event["name"] = random.pick(["Home", "Product", "Checkout"]);
  event[type === "identify" ? "traits" : "properties"] = type === "identify" ? traitsOf(random) : propertiesOf(random);
  return fillTo(event, type === "identify" ? "traits" : "properties", random, bytes);
}

/** An event in the fields of the Layers mobile SDKs. */
export function layersEvent(random: SeededRandom, prefix: string, bytes: number): Record<string, unknown> {
  const event: Record<string, unknown> = {
    event: random.pick(["trial_start", "purchase_success", "paywall_show"]),
    event_id: `${prefix}${marks.message}`,
    timestamp: marks.time,
    install_id: `visitor-${marks.visitor}`,
    platform: "ios",
    app_name: "Shop",
    bundle_id: "com.example.shop",
    os_version: `18.${random.below(6)}`,
    app_version: `4.${random.below(20)}.${random.below(9)}`,
    device_model: random.pick(["iPhone17,1", "iPhone15,3", "iPad14,1"]),
    locale: random.pick(["de-DE", "en-US", "ja-JP"]),
    properties: propertiesOf(random),
  };
  if (random.chance(60)) event["app_user_id"] = `user_${marks.user}`;
  return fillTo(event, "properties", random, bytes);
}

function contextOf(random: SeededRandom, isApp: boolean): Record<string, unknown> {
  const context: Record<string, unknown> = {
    library: { name: "analytics.js", version: `2.${random.below(9)}.0` },
    ip: `93.184.${random.below(256)}.${random.below(256)}`,
  };
  if (isApp) {
    context["app"] = { name: "Shop", namespace: "com.example.shop", version: `4.${random.below(20)}` };
    context["os"] = { name: "iOS", version: `18.${random.below(6)}` };
  } else {
    const path = random.pick(paths);
    context["page"] = { path, url: `https://www.shop.example${path}?utm_source=newsletter` };
  }
  if (random.chance(30)) context["traits"] = traitsOf(random);
  if (random.chance(10))
    context["userAgent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1";
  return context;
}

function traitsOf(random: SeededRandom): Record<string, unknown> {
  const traits: Record<string, unknown> = { email: `Person.${marks.user}@Example.com` };
  if (random.chance(50)) traits["phone"] = `+49 15${random.below(10)} ${1_000_000 + random.below(8_999_999)}`;
  if (random.chance(25)) traits["first_name"] = random.pick(firstNames);
  if (random.chance(30)) traits["city"] = random.pick(cities);
  return traits;
}

function propertiesOf(random: SeededRandom): Record<string, unknown> {
  const properties: Record<string, unknown> = {
    revenue: random.below(100_000) / 100,
    currency: random.pick(["EUR", "USD"]),
  };
  if (random.chance(50)) properties["order_id"] = `order-${marks.message}`;
  if (random.chance(7)) properties["internal_note"] = "call back";
  return properties;
}

/** Adds products and notes until the event has about as many bytes as are wanted. */
function fillTo(event: Record<string, unknown>, into: string, random: SeededRandom, bytes: number) {
  const members = event[into] as Record<string, unknown>;
  const list: unknown[] = [];
  let missing = bytes - Buffer.byteLength(JSON.stringify(event));
  for (let part = 0; part < partsMax && missing > 40; part += 1) {
    const added = missing > 120 && random.chance(60) ? productOf(random) : noteOf(random, Math.min(missing - 20, 200));
    if (typeof added === "string") members[`note_${part}`] = added;
    else list.push(added);
    missing -= Buffer.byteLength(JSON.stringify(added)) + 12;
  }
  if (list.length > 0) members["products"] = list;
  return event;
}

function productOf(random: SeededRandom): Record<string, unknown> {
  const name = random.pick(products);
  return {
    product_id: `sku-${random.below(900)}`,
    name,
    price: random.below(10_000) / 100,
    quantity: 1 + random.below(4),
  };
}

function noteOf(random: SeededRandom, chars: number): string {
  let note = random.pick(words);
  while (note.length < chars) note += ` ${random.pick(words)}`;
  return note;
}
