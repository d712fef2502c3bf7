import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { identityHash } from "../../../domain/model/event/event.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import { plainProgram, plainShape } from "../../contracts/kernel/kernel-case.ts";
import { emailSha256, metaIntegration, startMs, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import {
  assertAgreed,
  type CustomRow,
  customRows,
  type Difference,
  differences,
  type EventRow,
  eventRows,
  isSame,
  type Members,
  requestRows,
  type UserRow,
  userRows,
} from "../../golden/meta-wire/wire-rows.ts";
import { sampleAppEvent } from "../../simulators/meta/samples.ts";
import { startMetaSimulator } from "../../simulators/meta/server.ts";

const clock = openVirtualClock(startMs);
const now = clock.nowMs;
/** Takes ours alone, so that what it finds of personal data in clear is ours too. */
const own = await startMetaSimulator({ strict: true, now });
const strict = await startMetaSimulator({ strict: true, now });
const normal = await startMetaSimulator({ now });
const lenient = await startMetaSimulator({ lenient: true, now });
const meta = openMeta({ baseUrl: own.url, clock });
const integration = await metaIntegration();

after(() => Promise.all([own.close(), strict.close(), normal.close(), lenient.close()]));

/** What we make of an event: the payload as it goes over the wire, or the code of why it doesn't. */
async function oursOf(event: Partial<StoredEvent>, config: Members = {}): Promise<Members | string> {
  const integration = await metaIntegration(1, { event_map: { "Order Completed": "Lead" }, ...config });
  const plain = { messageId: "message-1", emailSha256, userId: null, properties: {} };
  const stored = storedEvent(1, { ...plain, ...event });
  const frozen = meta.freeze(integration, stored);
  if (!frozen.ok) return frozen.failure.code;
  const prepared = meta.prepare(integration, stored, frozen.value, startMs);
  return prepared.ok ? (JSON.parse(JSON.stringify(prepared.payload)) as Members) : prepared.refusal.code;
}

async function payloadOf(event: Partial<StoredEvent>): Promise<Members> {
  const payload = await oursOf(event);
  assert.ok(typeof payload === "object", "the event can be sent");
  return payload;
}

const kernel = openReferenceKernel();

/** Emails and phones are hashed where events come in, long before the adapter sees them. */
function identified(key: "email" | "phone", input: unknown, callingCode: string | null = null): Partial<StoredEvent> {
  const body = JSON.stringify({ type: "track", event: "E", userId: "u", traits: { [key]: input } });
  const scan = kernel.scan(new TextEncoder().encode(body), plainShape, defaultLimits);
  assert.ok(scan.ok);
  const program = kernel.prepare({ ...plainProgram, defaultCallingCode: callingCode });
  const batch = scan.finish(program, [{ drop: 0, geo: null, device: null }]);
  assert.equal(batch.count, 1);
  const name = key === "email" ? "emailSha256" : "phoneSha256";
  return { [name]: identityHash(batch, 0, name) };
}

const traits: Readonly<Record<string, string>> = {
  fn: "firstName",
  ln: "lastName",
  db: "birthday",
  ge: "gender",
  ct: "city",
  st: "state",
  zp: "zip",
  country: "country",
};
const os = { name: "iOS", version: "19.2" };

/** The event that tells us what the library was told as one member of `user_data`. */
function eventWith({ field, input }: UserRow): Partial<StoredEvent> {
  if (field === "em") return { userId: "u", ...identified("email", input) };
  if (field === "ph") return identified("phone", input);
  if (field === "external_id") return { userId: input as string };
  if (field === "fbc" || field === "fbp") return { context: { [field]: input } };
  if (field === "madid") return { context: { os, device: { att_status: "authorized", idfa: input } } };
  const trait = traits[field];
  return trait === undefined ? {} : { traits: { [trait]: input } };
}

function customEvent({ key, input }: CustomRow): Partial<StoredEvent> {
  return { properties: (key === "custom_properties" ? input : { [key]: input }) as Members };
}

/** A list of one is that one, as Meta takes either; empty text, null and lists of them are nothing. */
function single(sent: unknown): unknown {
  const value = Array.isArray(sent) && sent.length === 1 ? sent[0] : sent;
  return value === "" || value === undefined ? null : value;
}

/** The differences as they go over the wire: lists say `sha256:` and the text, which tells more than its hash does. */
function hashedOn(list: readonly Difference[]): readonly Difference[] {
  const onWire = (value: unknown) =>
    typeof value === "string" && value.startsWith("sha256:") ? sha256(value.slice("sha256:".length)) : value;
  return list.map((difference) => ({ ...difference, rows: difference.rows.map((row) => row.map(onWire)) }));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** An event's members by their paths, those of the objects that it holds too. */
function byPath(event: Members): Members {
  const paths = Object.entries(event).flatMap(([key, value]): [string, unknown][] => {
    if (!["user_data", "custom_data", "app_data"].includes(key)) return [[key, value]];
    return Object.entries(value as Members).map(([name, member]) => [`${key}.${name}`, single(member)]);
  });
  return Object.fromEntries(paths);
}

async function comparedEvent({ name, sent, ours }: EventRow) {
  const payload = await oursOf(ours.event ?? {}, ours.config);
  if (typeof payload === "string") return { key: [name], theirs: {}, ours: payload };
  const [mine, theirs] = [byPath(payload), byPath(sent)];
  const paths = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  const off = paths.filter((path) => !isSame(mine[path], theirs[path]));
  return { key: [name], theirs: {}, ours: Object.fromEntries(off.map((path) => [path, mine[path] ?? null])) };
}

describe("what we send to Meta is what Meta's library sends, or differs for a reason", () => {
  it("in every member of user_data", async () => {
    const rows = userRows.map(async (row) => {
      const userData = (await payloadOf(eventWith(row)))["user_data"] as Members;
      const theirs = row.throws ? null : single(row.sent);
      return { key: [row.field, row.input], theirs, ours: userData[row.field] ?? null };
    });
    assertAgreed(await Promise.all(rows), hashedOn(differences.user_data));
  });

  it("in every member of custom_data", async () => {
    const rows = customRows.map(async (row) => {
      const ours = (await payloadOf(customEvent(row)))["custom_data"] ?? {};
      return { key: [row.key, row.input], theirs: row.throws ? {} : row.sent, ours };
    });
    assertAgreed(await Promise.all(rows), differences.custom_data);
  });

  it("in the event around them: name, time, id, source, address, app, Limited Data Use", async () => {
    assertAgreed(await Promise.all(eventRows.map(comparedEvent)), differences.events);
  });

  it("in phones whose country only the source knows", () => {
    const hashes = userRows.filter(({ field, hashed }) => field === "ph" && hashed !== undefined);
    const hashOf = (input: string) => hashes.find((row) => row.input === input)?.sent;
    const ours = (input: string, callingCode: string) => [identified("phone", input, callingCode).phoneSha256];
    for (const written of ["16505551212", "1 (650) 555-1212"]) assert.deepEqual(ours(written, "1"), hashOf(written));
    for (const written of ["(650)555-1212", "650.555.1212"]) {
      assert.deepEqual(ours(written, "1"), hashOf("+1 (650) 555-1212"));
    }
    assert.deepEqual(ours("07911 123456", "44"), hashOf("+44 7911 123456"));
  });

  it("in the texts that are hashed: each recorded hash is of its text", () => {
    for (const { field, sent, hashed = [] } of userRows) {
      const hashes = Array.isArray(sent) ? sent : [sent];
      hashed.forEach((text, at) => {
        assert.equal(hashes[at], sha256(text), field);
      });
    }
  });

  it("in the request: the same edge and media type, but the token in a header and nothing that is null", async () => {
    const asked: { url: string; headers: Record<string, string>; body: Members }[] = [];
    const spy = async (url: string | URL | Request, init: RequestInit = {}) => {
      const headers = Object.fromEntries(new Headers(init.headers as Record<string, string>));
      asked.push({ url: String(url), headers, body: JSON.parse(String(init.body)) });
      return new Response('{"events_received":1}');
    };
    const config = { pixel_id: "1234567890", api_version: "v24.0", test_event_code: "TEST123" };
    const { send } = openMeta({ baseUrl: "http://meta.invalid", clock, fetch: spy as typeof fetch });
    await send(await metaIntegration(1, config), { access_token: "TOKEN" }, [{}]);
    const theirs = requestRows.find(({ name }) => name === "partner agent and test code")!.sent;
    const [ours] = asked;
    assert.ok(ours);
    assert.equal(ours.url, `http://meta.invalid${theirs.url.replace("?access_token=TOKEN", "")}`);
    assert.equal(ours.headers["content-type"], theirs.headers["content-type"]);
    assert.equal(ours.headers["authorization"], "Bearer TOKEN");
    const { access_token, id, data, ...given } = theirs.body;
    assert.deepEqual([access_token, id, data.length], ["TOKEN", "1234567890", 1]);
    const filled = Object.entries(given).filter(([, value]) => value !== null);
    assert.deepEqual({ ...ours.body, data: 0 }, { ...Object.fromEntries(filled), data: 0 });
  });
});

type Reading = "strict" | "lenient" | "refused";

/** The strictest reading under which the simulator takes a request. */
async function readingOf(path: string, headers: Record<string, string>, body: unknown): Promise<Reading> {
  for (const [reading, simulator] of [["strict", strict] as const, ["lenient", lenient] as const]) {
    const answer = await fetch(simulator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    const { events_received } = (await answer.json()) as { events_received?: number };
    if (events_received !== undefined) return reading;
  }
  return "refused";
}

const [{ sent: plain }] = requestRows as [(typeof requestRows)[number]];
const [plainEvent] = plain.body.data as [Members];

function readingOfEvent(members: Members): Promise<Reading> {
  return readingOf(plain.url, plain.headers, { ...plain.body, data: [{ ...plainEvent, ...members }] });
}

function readingOfUser({ field, sent }: UserRow): Promise<Reading> {
  const app = sampleAppEvent({}, { event_time: plainEvent["event_time"] });
  const known = field === "em" ? { external_id: ["u"] } : { em: [emailSha256] };
  const inApps = field === "madid" || field === "anon_id" ? app : {};
  return readingOfEvent({ ...inApps, user_data: { ...known, [field]: sent } });
}

describe("the simulator of Meta", () => {
  it("takes what Meta's library sends, strictly or leniently, and refuses what is named", async () => {
    const sent = ({ sent }: { sent?: unknown }) => sent !== undefined && sent !== null;
    const rows = [
      ...userRows.filter(sent).map((row) => ({ key: [row.field, row.input], reading: readingOfUser(row) })),
      ...customRows.filter(sent).map(({ key, input, sent }) => ({
        key: [key, input],
        reading: readingOfEvent({ custom_data: sent }),
      })),
      ...eventRows.map(({ name, sent }) => ({
        key: [name],
        reading: readingOf(plain.url, plain.headers, { ...plain.body, data: [sent] }),
      })),
      ...requestRows.map(({ name, sent: { url, headers, body } }) => ({
        key: ["request", name],
        reading: readingOf(url, headers, body),
      })),
    ];
    const compared = rows.map(async ({ key, reading }) => ({ key, theirs: "strict", ours: await reading }));
    assertAgreed(await Promise.all(compared), differences.simulator);
  });

  it("takes all that we send, strictly", async () => {
    const mine = [
      ...userRows.map((row) => oursOf(eventWith(row))),
      ...customRows.map((row) => oursOf(customEvent(row))),
      ...eventRows.map(({ ours }) => oursOf(ours.event ?? {}, ours.config)),
    ];
    const payloads = (await Promise.all(mine)).filter((one): one is Members => typeof one === "object");
    assert.ok(payloads.length > 500);
    const ofSites = payloads.filter((payload) => payload["action_source"] === "website");
    const others = payloads.filter((payload) => !ofSites.includes(payload));
    for (const payload of others) {
      const answer = await meta.send(integration, { access_token: "t" }, [payload]);
      assert.deepEqual(answer.ok ? answer.warnings : answer.code, 0, JSON.stringify(payload));
    }
    const warned = await openMeta({ baseUrl: normal.url, clock }).send(integration, { access_token: "t" }, ofSites);
    assert.deepEqual(warned.ok && warned.warnings, 1, "a website's event has no User-Agent unless a reduced one");
    assert.deepEqual([...own.findings(), ...normal.findings()], []);
  });
});
