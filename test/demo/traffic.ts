import { Analytics } from "@segment/analytics-node";
import type { Credentials } from "../tidegate-process.ts";

/** A person as an app knows one. Everything here is made up. */
export interface Person {
  readonly userId: string;
  readonly anonymousId: string;
  readonly email: string;
  readonly phone: string;
  readonly ip: string;
  readonly userAgent: string;
}

export interface Sent {
  readonly segment: number;
  readonly layers: number;
  readonly bots: number;
  readonly staging: number;
  readonly conversions: number;
}

const webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const blink = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0";
const userAgents = [
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) ${webkit} Version/18.2 Mobile/15E148 Safari/604.1`,
  `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${blink} Mobile Safari/537.36`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${blink} Safari/537.36`,
];
const botUserAgent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const names = ["Ana Sørensen", "Bo Nguyễn", "Chloé Martin", "Dmitri Петров", "Eve 李", "Farid Haddad", "Gül Yılmaz"];
const products = ["Tide table", "Brass sextant", "Harbour lamp", "Oilskin coat", "Sounding line"];
const botEvery = 17;
const stagingEvery = 13;

/** The people of the demo; the same ones each time. */
export function people(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    userId: `user-${index}`,
    anonymousId: `anon-${index}`,
    email: `Person.${index}@mail.example.org`,
    phone: `+1650555${String(1000 + index)}`,
    ip: `81.2.69.${(index % 250) + 1}`,
    userAgent: userAgents[index % userAgents.length] as string,
  }));
}

/** Sends `count` events through Segment's own Node library: pages, identifies, orders; bots and staging among them. */
export async function sendWithSegment(
  credentials: Credentials,
  crowd: readonly Person[],
  count: number,
  progress: () => void,
): Promise<Omit<Sent, "layers">> {
  const analytics = new Analytics({ writeKey: credentials.write_key, host: credentials.ingest_url, flushAt: 20 });
  const failed: unknown[] = [];
  analytics.on("error", (error) => failed.push(error.code));
  const sent = { segment: 0, bots: 0, staging: 0, conversions: 0 };
  for (let index = 0; index < count; index += 1) {
    const person = crowd[index % crowd.length] as Person;
    const bot = index % botEvery === botEvery - 1;
    const staging = !bot && index % stagingEvery === stagingEvery - 1;
    const path = staging ? "/staging/checkout" : "/checkout";
    const context = {
      ip: person.ip,
      userAgent: bot ? botUserAgent : person.userAgent,
      page: { url: `https://shop.example${path}?ref=${encodeURIComponent(person.email)}` },
    };
    sendOne(analytics, person, index, context);
    sent.segment += 1;
    if (bot) sent.bots += 1;
    else if (staging) sent.staging += 1;
    else if (index % 3 === 2) sent.conversions += 1;
    progress();
  }
  await analytics.closeAndFlush({ timeout: 20_000 });
  if (failed.length > 0) throw new Error(`the Segment library reported ${failed.length} failures`);
  return sent;
}

function sendOne(analytics: Analytics, person: Person, index: number, context: object): void {
  const { userId, anonymousId, email, phone } = person;
  const name = names[index % names.length] as string;
  if (index % 3 === 0)
    analytics.page({ userId, anonymousId, name: "Checkout", properties: { step: index % 4 }, context });
  if (index % 3 === 1) analytics.identify({ userId, anonymousId, traits: { email, phone, name }, context });
  if (index % 3 !== 2) return;
  const product = products[index % products.length] as string;
  const properties = {
    email,
    phone,
    revenue: 10 + (index % 90) / 2,
    currency: "EUR",
    order_id: `order-${index}`,
    products: [{ product_id: `sku-${index % 5}`, name: product, price: 19.5, quantity: 1 }],
    credit_card: "4111111111111111",
    note: `ask ${email} for the address`,
  };
  analytics.track({ userId, anonymousId, event: "Order Completed", properties, context });
}

const layersBatch = 10;

/** Sends `count` app events in the Layers dialect over plain HTTP, gzip on every other batch. */
export async function sendWithLayers(
  credentials: Credentials,
  crowd: readonly Person[],
  count: number,
  progress: () => void,
): Promise<{ layers: number; conversions: number }> {
  for (let start = 0; start < count; start += layersBatch) {
    const events = Array.from({ length: Math.min(layersBatch, count - start) }, (_, offset) =>
      layersEvent(crowd[(start + offset) % crowd.length] as Person, start + offset, credentials.app_id),
    );
    const json = new TextEncoder().encode(JSON.stringify({ events, sent_at: new Date().toISOString() }));
    const zipped = (start / layersBatch) % 2 === 1;
    const body = zipped ? await gzip(json) : json;
    const answer = await fetch(`${credentials.ingest_url}/l/events`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-app-id": credentials.app_id,
        "user-agent": userAgents[0] as string,
        ...(zipped ? { "content-encoding": "gzip" } : {}),
      },
      body: body as BodyInit,
    });
    if (answer.status !== 202) throw new Error(`the Layers endpoint answered ${answer.status}`);
    for (const _ of events) progress();
  }
  return { layers: count, conversions: count };
}

function layersEvent(person: Person, index: number, appId: string): object {
  return {
    event: index % 2 === 0 ? "trial_start" : "purchase_success",
    event_id: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
    app_id: appId,
    app_user_id: person.userId,
    install_id: person.anonymousId,
    session_id: `client-session-${index % 9}`,
    environment: "production",
    platform: "ios",
    os_version: "18.2",
    app_version: "4.1.0",
    device_model: "iPhone17,1",
    locale: "de-DE",
    att_status: "denied",
    idfv: crypto.randomUUID(),
    properties: { email: person.email, phone_number: person.phone, value: 9.99, currency: "USD", ip: person.ip },
  };
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
