import { type TSchema, Type } from "@sinclair/typebox";

/** What can't be read off a route: what it is for, its parameters in the query, and what ingest routes take. */
export interface RouteWords {
  readonly tag: string;
  readonly summary: string;
  readonly query?: readonly string[];
  /** Status of success; 200 if left out. */
  readonly status?: number;
  /** Media type of success; JSON if left out. */
  readonly type?: string;
  /** Who is asking, on ingest routes. */
  readonly source?: "write_key" | "app_id" | "signature";
  readonly body?: TSchema;
}

const page = ["cursor", "limit"];

/** An event in Segment's envelope, as far as it is checked. */
const event = Type.Object({
  type: Type.Optional(Type.String({ description: "Told by the path, or by each event of a batch." })),
  messageId: Type.Optional(Type.String({ description: "The dedup key; minted where it is left out." })),
  event: Type.Optional(Type.String({ description: "The name of a track call." })),
  userId: Type.Optional(Type.String()),
  anonymousId: Type.Optional(Type.String()),
  timestamp: Type.Optional(Type.String({ format: "date-time" })),
  properties: Type.Optional(Type.Object({})),
  traits: Type.Optional(Type.Object({})),
  context: Type.Optional(Type.Object({})),
});
const batch = Type.Object({ batch: Type.Array(event), sentAt: Type.Optional(Type.String({ format: "date-time" })) });
const layersEvents = Type.Object({
  events: Type.Array(Type.Object({ event: Type.String(), properties: Type.Optional(Type.Object({})) })),
  sent_at: Type.Optional(Type.String({ format: "date-time" })),
});
const anyObject = Type.Object({});

type WordsTable = Readonly<Record<string, RouteWords>>;

function words(tag: string, table: Readonly<Record<string, string | Omit<RouteWords, "tag">>>): WordsTable {
  return Object.fromEntries(
    Object.entries(table).map(([route, said]) => [
      route,
      { tag, ...(typeof said === "string" ? { summary: said } : said) },
    ]),
  );
}

