import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type AppleSimulator, startAppleSimulator } from "../../simulators/apple/server.ts";
import { type MetaSimulator, startMetaSimulator } from "../../simulators/meta/server.ts";
import { startTiktokSimulator, type TiktokSimulator } from "../../simulators/tiktok/server.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../../tidegate-process.ts";
import { type Answer, allEvents, callAdmin, callIngest, type Ledger, untilSettled } from "../api.ts";
import { asSuperuser } from "../database.ts";

export type Member = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape
export type Json = any;

/** Who sends: a source of one project. */
export interface Sender {
  readonly project: string;
  readonly write_key: string;
  readonly app_id: string;
  readonly signing_secret: string;
}

/** What one row of the table sends, and what has to have come of it in the end. */
export interface Row {
  readonly promise: string;
  /** Why it does not run here. */
  readonly skip?: string | undefined;
  /** Sends the smallest input; all rows are sent before any is looked at. */
  readonly send?: (room: Room) => Promise<unknown>;
  readonly look: (room: Room) => Promise<unknown> | unknown;
}

/** What came of an event: undefined where it did not come. */
export interface Outcome {
  readonly stored: Json;
  /** The stored row as the database writes it. */
  readonly row: string;
  readonly meta: Json;
  readonly tiktok: Json;
  readonly webhook: Json;
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
export const shop = "https://shop.example.com";
export const publicUrl = "https://events.example.com";
/** An address of Germany, which the room's server believes of a forwarding header, as behind a proxy. */
export const germanAddress = "217.160.0.1";
export const dataLayerPath = "/v1/admin/data-layer";
export const integrationsPath = "/v1/admin/integrations";

/** One running server with the simulators of all vendors, for every row of the table. */
export type Room = Awaited<ReturnType<typeof openRoom>>;

/** How many of an answered request's events were accepted. */
function acceptedOf(body: unknown, answer: Answer<Json>): number {
  if (answer.status >= 300) return 0;
  if (typeof answer.json?.accepted === "number") return answer.json.accepted;
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
  const sent = typeof body === "string" || body instanceof Uint8Array ? JSON.parse(text.replace(/^\uFEFF/, "")) : body;
  const list = (sent as Json).batch ?? (sent as Json).events ?? [sent];
  return list.length - (answer.json?.rejected?.length ?? 0);
}

/** Starts the server as a user does, and Meta, TikTok, Apple and a webhook's receiver beside it. */
export async function openRoom() {
  const simulators: [MetaSimulator, TiktokSimulator, AppleSimulator, WebhookSimulator] = await Promise.all([
    startMetaSimulator(),
    startTiktokSimulator({ strict: true }),
    startAppleSimulator(),
    startWebhookSimulator(),
  ]);
  const [meta, tiktok, apple, webhook] = simulators;
  const tidegate: TidegateProcess = await startTidegate({
    TIDEGATE_META_BASE_URL: meta.url,
    TIDEGATE_TIKTOK_BASE_URL: tiktok.url,
    TIDEGATE_APPLE_BASE_URL: apple.url,
    TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1",
    TIDEGATE_PUBLIC_URL: publicUrl,
    TRUSTED_PROXIES: "127.0.0.1",
  });
  const answers = new Map<string, Answer<Json>>();
  const secrets: string[] = [];
  let accepted = 0;
  let outcomes = new Map<string, Outcome>();

  /** Sends a body as it stands, and keeps the answer under a name. */
  async function send(
    name: string,
    path: string,
    body: unknown,
    sender: Sender | null = null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Json>> {
    const key: Record<string, string> =
      sender === null ? {} : { authorization: `Basic ${btoa(`${sender.write_key}:`)}` };
    const answer = await callIngest<Json>(tidegate, path, body, { ...key, ...headers });
    answers.set(name, answer);
    accepted += acceptedOf(body, answer);
    return answer;
  }

  /** A track event that goes by one name as messageId and as user. */
  const track = (name: string, members: Member = {}, sender: Sender | null = null, headers = {}) =>
    send(name, "/v1/track", { event: "Order Completed", userId: name, messageId: name, ...members }, sender, headers);

  async function admin(method: string, path: string, body?: unknown, status?: number): Promise<Json> {
    const answer = await callAdmin<Json>(tidegate, method, path, body);
    if (status !== undefined) assert.equal(answer.status, status, answer.text);
    return answer;
  }

  async function project(name: string): Promise<string> {
    return (await admin("POST", "/v1/admin/projects", { name }, 201)).json.id;
  }

  async function source(projectId: string, kind: string, rest: Member = {}): Promise<Sender> {
    const body = { project_id: projectId, name: `${kind} ${Object.values(rest)}`, kind, ...rest };
    return { ...(await admin("POST", "/v1/admin/sources", body, 201)).json, project: projectId };
  }

  async function connect(vendor: string, projectId: string, config: Member): Promise<string> {
    const made = await admin("POST", integrationsPath, { vendor, project_id: projectId, config }, 201);
    if (made.json.signing_secret !== undefined) secrets.push(made.json.signing_secret);
    webhook.setSecrets(secrets);
    return made.json.id;
  }

  const connectMeta = (projectId: string, pixel: string, rest: Member = {}) =>
    connect("meta", projectId, { pixel_id: pixel, access_token: "canary-token", ...rest });
  const connectWebhook = (projectId: string, path: string, rest: Member = {}) =>
    connect("webhook", projectId, { url: `${webhook.url}/${path}`, ...rest });

  /** Waits until nothing is under way, and reads what came of everything. */
  async function settle(): Promise<Ledger> {
    const ledger = await untilSettled(tidegate, accepted);
    const shown = new Map((await allEvents(tidegate)).map((event) => [event.messageId, event]));
    const rows = await asSuperuser(tidegate, (client) =>
      client.query("select message_id, event::text as text from tidegate.sdk_events event"),
    );
    const texts = new Map(rows.rows.map(({ message_id, text }) => [message_id, text]));
    const byId = (key: string, list: readonly Json[]) => new Map(list.map((event) => [event[key], event]));
    const told = {
      meta: byId("event_id", meta.effectiveEvents()),
      tiktok: byId("event_id", tiktok.effectiveEvents()),
      webhook: byId("messageId", webhook.effectiveEvents()),
    };
    const names = [...shown.keys(), ...texts.keys(), ...told.meta.keys(), ...told.webhook.keys()];
    outcomes = new Map(
      names.map((name) => [
        name,
        {
          stored: shown.get(name),
          row: texts.get(name) ?? "",
          meta: told.meta.get(name),
          tiktok: told.tiktok.get(name),
          webhook: told.webhook.get(name),
        },
      ]),
    );
    return ledger;
  }

  /** Waits until an event is stored. */
  const until = (name: string) =>
    waitFor(
      async () => (await sql(`select from tidegate.sdk_events where message_id = '${name}'`)).length > 0,
      60_000,
      () => `${name} is not stored`,
    );
  const sql = (text: string): Promise<Json[]> =>
    asSuperuser(tidegate, async (client) => (await client.query(text)).rows);
  const notes = new Map<string, unknown>();

  const nothing: Outcome = { stored: undefined, row: "", meta: undefined, tiktok: undefined, webhook: undefined };
  const main = tidegate.credentials.project_id;
  await connectMeta(main, "1234567890");
  await connect("tiktok", main, { event_source: "web", event_source_id: "PIXEL1", access_token: "canary-token" });
  await connectWebhook(main, "all", { event_types: ["track", "page", "screen", "identify"] });
  return {
    ...{ tidegate, meta, tiktok, apple, webhook, main },
    ...{ send, track, admin, project, source, connect, connectMeta, connectWebhook, settle, until, sql, germanAddress },
    /** Keeps something that was seen while sending, for the look behind it. */
    note: (name: string, seen: unknown) => void notes.set(name, seen),
    noted: (name: string) => notes.get(name),
    /** The page's source that the first start made. */
    browser: { ...tidegate.credentials, project: main, write_key: tidegate.credentials.browser_write_key ?? "none" },
    mobile: await source(main, "mobile"),
    answer: (name: string) => answers.get(name) as Answer<Json>,
    of: (name: string): Outcome => outcomes.get(name) ?? nothing,
    putDataLayer: (config: Member) => admin("PUT", dataLayerPath, { config }, 200),
    async close() {
      await tidegate.dispose();
      await Promise.all(simulators.map((simulator) => simulator.close()));
    },
  };
}
