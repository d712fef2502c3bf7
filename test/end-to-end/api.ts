import { type TidegateProcess, waitFor } from "../tidegate-process.ts";

/** The books as `GET /v1/admin/ledger` shows them. */
export interface Ledger {
  readonly sources: readonly {
    readonly accepted: number;
    readonly stored: number;
    readonly duplicate: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly dead: number;
    readonly in_flight: number;
    readonly balanced: boolean;
  }[];
  readonly integrations: readonly {
    readonly queued: number;
    readonly delivered: number;
    readonly dead: number;
    readonly expired: number;
    readonly waiting: number;
    readonly balanced: boolean;
  }[];
}

/** A stored event as `GET /v1/events` shows it, as far as tests look at it. */
export interface ShownEvent {
  readonly id: string;
  readonly messageId: string;
  readonly event?: string;
  readonly userId: string | null;
  readonly emailSha256: string | null;
  readonly phoneSha256: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly receivedAt: string;
  readonly timestamp: string;
  readonly sessionId: string | null;
  readonly dataLayerVersion: number;
}

export interface EventPage {
  readonly items: readonly ShownEvent[];
  readonly next_cursor: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

export const pixelId = "1234567890";
const settleMaxMs = 90_000;
const pageItems = 500;

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: (isJson && text !== "" ? JSON.parse(text) : null) as T,
  };
}

/** Calls the admin listener as the owner. */
export async function callAdmin<T = unknown>(
  tidegate: TidegateProcess,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const { admin_url: url, admin_token: token } = tidegate.credentials;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", connection: "close", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return await answerOf<T>(response);
}

/** Calls the ingest listener, with the write key unless the headers say who is asking. */
export async function callIngest<T = { readonly success?: boolean }>(
  tidegate: TidegateProcess,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = "POST",
  signal: AbortSignal | null = null,
): Promise<Answer<T>> {
  const { ingest_url: url, write_key: key } = tidegate.credentials;
  const plain = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${url}${path}`, {
    method,
    signal,
    headers: {
      authorization: `Basic ${btoa(`${key}:`)}`,
      "content-type": "application/json",
      connection: "close",
      ...headers,
    },
    ...(method === "GET" ? {} : { body: (plain ? body : JSON.stringify(body)) as BodyInit }),
  });
  return await answerOf<T>(response);
}

/** Connects the first project to Meta; `rest` joins the configuration. */
export async function connectMeta(tidegate: TidegateProcess, rest: Readonly<Record<string, unknown>> = {}) {
  const config = { pixel_id: pixelId, access_token: "end-to-end-token", ...rest };
  const body = { vendor: "meta", project_id: tidegate.credentials.project_id, config };
  const answer = await callAdmin<{ readonly id: string }>(tidegate, "POST", "/v1/admin/integrations", body);
  if (answer.status !== 201) throw new Error(`the integration was answered ${answer.status}: ${answer.text}`);
  return answer;
}

export async function readLedger(tidegate: TidegateProcess): Promise<Ledger> {
  return (await callAdmin<Ledger>(tidegate, "GET", "/v1/admin/ledger")).json;
}

/** Waits until `accepted` events at least were accepted and nothing is under way any more. */
export async function untilSettled(tidegate: TidegateProcess, accepted: number): Promise<Ledger> {
  let ledger: Ledger | undefined;
  await waitFor(
    async () => {
      ledger = await readLedger(tidegate);
      const taken = ledger.sources.reduce((sum, source) => sum + source.accepted, 0);
      const underWay = ledger.sources.reduce((sum, source) => sum + source.in_flight, 0);
      const waiting = ledger.integrations.reduce((sum, integration) => sum + integration.waiting, 0);
      return taken >= accepted && underWay === 0 && waiting === 0;
    },
    settleMaxMs,
    () => `not settled, expected ${accepted}: ${JSON.stringify(ledger)}\n${tidegate.output()}`,
  );
  return ledger as Ledger;
}

/** Whether both books add up: nothing was dropped silently. */
export function isBalanced(ledger: Ledger): boolean {
  return [...ledger.sources, ...ledger.integrations].every((line) => line.balanced);
}

export async function listEvents(tidegate: TidegateProcess, query = ""): Promise<EventPage> {
  const answer = await callAdmin<EventPage>(tidegate, "GET", `/v1/events${query}`);
  if (answer.status !== 200) throw new Error(`/v1/events answered ${answer.status}: ${answer.text}`);
  return answer.json;
}

const sessionEvents = ["Session Started", "Session Ended"];

/** Whether an event was sent, rather than made here to mark a session. */
export function wasSent(event: ShownEvent): boolean {
  return !sessionEvents.includes(event.event ?? "");
}

/** Every stored event that was sent, page by page. */
export async function sentEvents(tidegate: TidegateProcess): Promise<ShownEvent[]> {
  return (await allEvents(tidegate)).filter(wasSent);
}

/** Every stored event, page by page. */
export async function allEvents(tidegate: TidegateProcess): Promise<ShownEvent[]> {
  const found: ShownEvent[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await listEvents(tidegate, `?limit=${pageItems}${after}`);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}