/** Words for every route of the admin listener, by method and path. */
export const adminWords: WordsTable = {
  ...words("Data layer", {
    "GET /v1/admin/data-layer": "The data layer that governs now; its version is the ETag",
    "PUT /v1/admin/data-layer": "Replaces it, from the very next event on; If-Match guards against lost changes",
    "GET /v1/admin/data-layer/versions": { summary: "Its versions, newest first", query: page },
    "GET /v1/admin/data-layer/versions/:version": "One version, whatever its age",
    "GET /v1/admin/data-layer/diff": { summary: "What differs between two versions", query: ["from", "to"] },
    "POST /v1/admin/data-layer/rollback": "Goes back to a version, as a new one",
    "POST /v1/admin/data-layer/dry-run": "What a data layer would do to events, stage by stage; keeps nothing",
    "POST /v1/admin/data-layer/backtest": "What a candidate would have done to stored events",
    "GET /v1/admin/data-layer/custom-js/faults": "What fails in custom JavaScript: kind, line, version and how often",
  }),
  ...words("Events", {
    "GET /v1/events": {
      summary: "Stored events, newest first",
      query: ["project_id", "app_id", "event_names", "user_id", "since", "until", ...page],
    },
    "GET /v1/admin/events/live": {
      summary: "Events as they are stored, as server-sent events; a sample under load, its rate stated",
      query: ["project_id", "source_id", "event_names"],
      type: "text/event-stream",
    },
    "GET /v1/admin/ledger": "Where every accepted event went",
    "GET /v1/admin/attributions": {
      summary: "Apple's attributions of installs, and tokens that wait for theirs",
      query: ["project_id", "state", "anonymous_id", ...page],
    },
    "GET /v1/admin/attributions/:attribution_id": "One attribution",
  }),
  ...words("Deliveries", {
    "GET /v1/admin/deliveries": {
      summary: "Requests to vendors and what they answered, newest first; of one event those of the last eight days",
      query: ["integration_id", "event_id", "code", "ok", "since", "until", ...page],
    },
    "GET /v1/admin/dead-letters": {
      summary: "What could not be stored or delivered, and why",
      query: ["integration_id", "code", "event_name", "since", "until", ...page],
    },
    "GET /v1/admin/dead-letters/:dead_letter_id": "One dead letter",
    "POST /v1/admin/dead-letters/redrive":
      "Sends dead letters again, under the id and time they had: some, those a filter means, or all",
  }),
  ...words("Integrations", {
    "GET /v1/admin/integrations": "The organisation's integrations; secrets are masked",
    "POST /v1/admin/integrations": { summary: "Connects a project to a vendor", status: 201 },
    "GET /v1/admin/integrations/:integration_id": "One integration; its version is the ETag",
    "PATCH /v1/admin/integrations/:integration_id":
      "Changes its configuration or token, pauses or resumes, disables or enables it; If-Match guards",
    "DELETE /v1/admin/integrations/:integration_id":
      "Deletes an integration: its secrets are destroyed, what waits for it is canceled, its receipts and books stay",
    "GET /v1/admin/integrations/:integration_id/capi-status":
      "How it fares: delivered, failed by class, what waits longest, the circuit, the vendor's quota",
    "POST /v1/admin/integrations/:integration_id/verify":
      "Sends the vendor one made-up event, under the test code where there is one, and tells what it said",
    "POST /v1/admin/integrations/:integration_id/rotate-secret":
      "Gives a webhook another signing secret, shown once; the old one signs too for a while",
    "GET /v1/admin/transformations": {
      summary: "What integrations change about events, in the order in which it runs",
      query: ["integration_id"],
    },
    "POST /v1/admin/transformations": { summary: "Gives an integration a transformation", status: 201 },
    "GET /v1/admin/transformations/:transformation_id": "One transformation; its version is the ETag",
    "PATCH /v1/admin/transformations/:transformation_id": "Changes it; If-Match guards against lost changes",
    "DELETE /v1/admin/transformations/:transformation_id": { summary: "Takes it away", status: 204 },
    "POST /v1/admin/transformations/dry-run": "What the vendor would be sent; nothing is sent or kept",
  }),
  ...words("Workspace", {
    "GET /v1/admin/organization": "The organisation",
    "PATCH /v1/admin/organization": "Renames it",
    "GET /v1/admin/projects": "Its projects",
    "POST /v1/admin/projects": { summary: "Makes a project", status: 201 },
    "GET /v1/admin/projects/:project_id": "One project",
    "PATCH /v1/admin/projects/:project_id": "Renames it",
    "DELETE /v1/admin/projects/:project_id": { summary: "Removes it, if nothing uses it", status: 204 },
    "GET /v1/admin/sources": "Where events come from, with write keys",
    "POST /v1/admin/sources": { summary: "Makes a source", status: 201 },
    "GET /v1/admin/sources/:source_id": "One source",
    "PATCH /v1/admin/sources/:source_id": "Changes it, or turns it off",
    "DELETE /v1/admin/sources/:source_id": { summary: "Removes it; its events stay", status: 204 },
    "POST /v1/admin/sources/:source_id/rotate-write-key":
      "Gives it another write key; the old one works on for a while",
    "POST /v1/admin/sources/:source_id/replace-signing-secret":
      "Gives it another signing secret; the old one ends at once",
  }),
  ...words("Members", {
    "GET /v1/admin/me": "Who is calling, and as what",
    "GET /v1/admin/members": "Members and their roles",
    "PATCH /v1/admin/members/:member_id": "Gives a member another role",
    "DELETE /v1/admin/members/:member_id": { summary: "Removes a member and all their tokens", status: 204 },
    "POST /v1/admin/members/:member_id/transfer-ownership": "Makes another member the owner",
    "GET /v1/admin/invitations": "Invitations that are open",
    "POST /v1/admin/invitations": { summary: "Invites someone; the answer alone holds the token", status: 201 },
    "DELETE /v1/admin/invitations/:invitation_id": { summary: "Takes an invitation back", status: 204 },
    "GET /v1/admin/tokens": "API tokens, without their secrets",
    "POST /v1/admin/tokens": { summary: "Makes an API token; the answer alone holds it", status: 201 },
    "DELETE /v1/admin/tokens/:token_id": { summary: "Revokes a token", status: 204 },
    "GET /v1/admin/audit-log": { summary: "Who changed what, newest first", query: page },
  }),
  ...words("Logging in", {
    "POST /v1/admin/auth/login": "A login name and password for tokens",
    "POST /v1/admin/auth/refresh": "A refresh token for new tokens; it works once",
    "POST /v1/admin/auth/logout": { summary: "Ends a login", status: 204 },
    "POST /v1/admin/auth/accept-invitation": { summary: "Becomes a member by invitation", status: 201 },
    "POST /v1/admin/auth/password": { summary: "Sets one's own login name and password", status: 204 },
  }),
  ...words("Operation", {
    "GET /health": "That the process lives, and how it fares",
    "GET /ready": "Whether it should be sent requests; 503 if not",
    "GET /metrics": { summary: "Prometheus metrics", type: "text/plain" },
    "GET /openapi.json": "This description",
    "GET /docs": { summary: "The page that shows it", type: "text/html" },
  }),
};

