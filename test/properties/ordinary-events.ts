import type { SeededRandom } from "./seeded-random.ts";

type Place = "root" | "context" | "traits" | "properties" | "device" | "os";

/** Members as JSON text by where they may stand; `#` becomes a number, so that no two values are alike. */
const members: Readonly<Record<Place, readonly string[]>> = {
  root: [
    '"messageId":"m-#"',
    '"messageId":"ana#@example.com"',
    '"event":"Order Completed"',
    '"event":"Invited \\"ana#@example.com\\""',
    '"name":"Home #"',
    '"userId":"u-#"',
    '"userId":"Ana#@Example.com"',
    '"userId":#',
    '"anonymousId":"a-#"',
    '"timestamp":"2026-11-22T16:40:02.12#Z"',
    '"sentAt":null',
    '"email":"root#@example.com"',
    '"ip":"10.0.0.#"',
    '"note":"from 10.1.2.# on"',
    '"integrations":{"All":true,"Meta":{"id":#}}',
    '"extra":[1,[2,{"email":"deep#@example.com","a":"+49 151 000#"}],"x#@example.com"]',
    '"groupId":"+4915100000#"',
    '"writeKey":"wk_#"',
  ],
  context: [
    '"ip":"10.0.0.#"',
    '"userAgent":"Mozilla/5.0 (#)"',
    '"locale":"de-DE"',
    '"page":{"url":"https://a.example/?e=b#%40example.com","path":"/p/#"}',
    '"geo":{"country":"FR","region":"75","city":"Paris #"}',
    '"library":{"name":"analytics.js","version":"2.11.#"}',
    '"consent":{"advertising":true,"analytics":true}',
    '"app":{"name":"Shop","version":"1.2.3.#"}',
    '"phone":"0151 #"',
    '"timezone":"Europe/Berlin"',
  ],
  traits: [
    '"email":"Ana#@Example.com"',
    '"email":[" Ana#@Example.com ",null,1,{"a":1},"bo#@example.com"]',
    '"email":"",  "x":1',
    '"email":7',
    '"phone":"+49 151 123456#"',
    '"phone":["0151 #","+1 (650) 555-12#"]',
    '"email":"62A14E44F765419D10FEA99367361A727C12365E2520F32218D505ED9AA0F62F"',
    '"phone_sha256":"E323EC626319CA94EE8BFF2E4C87CF613BE6EA19919ED1364124E16807AB3176"',
    '"first_name":"Zoë #"',
    '"city":"São Paulo #"',
    '"plan":"pro"',
    '"address":{"street":"Am Deich #","zip":"2035#"}',
  ],
  properties: [
    '"revenue":#.5',
    '"currency":"EUR"',
    '"products":[{"id":"p-#","price":1.5},{"id":"q-#","email":"in#@example.com"}]',
    '"internal_note":"call # back"',
    '"note":"a \\"quoted\\" word #"',
    '"payload":"{\\"email\\":\\"json#@example.com\\"}"',
    '"empty":{}',
    '"list":[]',
    '"ip_address":{"v4":"10.0.0.#"}',
    '"contact.email":"dotted#@example.com"',
    '"address":"2001:db8:1:2:3:4:5:#"',
    '"phone":null',
    '"big":12345678901234567890123#',
    '"ok":true,"bad":false,"none":null',
  ],
  device: ['"model":"iPhone #"', '"os":"iOS 18"', '"type":"mobile"', '"id":"d-#"', '"os":"other"'],
  os: ['"name":"iOS"', '"version":"18.#"', '"name":"Android"'],
};

/** A body of ordinary events, as SDKs write them: no white space, names mostly once; some share a context. */
export function ordinaryBody(random: SeededRandom, events: number): string {
  const given = random.chance(15) ? `${container(random, "context")},` : "";
  return `{${given}"batch":[${Array.from({ length: events }, () => ordinaryEvent(random)).join(",")}]}`;
}

/** One event of such a body. */
export function ordinaryEvent(random: SeededRandom): string {
  const parts = [`"type":"${random.pick(["track", "track", "page", "identify", "screen"])}"`, ...some(random, "root")];
  if (!parts.some((part) => part.startsWith('"userId"'))) parts.push('"anonymousId":"somebody"');
  if (!parts.some((part) => part.startsWith('"event"'))) parts.push('"event":"Something"');
  if (random.chance(90)) parts.push(container(random, "context"));
  if (random.chance(60)) parts.push(container(random, "properties"));
  if (random.chance(40)) parts.push(container(random, "traits"));
  return `{${parts.sort(() => (random.chance(50) ? 1 : -1)).join(",")}}`;
}

function container(random: SeededRandom, place: Place): string {
  const parts = some(random, place);
  if (place === "context") {
    if (random.chance(30)) parts.push(container(random, "device"));
    if (random.chance(40)) parts.push(container(random, "os"));
    if (random.chance(40)) parts.push(container(random, "traits"));
  }
  return `"${place}":{${parts.join(",")}}`;
}

/** A few members of a place, names mostly once. */
function some(random: SeededRandom, place: Place): string[] {
  const nameOf = (member: string) => member.slice(0, member.indexOf(":"));
  const chosen: string[] = [];
  for (let left = random.below(7); left > 0; left--) {
    const member = random.pick(members[place]);
    if (chosen.some((other) => nameOf(other) === nameOf(member)) && !random.chance(3)) continue;
    chosen.push(member.replaceAll("#", () => String(random.below(10_000))));
  }
  return chosen;
}
