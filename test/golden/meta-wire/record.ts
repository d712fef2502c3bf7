// Records anew what Meta's library for Node sends; README.md says when and how.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import process from "node:process";

type Members = Record<string, unknown>;
interface Row extends Members {
  readonly input: unknown;
}
type Maker = new (...parts: unknown[]) => Members;
interface EventRequest {
  setEvents(events: readonly unknown[]): { execute(): Promise<unknown> };
}

/** Fields of `user_data` → the library's own names for one value, and for a list. */
const userNames: Readonly<Record<string, readonly [one: string, list: string]>> = {
  em: ["email", "emails"],
  ph: ["phone", "phones"],
  ge: ["gender", "genders"],
  db: ["date_of_birth", "dates_of_birth"],
  fn: ["first_name", "first_names"],
  ln: ["last_name", "last_names"],
  ct: ["city", "cities"],
  st: ["state", "states"],
  zp: ["zip", "zips"],
  country: ["country", "countries"],
  external_id: ["external_id", "external_ids"],
};
const token = "TOKEN";
const dataset = "1234567890";
const known = { email: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f" };
const plain = {
  event_name: "Lead",
  event_time: 1_768_002_600,
  event_id: "message-1",
  action_source: "system_generated",
  user_data: known,
};

const folder = process.argv[2];
if (folder === undefined) throw new Error("Say in which folder the library is installed");
const load = createRequire(`${folder}/package.json`);
const name = "facebook-nodejs-business-sdk";
const version = (load(`${name}/package.json`) as { version: string }).version;

/** What was hashed last, to tell a reader which text a hash is of. */
const hashed = new Map<string, string>();
const sha256 = load("js-sha256") as (text: string) => string;
const hasher = load.resolve("js-sha256");
load.cache[hasher]!.exports = (text: string) => {
  const hash = sha256(text);
  hashed.set(hash, text);
  return hash;
};
const library = load(name) as Record<string, Maker> & { EventRequest: new (...parts: unknown[]) => EventRequest };

interface Wire {
  method: string;
  url: string;
  headers: Members;
  body: Members & { data: (Members & { user_data: Members; custom_data: Members })[] };
}
let heard: Wire | null = null;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { "content-type": type, accept, "user-agent": agent } = request.headers;
    const headers = { "content-type": type, accept, "user-agent": agent };
    const body = JSON.parse(Buffer.concat(chunks).toString());
    heard = { method: request.method ?? "", url: request.url ?? "", headers, body };
    response.setHeader("content-type", "application/json").end('{"events_received":1,"messages":[]}');
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
Object.defineProperty(library["FacebookAdsApi"], "GRAPH", { get: () => base });

function fill(maker: string, members: Members): Members {
  return Object.assign(new (library[maker] as Maker)(), members);
}

function customDataOf(members: Members): Members {
  const { contents } = members;
  const listed = Array.isArray(contents) ? { contents: contents.map((one: Members) => fill("Content", one)) } : {};
  return fill("CustomData", { ...members, ...listed });
}

function appDataOf(members: Members): Members {
  return fill("AppData", { ...members, extinfo: fill("ExtendedDeviceInfo", members["extinfo"] as Members) });
}

function eventOf({ user_data, custom_data, app_data, ...members }: Members): Members {
  return fill("ServerEvent", {
    ...members,
    user_data: fill("UserData", user_data as Members),
    ...(custom_data ? { custom_data: customDataOf(custom_data as Members) } : {}),
    ...(app_data ? { app_data: appDataOf(app_data as Members) } : {}),
  });
}

/** What goes over the wire; null if the library throws instead. */
async function wireOf(event: () => Members, request: Members = {}): Promise<Wire | null> {
  heard = null;
  hashed.clear();
  const { events = 1, app_secret, ...members } = request;
  try {
    const made = new library.EventRequest(token, dataset, [], ...Array(8).fill(undefined), app_secret);
    Object.assign(made, members);
    await made.setEvents(Array.from({ length: Number(events) }, event)).execute();
  } catch {
    return null;
  }
  return heard;
}

async function recordUser(row: Row): Promise<Row> {
  const { field, input } = row as Row & { field: string };
  const names = userNames[field] ?? [field, field];
  const user_data = { ...(field === "em" ? {} : known), [Array.isArray(input) ? names[1] : names[0]]: input };
  const wire = await wireOf(() => eventOf({ ...plain, user_data }));
  if (wire === null) return { field, input, throws: true };
  const sent = wire.body.data[0]?.user_data[field] ?? null;
  const texts = (Array.isArray(sent) ? sent : [sent]).map((one) => hashed.get(String(one)));
  return { field, input, sent, ...(texts.some((text) => text !== undefined) ? { hashed: texts } : {}) };
}

async function recordCustom(row: Row): Promise<Row> {
  const { key, input } = row as Row & { key: string };
  const wire = await wireOf(() => eventOf({ ...plain, custom_data: { [key]: input } }));
  return wire === null ? { key, input, throws: true } : { key, input, sent: wire.body.data[0]?.custom_data ?? null };
}

async function recordEvent({ name, input, ours }: Row): Promise<Row> {
  const wire = await wireOf(() => eventOf({ ...plain, ...(input as Members) }));
  const made = { name, input, ours };
  return wire === null ? { ...made, throws: true } : { ...made, sent: wire.body.data[0] };
}

async function recordRequest({ name, input }: Row): Promise<Row> {
  return { name, input, sent: await wireOf(() => eventOf(plain), input as Members) };
}

/** Escapes what a reader could not see: marks that combine, spaces that are none of ASCII's, signs without width. */
function visible(json: string): string {
  const hidden = /[\p{M}\p{Cf}\u0080-\u00a0\u2000-\u200f\u2028-\u202f\u3000]/gu;
  return json.replace(hidden, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const files = { "user-data": recordUser, "custom-data": recordCustom, events: recordEvent, requests: recordRequest };
for (const [file, record] of Object.entries(files)) {
  const path = new URL(`${file}.json`, import.meta.url);
  const { rows } = JSON.parse(readFileSync(path, "utf8")) as { rows: Row[] };
  const lines: string[] = [];
  for (const row of rows) lines.push(visible(JSON.stringify(await record(row))));
  writeFileSync(path, `{"of":"${name} ${version}","rows":[\n${lines.join(",\n")}\n]}\n`);
}
server.close();
