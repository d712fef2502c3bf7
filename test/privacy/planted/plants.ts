import { SeededRandom } from "../../properties/seeded-random.ts";

/** A value that nobody may read again, in one encoding, in one place of an event. */
export interface Plant {
  /** Kind, encoding and place, for whoever reads a failure. */
  readonly name: string;
  /** Members of the event, as JSON text. */
  readonly members: string;
  /** In lower case; none of them may be in what comes out. */
  readonly secrets: readonly string[];
  /** The User-Agent of the connection that sends it. */
  readonly userAgent: string | null;
}

interface Value {
  readonly kind: "email" | "phone" | "ip" | "agent" | "sender";
  readonly text: string;
  readonly secrets: readonly string[];
}

type Encode = (text: string) => string;

const encode = encodeURIComponent;
const json = (value: unknown) => JSON.stringify(value);
const replaced =
  (sign: string, by: string): Encode =>
  (text) =>
    text.replace(sign, () => by);

/** Ways to write an email so that a reader, a browser or a parser still reads it as one. */
const emailForms: Readonly<Record<string, Encode>> = {
  plain: (text) => text,
  "in brackets": (text) => `Ana <${text}>, hi`,
  percent: encode,
  "percent twice": (text) => encode(encode(text)),
  "every byte": (text) => [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(""),
  "entity &#64;": replaced("@", "&#64;"),
  "entity &#x40;": replaced("@", "&#x40;"),
  "entity &commat;": replaced("@", "&commat;"),
  "entity twice": replaced("@", "&amp;#64;"),
  "percent of an entity": (text) => encode(text.replace("@", "&#64;")),
  "%u0040": replaced("@", "%u0040"),
  "\\u0040": replaced("@", "\\u0040"),
  "\\x40": replaced("@", "\\x40"),
  "\\@": replaced("@", "\\@"),
  "=40": replaced("@", "=40"),
  fullwidth: replaced("@", "\uff20"),
  "%EF%BC%A0": replaced("@", "%EF%BC%A0"),
  "zero width": replaced("@", "\u200b@\u2060"),
  capitals: (text) => text.toUpperCase(),
  domain: (text) => text.replace(/@.*/, "@[10.9.8.7]"),
  idn: (text) => text.replace(".example", ".b\u00fccher.example"),
  JSON: (text) => json({ to: text, n: [1] }),
  "JSON twice": (text) => json({ p: json({ to: text }) }),
};

/** Texts in which a key of the table names the value. */
const namedForms: Readonly<Record<string, (key: string, text: string) => string>> = {
  JSON: (key, text) => json({ a: 1, [key]: text, b: 2 }),
  "JSON of a list": (key, text) => json({ [key]: [text], b: 2 }),
  "JSON of an object": (key, text) => json({ [key]: { raw: text }, b: 2 }),
  "JSON twice": (key, text) => json({ p: json({ [key]: text, b: 2 }) }),
  "JSON in entities": (key, text) => json({ [key]: text }).replaceAll('"', "&quot;"),
  "JSON in a URL": (key, text) => `https://s.example/?d=${encode(json({ [key]: text }))}&x=1`,
  "a pair": (key, text) => json([{ name: key, value: text }]),
  "a pair, value first": (key, text) => json({ value: text, key }),
  "a pair of OpenTelemetry": (key, text) => json([{ key, value: { stringValue: text } }]),
  query: (key, text) => `https://s.example/a?x=1&${key}=${encode(text)}&y=2`,
  fragment: (key, text) => `https://s.example/#/a?${key}=${encode(text)}`,
  "query in a query": (key, text) => `?u=${encode(`https://s.example/?${key}=${encode(text)}&x=1`)}&y=2`,
  "query in HTML": (key, text) => `/?x=1&amp;${key}=${encode(text)}&amp;y=2`,
  form: (key, text) => `x=1&${encode(`user[${lastName(key)}]`)}=${encode(text).replaceAll("%20", "+")}&y=2`,
  header: (key, text) => `Host: s.example\r\n${key}: ${text}\r\nAccept: */*`,
  "object of a script": (key, text) => `push({'a':1,'${key}':'${text}','b':2})`,
  "arrow of PHP": (key, text) => `['a' => 1, '${key}' => '${text}']`,
  "card with parameters": (key, text) => `N:x\r\n${key};TYPE=CELL,pref:${text}\r\nEND`,
  "next line": (key, text) => `x: 1\r\n${key}:\r\n ${text}\r\ny: 2`,
  "blank before the colon": (key, text) => `${key}\u00a0: ${text}`,
  cookie: (key, text) => `sid=1; ${key}=${encode(text)}; x=1`,
};

function lastName(key: string): string {
  return key
    .replaceAll(/\[\d\]|\.value|\]/g, "")
    .split(/[.[]/)
    .at(-1) as string;
}

const keysOf = {
  phone: ["phone", "Phone_Number", "mobile", "user.tel", "phones[0]", "user[user.tel]", "phones[1].value"],
  ip: ["ip", "X-Forwarded-For", "client_ip"],
  agent: ["user_agent", "userAgent", "http.user_agent", "ua"],
} as const;

/** Texts that hold a User-Agent without a name for it. */
const agentForms: Readonly<Record<string, Encode>> = {
  plain: (text) => text,
  "in a sentence": (text) => `seen with ${text}`,
  capitals: (text) => text.toUpperCase(),
  quoted: (text) => `agent="${text}" ok`,
  percent: (text) => `/?b=${encode(text)}&x=1`,
  "percent twice": (text) => `/?u=${encode(`/?b=${encode(text)}`)}`,
  plus: (text) => `/?b=${text.replaceAll(" ", "+")}&x=1`,
  JSON: (text) => json({ b: text, x: 1 }),
  "JSON twice": (text) => json({ p: json({ b: text }) }),
};

/** Where a text stands in an event. */
const places: Readonly<Record<string, (text: string) => string>> = {
  property: (text) => `"properties":{"note":${json(text)}}`,
  "deep in lists": (text) => `"properties":{"a":[[{"b":${json(text)}}]]}`,
  key: (text) => `"properties":{${json(text)}:1}`,
  "key of an object": (text) => `"properties":{"a":{${json(text)}:{"b":1}}}`,
  "event's name": (text) => `"event":${json(text)}`,
  "user's id": (text) => `"userId":${json(text)}`,
  "message's id": (text) => `"messageId":${json(text)}`,
  "page's URL": (text) => `"context":{"page":{"url":${json(text)}}}`,
  "library's version": (text) => `"context":{"library":{"name":"x","version":${json(text)}}}`,
  trait: (text) => `"traits":{"about":${json(text)}}`,
  "with escapes": (text) => `"properties":{"note":${escapeEach(text)}}`,
  "with white space": (text) => `"properties" : { "note" : ${json(text)} }`,
};

function escapeEach(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

const consonants = "bcdfghjklmnpqrstvwxz";

function word(random: SeededRandom): string {
  return Array.from({ length: 10 }, () => consonants[random.below(consonants.length)]).join("");
}

function makeValue(kind: Value["kind"], random: SeededRandom): Value {
  const own = word(random);
  const digits = Array.from({ length: 8 }, () => 2 + random.below(8)).join("");
  if (kind === "email") return { kind, text: `${own}@${word(random)}.example`, secrets: [own] };
  if (kind === "phone") return { kind, text: `0151 ${digits}`, secrets: [digits] };
  if (kind === "ip") return { kind, text: `10.1${digits.slice(0, 1)}.2${digits.slice(1, 2)}.77`, secrets: [".77"] };
  if (kind === "sender") return { kind, text: `${own}/1.2.3`, secrets: [own] };
  const system = random.pick([
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Dalvik/2.1.0 (Linux; Android 14)",
    "Shop/2.0 (iPhone)",
  ]);
  return { kind, text: `${system} ${own}/7.1`, secrets: [own] };
}

/** Makes every combination of encoding and place once, each with a value of its own; the same seed makes the same. */
export function makePlants(seed: number): Plant[] {
  const random = new SeededRandom(seed);
  const plants: Plant[] = [];
  const plant = (name: string, { kind, text, secrets }: Value, write: Encode) => {
    for (const [place, put] of Object.entries(places)) {
      const userAgent = kind === "sender" ? text : null;
      plants.push({ name: `${kind}, ${name}, ${place}`, members: put(write(text)), secrets, userAgent });
    }
  };
  for (const [name, form] of Object.entries(emailForms)) plant(name, makeValue("email", random), form);
  for (const kind of ["agent", "sender"] as const) {
    for (const [name, form] of Object.entries(agentForms)) plant(name, makeValue(kind, random), form);
  }
  for (const kind of ["phone", "ip", "agent"] as const) {
    for (const key of keysOf[kind]) {
      for (const [name, form] of Object.entries(namedForms)) {
        plant(`${name} of ${key}`, makeValue(kind, random), (text) => form(key, text));
      }
    }
  }
  return plants;
}