const segmentNames = ["track", "identify", "page", "screen", "group", "alias"];
const segmentTag = "Ingest: Segment";

function segmentWords(): WordsTable {
  const calls = segmentNames.flatMap((name) =>
    [name, name.slice(0, 1)].map((path): [string, RouteWords] => [
      `POST /v1/${path}`,
      { tag: segmentTag, summary: `One ${name} call`, source: "write_key", body: event },
    ]),
  );
  const pixels = segmentNames.map((name): [string, RouteWords] => [
    `GET /v1/pixel/${name}`,
    { tag: segmentTag, summary: `One ${name} call as an image`, query: ["data"], type: "image/gif" },
  ]);
  const batches = ["batch", "import", "b"].map((path): [string, RouteWords] => [
    `POST /v1/${path}`,
    {
      tag: segmentTag,
      summary: "A batch of calls; bad ones are named, the others taken",
      source: "write_key",
      body: batch,
    },
  ]);
  return Object.fromEntries([...calls, ...batches, ...pixels]);
}

function layersWords(): WordsTable {
  const bodies = { events: layersEvents, "users/properties": anyObject, consent: anyObject } as const;
  const said = {
    events: "Events of an app",
    "users/properties": "What is known of a user",
    consent: "A user's consent",
  };
  return Object.fromEntries(
    Object.entries(bodies).flatMap(([name, body]) =>
      [`/${name}`, `/l/${name}`].map((path): [string, RouteWords] => [
        `POST ${path}`,
        { tag: "Ingest: Layers", summary: said[name as keyof typeof said], source: "app_id", status: 202, body },
      ]),
    ),
  );
}

/** Words for every route of the ingest listener, by method and path. */
export const ingestWords: WordsTable = {
  ...segmentWords(),
  "GET /v1/projects/:writeKey/settings": { tag: segmentTag, summary: "Settings that analytics.js asks for" },
  ...layersWords(),
  "POST /v1/events": {
    tag: "Ingest: signed",
    summary: "Events that a server signs",
    source: "signature",
    body: Type.Union([batch, layersEvents, event]),
  },
  "POST /v1/apple-ads-attribution": {
    tag: "Ingest: Apple",
    summary: "A device's token of Apple's AdServices, to be exchanged for the ad its install came from",
    source: "app_id",
    status: 202,
  },
  ...words("Operation", {
    "GET /health": "That the process lives, and how it fares",
    "GET /l/health": "The same, for the Layers SDKs",
    "GET /ready": "Whether it should be sent requests; 503 if not",
  }),
};
