import { gzipSync } from "node:zlib";
import { callAdmin } from "../end-to-end/api.ts";
import { plantedHeaders, type Traffic } from "./canary-traffic.ts";

const oversizeBytes = 600 * 1024;
const oversizeEventBytes = 40 * 1024;
const deepLevels = 200;

/** A body with one raw value of every kind, before something breaks it. */
function rawEvent({ mint }: Traffic, where: string): string {
  return JSON.stringify({
    type: "track",
    event: "Planted",
    userId: mint.email(where),
    properties: { ip: mint.ipv4(where), phone: mint.phone(where), user_agent: mint.userAgent(where) },
  });
}

function brokenBodies(
  traffic: Traffic,
): { what: string; body: string | Uint8Array; headers?: Record<string, string> }[] {
  const raw = (where: string) => rawEvent(traffic, where);
  const deep = raw("too deep");
  const zipped = gzipSync(raw("corrupt gzip"), { level: 0 });
  return [
    { what: "truncated", body: raw("truncated").slice(0, -1) },
    { what: "truncated within a value", body: raw("truncated within a value").slice(0, -40) },
    { what: "not JSON", body: `email=${encodeURIComponent(traffic.mint.email("not JSON"))}` },
    { what: "invalid UTF-8", body: Buffer.concat([Buffer.from(raw("invalid UTF-8")), Buffer.from([0xff, 0xfe])]) },
    { what: "a body that is a list", body: `[${raw("a body that is a list")}]` },
    { what: "too deep", body: deep.replace("{", `{"a":${"[".repeat(deepLevels)}${"]".repeat(deepLevels)},`) },
    { what: "oversize", body: raw("oversize").padEnd(oversizeBytes, " ") },
    { what: "oversize when unzipped", body: gzipSync(raw("oversize when unzipped").padEnd(oversizeBytes, " ")) },
    { what: "corrupt gzip", body: zipped.subarray(0, -6), headers: { "content-encoding": "gzip" } },
    { what: "no gzip at all", body: raw("no gzip at all"), headers: { "content-encoding": "gzip" } },
    { what: "another encoding", body: raw("another encoding"), headers: { "content-encoding": "br" } },
    { what: "a large event", body: raw("a large event").replace("{", `{"pad":"${"x".repeat(oversizeEventBytes)}",`) },
    { what: "NUL", body: raw("NUL").replace("{", '{"nul":"\\u0000",') },
    { what: "half a surrogate pair", body: raw("half a surrogate pair").replace("{", '{"half":"\\ud800",') },
    { what: "wrong types", body: raw("wrong types").replace('"userId":', '"anonymousId":{"a":1},"userId":') },
    { what: "a long id", body: raw("a long id").replace('"userId":"', `"userId":"${"x".repeat(600)}`) },
    { what: "no name", body: raw("no name").replace('"event":"Planted",', "") },
  ];
}

/** Sends what must be refused, with raw values in it; throws if anything of it was taken. */
export async function sendRefused(traffic: Traffic): Promise<void> {
  const { tidegate, mint, sender } = traffic;
  const { ingest_url: url, write_key: writeKey, app_id: appId } = tidegate.credentials;
  const key = { authorization: `Basic ${btoa(`${writeKey}:`)}` };
  const refused = async (request: Parameters<typeof sender.send>[0]) => {
    const { status, bytes, what } = await sender.send(request);
    if (status < 400 || status >= 500) throw new Error(`${what} was answered ${status}: ${bytes}`);
  };
  for (const { what, body, headers } of brokenBodies(traffic)) {
    const all = { ...plantedHeaders(mint, what), ...key, ...headers };
    await refused({ what, url: `${url}/v1/track`, headers: all, body });
    await refused({
      what: `${what}, Layers`,
      url: `${url}/l/events`,
      headers: { "x-app-id": appId, ...headers },
      body,
    });
  }
  const typed = `{"batch":[{"type":"${mint.email("an unknown type")}","userId":"u"}]}`;
  await refused({ what: "an unknown type", url: `${url}/v1/batch`, headers: key, body: typed });
  await sendStrangers(traffic, refused);
}

