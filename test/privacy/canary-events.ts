import type { CanaryMint } from "./canary-mint.ts";

/** An event as it is sent: members that a test adds to an event of its dialect, or the JSON text itself. */
export interface PlantedEvent {
  readonly where: string;
  readonly members?: Readonly<Record<string, unknown>>;
  /** Members as JSON text, for spellings that `JSON.stringify` would not write. */
  readonly text?: string;
}

const longText = 12_000;

function percentEncode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function escapeEach(text: string): string {
  return [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** Spellings of an at-sign in HTML, JavaScript, mail and URLs. */
const atSigns = {
  "an entity": "&#64;",
  "an entity in hex": "&#x40;",
  "an entity by name": "&commat;",
  "an entity twice": "&amp;#64;",
  "%u0040": "%u0040",
  "=40": "=40",
  "UTF-8": "%EF%BC%A0",
  "an escape": "\\@",
};

/** Emails in every place of an event: any key, any depth, in keys, names and ids, encoded as the field encodes. */
export function emailEvents(mint: CanaryMint): PlantedEvent[] {
  const plant = (where: string, members: (email: string) => Record<string, unknown>): PlantedEvent => ({
    where,
    members: members(mint.email(where)),
  });
  const write = (where: string, text: (email: string) => string): PlantedEvent => ({
    where,
    text: text(mint.email(where)),
  });
  const keys = ["email", "E-Mail", "user.email", "traits[email]", "emailAddress", "contact_email", "em", "$email"];
  const ids = ["userId", "anonymousId", "messageId", "groupId", "previousId"];
  const pageMembers = ["url", "referrer", "search", "path", "title"];
  const times = ["timestamp", "originalTimestamp", "sentAt"];
  return [
    ...keys.map((key) => plant(`properties.${key}`, (email) => ({ properties: { [key]: email } }))),
    ...ids.map((id) => plant(id, (email) => ({ [id]: email }))),
    ...times.map((time) => plant(time, (email) => ({ [time]: email }))),
    ...pageMembers.map((member) =>
      plant(`context.page.${member}`, (email) => ({ context: { page: { [member]: email } } })),
    ),
    plant("traits.email", (email) => ({ traits: { email: ` ${email.toUpperCase()} ` } })),
    plant("context.traits.email", (email) => ({ context: { traits: { email } } })),
    plant("the event's name", (email) => ({ event: `Invited ${email}` })),
    plant("a page's name", (email) => ({ type: "page", name: `Inbox of ${email}` })),
    plant("an unknown key", (email) => ({ properties: { whatever: `write to <${email}>, soon` } })),
    plant("a top-level key", (email) => ({ extra: email })),
    plant("integrations", (email) => ({ integrations: { All: true, [email]: { email } } })),
    plant("an object's key", (email) => ({ properties: { [email]: 1, nested: { [`of ${email}`]: { a: 1 } } } })),
    plant("deep arrays", (email) => ({ properties: { a: [[{ b: [{ c: [email] }] }]] } })),
    plant("an array of emails", (email) => ({ traits: { emails: [email, null, 1, { value: email }] } })),
    plant("an object under an email's key", (email) => ({ properties: { email: { value: email, other: [email] } } })),
    plant("JSON in a string", (email) => ({ properties: { payload: JSON.stringify({ email }) } })),
    plant("JSON in JSON in a string", (email) => ({
      properties: { payload: JSON.stringify({ inner: JSON.stringify({ mail: `x ${email}` }) }) },
    })),
    plant("percent-encoded", (email) => ({
      context: { page: { url: `https://a.example/?e=${encodeURIComponent(email)}` } },
    })),
    plant("percent-encoded twice", (email) => ({
      properties: {
        url: `https://a.example/?u=${encodeURIComponent(`https://b.example/?e=${encodeURIComponent(email)}`)}`,
      },
    })),
    plant("every byte percent-encoded", (email) => ({
      properties: { url: `https://a.example/${percentEncode(email)}` },
    })),
    plant("a mailto link", (email) => ({ properties: { link: `mailto:${email}?subject=hi` } })),
    plant("a URL's user", (email) => ({ properties: { link: `ftp://${email}/file` } })),
    ...Object.entries(atSigns).map(([name, sign]) =>
      plant(`an at-sign as ${name}`, (email) => ({ properties: { note: email.replace("@", () => sign) } })),
    ),
    plant("a full-width at-sign", (email) => ({ properties: { note: email.replace("@", "\uff20") } })),
    plant("a quoted local part", (email) => ({ properties: { note: email.replace(/^([^+]+)\+tag@/, '"$1 tag"@') } })),
    plant("a long text", (email) => ({
      properties: { text: `${"tide ".repeat(longText / 5)}${email}${" gate".repeat(longText / 5)}` },
    })),
    plant("traits that are a string", (email) => ({ traits: email })),
    plant("properties that are an array", (email) => ({ properties: [email, { email }] })),
    plant("a context that is a string", (email) => ({ context: email })),
    plant("a device's model", (email) => ({ context: { device: { model: email, name: `${email}'s phone` } } })),
    plant("a system's name", (email) => ({ context: { os: { name: email } } })),
    plant("claims of geo", (email) => ({ context: { geo: { country: email, region: email } } })),
    plant("consent", (email) => ({
      context: { consent: { advertising: email, categoryPreferences: { [email]: true } } },
    })),
    plant("a configured path", (email) => ({ properties: { secret_note: email }, traits: { nickname: email } })),
    write("an escaped key", (email) => `"properties":{"${escapeEach("email")}":"${email}"}`),
    write("an escaped value", (email) => `"properties":{"note":"${escapeEach(email)}"}`),
    write("an escaped at-sign", (email) => `"properties":{"note":"${email.replace("@", "\\u0040")}"}`),
    write(
      "a key that is there twice",
      (email) => `"properties":{"email":"${email}","email":"x","note":"${email}","note":1}`,
    ),
    write("a type that is there twice", (email) => `"type":"${email}","type":{"email":"${email}"},"type":"track"`),
    write("a context that is there twice", (email) => `"context":{"note":"${email}"},"context":{"ip":"${email}"}`),
    write("an id that is there twice", (email) => `"userId":"${email}","userId":"user-1"`),
    write(
      "a time that is there twice",
      (email) => `"sentAt":"${email}","sentAt":null,"messageId":"${email}","messageId":null`,
    ),
    write("a write key", (email) => `"writeKey":"${email}","write_key":{"email":"${email}"}`),
  ];
}

/** Phone numbers under the keys of the table in any form, and as whole values anywhere. */
export function phoneEvents(mint: CanaryMint): PlantedEvent[] {
  const spaced = (digits: string) => `+${digits.slice(0, 2)} (0) ${digits.slice(2, 5)} / ${digits.slice(5)}`;
  const dashed = (digits: string) => `+${digits.slice(0, 2)}-${digits.slice(2, 6)}-${digits.slice(6)}`;
  const national = (digits: string) => `0${digits.slice(2)}`;
  const plain = (digits: string) => `+${digits}`;
  const keys = ["phone", "Phone Number", "mobile", "tel", "user.phone", "msisdn", "ph", "phone_e164", "whatsapp"];
  const forms = { plain, spaced, dashed, national, "00": (digits: string) => `00${digits}` };
  const planted = (where: string, write: (digits: string) => string, members: (phone: string) => object) => ({
    where,
    members: { ...members(mint.phone(where, write)) },
  });
  return [
    ...keys.map((key) => planted(`phone under ${key}`, plain, (phone) => ({ traits: { [key]: phone } }))),
    ...Object.entries(forms).map(([name, write]) =>
      planted(`phone, ${name}`, write, (phone) => ({ properties: { phone, list: [{ mobile: [phone] }] } })),
    ),
    planted(
      "phone as a number",
      (digits) => digits,
      (phone) => ({ traits: { phone: Number(phone) } }),
    ),
    planted("phone as a value", plain, (phone) => ({ properties: { callback: phone, others: [phone] } })),
    planted("phone as a value with separators", spaced, (phone) => ({ properties: { callback: ` ${phone} ` } })),
    planted(
      "phone as a link",
      (digits) => `tel:+${digits}`,
      (phone) => ({ properties: { link: phone } }),
    ),
    planted("phone in JSON in a string", national, (phone) => ({ properties: { p: JSON.stringify({ phone }) } })),
    planted("phone in a query", national, (phone) => ({
      context: { page: { url: `https://a.example/?phone=${phone}&x=1`, search: `?x=1&user[phone]=${phone}` } },
    })),
    planted("phone in header lines", national, (phone) => ({ properties: { raw: `Host: a\r\nPhone: ${phone}\r\n` } })),
    planted("phone as a pair", national, (phone) => ({ properties: { a: [{ system: "phone", value: phone }] } })),
    planted("phone under an indexed key", national, (phone) => ({ properties: { "phones[0]": phone } })),
    planted("phone as a key", plain, (phone) => ({ properties: { [phone]: 1 } })),
    planted("phone as the user's id", plain, (phone) => ({ userId: phone })),
    planted("phone as the visitor's id", plain, (phone) => ({ anonymousId: phone, messageId: phone })),
  ];
}

/** Addresses under the keys of the table and as literals anywhere; User-Agents under the keys of the table. */
export function senderEvents(mint: CanaryMint): PlantedEvent[] {
  const addressKeys = ["ip", "IP Address", "remote_addr", "X-Forwarded-For", "client.ip", "ips", "cf-connecting-ip"];
  const agentKeys = ["userAgent", "user_agent", "User-Agent", "http.user_agent", "$ua", "userAgentString", "UA"];
  const plant = (where: string, value: string, members: (value: string) => object): PlantedEvent => ({
    where,
    members: { ...members(value) },
  });
  const address = (where: string, members: (ip: string) => object) => [
    plant(`ip, ${where}`, mint.ipv4(where), members),
    plant(`ipv6, ${where}`, mint.ipv6(where), members),
  ];
  return [
    ...address("context.ip", (ip) => ({ context: { ip } })),
    ...addressKeys.flatMap((key) => address(key, (ip) => ({ properties: { [key]: ip, deep: [{ [key]: [ip] }] } }))),
    ...address("a sentence", (ip) => ({ properties: { note: `seen from ${ip}, twice` } })),
    ...address("a URL", (ip) => ({ context: { page: { url: `https://a.example/?from=${encodeURIComponent(ip)}` } } })),
    ...address("JSON in a string", (ip) => ({ properties: { payload: JSON.stringify({ a: ip }) } })),
    ...address("the event's name", (ip) => ({ event: `Login ${ip}` })),
    ...address("a key", (ip) => ({ properties: { [ip]: true } })),
    ...address("an id", (ip) => ({ userId: ip, messageId: ip })),
    plant("context.userAgent", mint.userAgent("context.userAgent"), (userAgent) => ({ context: { userAgent } })),
    ...agentKeys.map((key) =>
      plant(key, mint.userAgent(key), (ua) => ({ properties: { [key]: ua, deep: [{ [key]: { raw: ua } }] } })),
    ),
    ...["a value", "JSON in a string", "a query", "the event's name", "a key", "an id", "a library's version"].map(
      (place) => plant(`User-Agent as ${place}`, mint.userAgent(place), (ua) => agentAs(place, ua)),
    ),
    plant("context.userAgentData", mint.userAgent("context.userAgentData"), (ua) => ({
      context: { userAgentData: { brands: [{ brand: ua, version: "1" }], platform: ua } },
    })),
  ];
}

function agentAs(place: string, ua: string): object {
  if (place === "JSON in a string") return { properties: { p: JSON.stringify({ browser: ua }) } };
  if (place === "a query") return { context: { page: { url: `https://a.example/?b=${encodeURIComponent(ua)}&x=1` } } };
  if (place === "the event's name") return { event: ua };
  if (place === "a key") return { properties: { [ua]: 1 } };
  if (place === "an id") return { userId: ua };
  if (place === "a library's version") return { context: { library: { name: "x", version: ua } } };
  return { properties: { browser: ua } };
}

/** An event's JSON text: its own members first, so that what is planted wins where both name one. */
export function eventText(base: Readonly<Record<string, unknown>>, planted: PlantedEvent): string {
  const members = { ...base, ...planted.members };
  const own = JSON.stringify(members).slice(1, -1);
  return planted.text === undefined ? `{${own}}` : `{${own},${planted.text}}`;
}
