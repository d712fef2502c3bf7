import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import type { TidegateProcess } from "../tidegate-process.ts";
import { emailEvents, eventText, type PlantedEvent, phoneEvents, senderEvents } from "./canary-events.ts";
import type { CanaryMint } from "./canary-mint.ts";

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly what: string;
  readonly status: number;
  readonly bytes: Buffer;
}

/** Sends requests with whatever headers and body, and keeps every answer whole, headers included. */
export interface Sender {
  readonly answers: readonly WireAnswer[];
  send(request: {
    readonly what: string;
    readonly url: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  }): Promise<WireAnswer>;
}

export function openSender(): Sender {
  const answers: WireAnswer[] = [];
  return {
    answers,
    send({ what, url, method = "POST", headers = {}, body }) {
      return new Promise((resolve, reject) => {
        const options = { method, agent: false, headers: { connection: "close", ...headers } };
        const request = httpRequest(url, options, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", reject);
          response.once("end", () => {
            const head = Buffer.from(response.rawHeaders.join("\n"));
            const answer = { what, status: response.statusCode ?? 0, bytes: Buffer.concat([head, ...chunks]) };
            answers.push(answer);
            resolve(answer);
          });
        });
        request.once("error", (error) => reject(new Error(`${what}: ${error.message}`)));
        request.end(body);
      });
    },
  };
}

const layersNames: Readonly<Record<string, string>> = {
  userId: "user_id",
  anonymousId: "install_id",
  messageId: "event_id",
  sentAt: "sent_at",
};

/** The same event as a Layers app would send it. */
function inLayers({ where, members = {}, text }: PlantedEvent): PlantedEvent {
  const renamed = Object.entries(members).map(([name, value]) => [layersNames[name] ?? name, value]);
  return { where, members: Object.fromEntries(renamed), ...(text === undefined ? {} : { text }) };
}

/** Headers that carry every kind of raw value a connection can. */
export function plantedHeaders(mint: CanaryMint, where: string): Record<string, string> {
  const email = mint.email(`headers of ${where}`);
  return {
    "user-agent": mint.userAgent(`User-Agent of ${where}`),
    "x-forwarded-for": `${mint.ipv4(`X-Forwarded-For of ${where}`)}, ${mint.ipv6(`X-Forwarded-For of ${where}`)}`,
    "x-real-ip": mint.ipv4(`X-Real-IP of ${where}`),
    forwarded: `for="[${mint.ipv6(`Forwarded of ${where}`)}]";proto=https`,
    referer: `https://a.example/account?email=${encodeURIComponent(email)}`,
    cookie: `user=${email}; phone=${mint.phone(`Cookie of ${where}`)}`,
    "x-request-id": email,
    traceparent: mint.secret(`traceparent of ${where}`),
    from: email,
  };
}

export interface Traffic {
  readonly tidegate: TidegateProcess;
  readonly mint: CanaryMint;
  readonly sender: Sender;
}

/** Sends the planted events through every dialect. Returns how many events were accepted. */
export async function sendAccepted(traffic: Traffic, round: string): Promise<number> {
  let accepted = 0;
  accepted += await sendBatches(traffic, round);
  accepted += await sendSingles(traffic, round);
  accepted += await sendLayers(traffic, round);
  accepted += await sendSigned(traffic, round);
  accepted += await sendTokens(traffic, round);
  return accepted;
}

function plantedEvents(mint: CanaryMint): PlantedEvent[] {
  return [...emailEvents(mint), ...phoneEvents(mint), ...senderEvents(mint)];
}

function basic(tidegate: TidegateProcess): string {
  return `Basic ${btoa(`${tidegate.credentials.write_key}:`)}`;
}