/** Requests of nobody we know, and to nowhere. */
async function sendStrangers(
  traffic: Traffic,
  refused: (request: Parameters<Traffic["sender"]["send"]>[0]) => Promise<void>,
): Promise<void> {
  const { tidegate, mint } = traffic;
  const url = tidegate.credentials.ingest_url;
  const email = mint.email("a key that is an email");
  const strangers: Record<string, Record<string, string>> = {
    "Basic garbage": { authorization: `Basic ${btoa(`${email}:${email}`)}` },
    "Bearer garbage": { authorization: `Bearer ${email}` },
    "an unknown scheme": { authorization: `Digest username="${email}"` },
    "an unknown app": { "x-app-id": email },
    nobody: {},
  };
  for (const [what, headers] of Object.entries(strangers)) {
    const all = { ...plantedHeaders(mint, what), ...headers };
    await refused({ what, url: `${url}/v1/track`, headers: all, body: rawEvent(traffic, what) });
  }
  const inBody = `{"writeKey":"${email}","userId":"u","event":"E"}`;
  await refused({ what: "an unknown key in the body", url: `${url}/v1/track`, body: inBody });
  const signature = { "x-timestamp": email, "x-signature": `sha256=${email}`, "x-app-id": email };
  const signed = { what: "a wrong signature", url: `${url}/v1/events`, headers: signature, body: "{}" };
  await refused(signed);
  const path = encodeURIComponent(mint.email("a path"));
  const paths = [
    `/${path}`,
    `/v1/${path}`,
    `/v1/projects/${path}/settings`,
    `/v1/track/${path}`,
    `/%zz/${path}`,
    `/v1/%E0%A4/${path}`,
  ];
  for (const [index, to] of paths.entries()) {
    await refused({
      what: `path ${index}`,
      url: `${url}${to}?email=${path}`,
      body: rawEvent(traffic, `path ${index}`),
    });
  }
  const pixel = `/v1/pixel/track?data=${btoa(`{"userId":"${mint.email("a broken pixel")}"`)}`;
  await refused({ what: "a broken pixel", url: `${url}${pixel}`, method: "GET" });
  for (const method of ["PUT", "DELETE", "PATCH"]) {
    await refused({ what: method, url: `${url}/v1/track?email=${path}`, method, body: rawEvent(traffic, method) });
  }
}

/** Calls the admin listener with raw values wherever a caller can put one. */
export async function callAdminBadly(traffic: Traffic): Promise<void> {
  const { tidegate, mint, sender } = traffic;
  const { admin_url: url, admin_token: token, project_id: projectId } = tidegate.credentials;
  const email = (where: string) => mint.email(`admin, ${where}`);
  const call = async (what: string, method: string, path: string, body?: unknown, bearer = token) => {
    const headers = { ...plantedHeaders(mint, `admin, ${what}`), authorization: `Bearer ${bearer}` };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    await sender.send({ what, url: `${url}${path}`, method, headers, ...(body === undefined ? {} : { body: text }) });
  };
  const configs: Record<string, unknown> = {
    "an unknown section": { [email("section")]: { [email("member")]: email("value") } },
    "wrong values": { bot_filtering: { enabled: email("flag"), custom_patterns: [[email("pattern")]] } },
    "a wrong action": { routing_rules: [{ condition: "event == 'x'", action: email("action") }] },
    "a wrong path": { pii_rules: { hash_fields: [`a[${email("path")}`], hash_algorithm: email("algorithm") } },
    "a wrong condition": { routing_rules: [{ condition: `userId = = '${email("condition")}'`, action: "drop" }] },
    "an email in a condition": { routing_rules: [{ condition: `userId == "${email("literal")}"`, action: "drop" }] },
    "wrong code": { custom_js: { code: [email("code")], description: { a: email("description") } } },
    "a text": email("config"),
  };
  for (const [what, config] of Object.entries(configs)) {
    await call(what, "PUT", "/v1/admin/data-layer", { config });
    if (sender.answers.at(-1)?.status !== 422) throw new Error(`${what} was not refused`);
  }
  await call("truncated", "PUT", "/v1/admin/data-layer", `{"config":{"a":"${email("truncated")}"`);
  await call("another organisation", "PUT", "/v1/admin/data-layer", { config: {}, org_id: email("org") });
  const integrations: Record<string, unknown> = {
    "an unknown vendor": { vendor: email("vendor"), project_id: projectId, config: { access_token: email("token") } },
    "an unknown member": { vendor: "meta", project_id: projectId, config: {}, [email("member")]: email("value") },
    "a bad config": {
      vendor: "meta",
      project_id: projectId,
      config: { pixel_id: email("pixel"), access_token: [mint.secret("bad access token")], [email("key")]: email("v") },
    },
    "a bad project": {
      vendor: "meta",
      project_id: email("p").slice(0, 36),
      config: { pixel_id: "1", access_token: "t" },
    },
  };
  for (const [what, body] of Object.entries(integrations)) await call(what, "POST", "/v1/admin/integrations", body);
  for (const name of ["user_id", "app_id", "event_names", "project_id", "since", "cursor", "limit", "unknown"]) {
    await call(`events by ${name}`, "GET", `/v1/events?${name}=${encodeURIComponent(email(name))}`);
  }
  for (const name of ["integration_id", "event_id", "event_name", "code", "ok", "since", "cursor", "unknown"]) {
    const query = `${name}=${encodeURIComponent(email(name))}`;
    await call(`dead letters by ${name}`, "GET", `/v1/admin/dead-letters?${query}`);
    await call(`deliveries by ${name}`, "GET", `/v1/admin/deliveries?${query}`);
    await call(`a redrive by ${name}`, "POST", "/v1/admin/dead-letters/redrive", { filter: { [name]: email(name) } });
  }
  await call("a redrive of", "POST", "/v1/admin/dead-letters/redrive", { ids: [email("redrive").slice(0, 36)] });
  await tryOut(traffic, call);
  await call("an unknown path", "GET", `/v1/admin/${encodeURIComponent(email("path"))}`);
  await call("an unknown token", "GET", "/v1/events", undefined, email("token"));
  for (const path of [
    "/v1/admin/data-layer",
    "/v1/admin/integrations",
    "/v1/admin/ledger",
    "/v1/admin/deliveries",
    "/v1/admin/dead-letters",
    "/health",
    "/ready",
  ]) {
    await call(`reading ${path}`, "GET", path);
  }
}

/** Trials of a data layer, its script and a transformation on raw events: they show what would be stored. */
async function tryOut(
  { tidegate, mint, sender }: Traffic,
  call: (what: string, method: string, path: string, body?: unknown) => Promise<void>,
): Promise<void> {
  const email = (where: string) => mint.email(`a trial, ${where}`);
  const events = ["track", "identify", "page"].map((type) => ({
    ...{ type, event: `Invited ${email(`${type}, name`)}`, userId: email(`${type}, id`) },
    traits: { email: email(type), phone: mint.phone(`a trial, ${type}`, (digits) => `+${digits}`) },
    context: { ip: mint.ipv4(`a trial, ${type}`), userAgent: mint.userAgent(`a trial, ${type}`) },
  }));
  const code = "function process(event) { throw new Error(JSON.stringify(event)); }";
  const rules = [{ type: "rename", path: "traits.email", to: "properties.note" }];
  const { json } = await integrationsOf(tidegate);
  const trials: Record<string, unknown> = {
    "/v1/admin/data-layer/dry-run": { events, config: { custom_js: { enabled: true, code } } },
    "/v1/admin/transformations/dry-run": { events, rules, integration_id: json.items[0]?.id },
  };
  for (const [path, body] of Object.entries(trials)) {
    await call(path, "POST", path, body);
    const { status, bytes } = sender.answers.at(-1) as { status: number; bytes: Buffer };
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${bytes}`);
  }
}

function integrationsOf(tidegate: Traffic["tidegate"]) {
  return callAdmin<{ items: { id: string }[] }>(tidegate, "GET", "/v1/admin/integrations");
}
