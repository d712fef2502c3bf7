import { Type } from "@sinclair/typebox";
import type { Route } from "../server/call.ts";
import { adminWords, ingestWords, type RouteWords } from "./openapi-words.ts";

type Listener = "admin" | "ingest";
type Operation = Readonly<Record<string, unknown>>;

/** The one shape of all our errors. */
const errorBody = Type.Object({
  error: Type.Object({
    code: Type.String({ description: "Stable, for programs." }),
    message: Type.String({ description: "What to do." }),
    request_id: Type.String(),
    details: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.Optional(Type.String()),
          code: Type.Optional(Type.String()),
          message: Type.Optional(Type.String()),
          hint: Type.Optional(Type.String()),
          position: Type.Optional(Type.Integer()),
          caret: Type.Optional(Type.String()),
          index: Type.Optional(Type.Integer()),
          field: Type.Optional(Type.String()),
        }),
      ),
    ),
  }),
});

const securitySchemes = {
  token: { type: "http", scheme: "bearer", description: "An admin token, or the access token of a login." },
  writeKey: { type: "http", scheme: "basic", description: "A source's write key as the user, no password." },
  appId: { type: "apiKey", in: "header", name: "X-App-Id" },
  timestamp: { type: "apiKey", in: "header", name: "X-Timestamp", description: "Unix seconds." },
  signature: {
    type: "apiKey",
    in: "header",
    name: "X-Signature",
    description: 'sha256= and the hex HMAC-SHA256 of timestamp + "." + body under the source\'s secret.',
  },
};

const sourceSecurity = {
  write_key: [{ writeKey: [] }],
  app_id: [{ appId: [] }, { writeKey: [] }],
  signature: [{ appId: [], timestamp: [], signature: [] }],
};

const ingestServer = {
  url: "http://{host}:{port}",
  description: "The ingest listener",
  variables: { host: { default: "localhost" }, port: { default: "8080" } },
};

/**
 * Describes every route of both listeners, so that there is one list of them: the routes themselves.
 *
 * Methods, paths, roles and bodies are the routes' own; only words are added.
 * Source: https://spec.openapis.org/oas/v3.1.1.html
 */
export function describeApi(admin: readonly Route[], ingest: readonly Route[]): Operation {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (route: Route, listener: Listener, table: Readonly<Record<string, RouteWords>>) => {
    const said = table[`${route.method} ${route.path}`] ?? { tag: "Other", summary: route.path };
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const operations = paths[path] ?? {};
    paths[path] = operations;
    operations[route.method.toLowerCase()] ??= describe(route, listener, said);
  };
  for (const route of admin) add(route, "admin", adminWords);
  for (const route of ingest) add(route, "ingest", ingestWords);
  return {
    openapi: "3.1.1",
    info: {
      title: "Tidegate",
      version: "0.1.0",
      description: "A self-hosted, privacy-first event relay. Lists have items and next_cursor; errors have one shape.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The admin listener" }],
    tags: tagsOf([adminWords, ingestWords], paths).map((name) => ({ name })),
    paths,
    components: { securitySchemes, schemas: { Error: errorBody } },
  };
}

/** Tags in the order of the words, those of routes without words last. */
function tagsOf(tables: readonly Readonly<Record<string, RouteWords>>[], paths: object): string[] {
  const worded = tables.flatMap((table) => Object.values(table).map(({ tag }) => tag));
  const used = Object.values(paths).flatMap((operations) =>
    Object.values(operations as Record<string, { tags: string[] }>).flatMap(({ tags }) => tags),
  );
  return [...new Set([...worded, ...used])].filter((tag) => used.includes(tag));
}

function describe(route: Route, listener: Listener, said: RouteWords): Operation {
  const { role = null, body: own = null } = route.contract ?? {};
  const body = said.body ?? own;
  const security = role !== null ? [{ token: [] }] : said.source ? sourceSecurity[said.source] : [];
  return {
    tags: [said.tag],
    summary: said.summary,
    operationId: operationId(route),
    ...(role === null ? {} : { description: `Least role: ${role}.`, "x-role": role }),
    ...(listener === "ingest" ? { servers: [ingestServer] } : {}),
    ...parametersOf(route, said),
    ...(body === null ? {} : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    security,
    responses: responsesOf(said),
  };
}

function operationId({ method, path }: Route): string {
  return `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_")}`.replace(/_$/, "");
}

function parametersOf({ path }: Route, { query = [] }: RouteWords) {
  const schema = { type: "string" };
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema }));
  const inQuery = query.map((name) => ({ name, in: "query", schema }));
  const parameters = [...inPath, ...inQuery];
  return parameters.length === 0 ? {} : { parameters };
}

function responsesOf({ status = 200, type = "application/json" }: RouteWords) {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  const content = status === 204 ? {} : { content: { [type]: { schema } } };
  const error = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  return { [status]: { description: "Done", ...content }, default: { description: "An error", content: error } };
}