async function expectTaken(sending: Promise<WireAnswer>, events: number): Promise<number> {
  const answer = await sending;
  const text = answer.bytes.toString();
  if (answer.status > 202 || /"rejected":(\[|[1-9])/.test(text))
    throw new Error(`${answer.what}: ${answer.status} ${text}`);
  return events;
}

async function sendBatches({ tidegate, mint, sender }: Traffic, round: string): Promise<number> {
  let accepted = 0;
  for (const path of ["/v1/batch", "/v1/import", "/v1/b?email=x"]) {
    const where = `${path} ${round}`;
    const planted = plantedEvents(mint);
    // Some vendors take events of pages only.
    const place = path === "/v1/import" ? { context: { page: { url: "https://shop.example/thanks" } } } : {};
    const texts = planted.map((event, index) =>
      eventText({ type: "track", event: "Planted", anonymousId: `anonymous-${round}-${index}`, ...place }, event),
    );
    const email = mint.email(`beside the batch, ${where}`);
    const body = `{"context":{"email":"${email}"},"sentAt":"${email}","batch":[${texts.join(",")}],"${email}":1}`;
    const headers = { ...plantedHeaders(mint, where), authorization: basic(tidegate) };
    const url = `${tidegate.credentials.ingest_url}${path}`;
    const zipped = path === "/v1/import";
    const answer = sender.send({
      what: where,
      url: `${url}${path.includes("?") ? "" : "?"}&who=${encodeURIComponent(mint.email(`query of ${where}`))}`,
      headers: { ...headers, ...(zipped ? { "content-encoding": "gzip" } : {}) },
      body: zipped ? gzipSync(body) : body,
    });
    accepted += await expectTaken(answer, planted.length);
  }
  return accepted;
}

/** One event with a raw value of every kind. */
function richEvent(mint: CanaryMint, where: string): Record<string, unknown> {
  const email = mint.email(where);
  return {
    event: "Planted",
    name: `Account of ${email}`,
    userId: email,
    previousId: mint.email(`previousId of ${where}`),
    groupId: mint.email(`groupId of ${where}`),
    traits: { email, phone: mint.phone(where, (digits) => `+${digits}`), lastIp: mint.ipv4(where) },
    properties: { note: `from ${email}`, user_agent: mint.userAgent(where) },
    context: { ip: mint.ipv6(where), userAgent: mint.userAgent(`context of ${where}`) },
  };
}

async function sendSingles({ tidegate, mint, sender }: Traffic, round: string): Promise<number> {
  const { ingest_url: url, write_key: writeKey } = tidegate.credentials;
  const calls = ["track", "identify", "page", "screen", "group", "alias", "t", "i", "p", "s", "g", "a"];
  for (const call of calls) {
    const where = `/v1/${call} ${round}`;
    const body = JSON.stringify({ ...richEvent(mint, where), writeKey, type: "whatever" });
    const headers = { ...plantedHeaders(mint, where), "content-type": "text/plain" };
    await expectTaken(sender.send({ what: where, url: `${url}/v1/${call}`, headers, body }), 1);
  }
  const pixels = ["track", "page"];
  for (const call of pixels) {
    const where = `/v1/pixel/${call} ${round}`;
    const data = Buffer.from(JSON.stringify({ ...richEvent(mint, where), writeKey })).toString("base64");
    const query = `data=${encodeURIComponent(data)}&email=${encodeURIComponent(mint.email(`query of ${where}`))}`;
    const headers = plantedHeaders(mint, where);
    const pixel = { what: where, url: `${url}/v1/pixel/${call}?${query}`, method: "GET", headers };
    await expectTaken(sender.send(pixel), 1);
  }
  await expectTaken(sender.send(pixelOfParameters(mint, writeKey, `${url}/v1/pixel/track`, round)), 1);
  return calls.length + pixels.length + 1;
}

/** An event whose members are parameters, raw values in their names and in what the names lead to. */
function pixelOfParameters(mint: CanaryMint, writeKey: string, url: string, round: string) {
  const where = `parameters of /v1/pixel/track ${round}`;
  const query = new URLSearchParams({
    ...{ writeKey, userId: mint.email(where), event: `Planted ${mint.email(where)}` },
    ...{ "properties.phone": mint.phone(where), "properties.a.b": mint.ipv4(where), "context.ip": mint.ipv6(where) },
    ...{ "context.userAgent": mint.userAgent(where), [mint.email(`a name, ${where}`)]: "1" },
    ...{ [`properties.${mint.email(`a path, ${where}`)}`]: "1", [`traits.${mint.ipv4(`a path, ${where}`)}`]: "1" },
  });
  return { what: where, url: `${url}?${query}`, method: "GET", headers: plantedHeaders(mint, where) };
}

async function sendLayers({ tidegate, mint, sender }: Traffic, round: string): Promise<number> {
  const { ingest_url: url, app_id: appId } = tidegate.credentials;
  const headersOf = (where: string) => ({ ...plantedHeaders(mint, where), "x-app-id": appId });
  const planted = plantedEvents(mint).map(inLayers);
  const texts = planted.map((event, index) =>
    eventText({ event: "purchase_success", platform: "ios", install_id: `install-${round}-${index}` }, event),
  );
  const where = `/l/events ${round}`;
  const body = `{"sent_at":"${mint.email(where)}","events":[${texts.join(",")}]}`;
  await expectTaken(sender.send({ what: where, url: `${url}/l/events`, headers: headersOf(where), body }), 1);
  const rest = ["/events", "/users/properties", "/l/consent"];
  for (const path of rest) {
    const place = `${path} ${round}`;
    const { userId, previousId: _, ...event } = richEvent(mint, place);
    const one = {
      ...event,
      user_id: userId,
      advertising: true,
      user_properties: { mail: mint.email(`more of ${place}`) },
    };
    const text = JSON.stringify(path === "/events" ? { events: [one] } : one);
    await expectTaken(sender.send({ what: place, url: `${url}${path}`, headers: headersOf(place), body: text }), 1);
  }
  return planted.length + rest.length;
}

async function sendSigned({ tidegate, mint, sender }: Traffic, round: string): Promise<number> {
  const { ingest_url: url, signing_secret: secret } = tidegate.credentials;
  const where = `/v1/events ${round}`;
  const body = JSON.stringify({ batch: [{ ...richEvent(mint, where), type: "track" }] });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  const headers = {
    ...plantedHeaders(mint, where),
    authorization: basic(tidegate),
    "x-timestamp": timestamp,
    "x-signature": `sha256=${signature}`,
  };
  return await expectTaken(sender.send({ what: where, url: `${url}/v1/events`, headers, body }), 1);
}

/** Tokens of Apple's AdServices, each a secret: in an event, and sent by themselves in both dialects. */
async function sendTokens({ tidegate, mint, sender }: Traffic, round: string): Promise<number> {
  const { ingest_url: url, app_id: appId } = tidegate.credentials;
  const send = (where: string, path: string, headers: Record<string, string>, body: object) =>
    expectTaken(
      sender.send({
        what: where,
        url: `${url}${path}?email=${encodeURIComponent(mint.email(`query of ${where}`))}`,
        headers: { ...plantedHeaders(mint, where), ...headers },
        body: JSON.stringify(body),
      }),
      1,
    );
  const token = (where: string) => mint.secret(`Apple's token, ${where}`);
  const authorization = { authorization: basic(tidegate) };
  const inEvent = `a token in an event, ${round}`;
  const properties = { apple_ads_token: token(inEvent), email: mint.email(inEvent) };
  await send(inEvent, "/v1/track", authorization, { event: "Planted", anonymousId: `install ${round}`, properties });
  const path = "/v1/apple-ads-attribution";
  for (const [where, headers] of [
    [`${path} with a write key, ${round}`, authorization],
    [`${path} of an app, ${round}`, { "x-app-id": appId }],
  ] as const) {
    const ids = { install_id: mint.email(`install of ${where}`), user_id: mint.email(`user of ${where}`) };
    await send(where, path, headers as Record<string, string>, { token: token(where), ...ids });
  }
  return 3;
}
