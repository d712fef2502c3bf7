import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { adminWords, ingestWords } from "../../../../adapters/http/openapi/openapi-words.ts";
import type { Route } from "../../../../adapters/http/server/call.ts";
import { openRig, type Rig, send } from "../server/rig.ts";

let rig: Rig;
// biome-ignore lint/suspicious/noExplicitAny: a test reads the description as any client does
let api: any;
before(async () => {
  rig = await openRig();
  api = (await send(`${rig.admin.url}/openapi.json`)).json;
});
after(async () => {
  await rig.close();
});

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const described = (path: string) => path.replace(/:(\w+)/g, "{$1}");

/** Every operation of the description with its method and path. */
function operations() {
  return Object.entries<Record<string, never>>(api.paths).flatMap(([path, methods]) =>
    Object.entries<Record<string, unknown>>(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

test("every route that is served is described, and nothing else is", () => {
  const served = [...rig.apps.admin.routes, ...rig.apps.ingest.routes].map((route) => {
    return `${route.method} ${described(route.path)}`;
  });
  const found = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual(found.sort(), [...new Set(served)].sort());
  assert.equal(api.openapi, "3.1.1");
});

test("every route has words, and every word is a route's", () => {
  for (const [routes, words] of [
    [rig.apps.admin.routes, adminWords],
    [rig.apps.ingest.routes, ingestWords],
  ] as const) {
    assert.deepEqual(routes.map(nameOf).sort(), Object.keys(words).sort());
  }
});

test("what is described is answered: no operation's path or method is unknown to its listener", async () => {
  for (const { path, method, operation } of operations()) {
    const listener = operation["servers"] ? rig.ingest : rig.admin;
    const url = listener.url + path.replace(/\{\w+\}/g, "00000000-0000-7000-8000-000000000000");
    const sent = { method: method.toUpperCase(), ...(method === "get" ? {} : { body: "{" }) };
    const { status, json } = await send(url, sent);
    assert.notEqual(status, 405, `${method} ${path}`);
    if (status === 404) assert.match(path, /\{writeKey\}/, `${method} ${path}: ${json?.error?.code}`);
    if (operation["x-role"]) assert.equal(status, 401, `${method} ${path}`);
  }
});

test("operations have ids of their own, their path's parameters, roles where tokens are asked for", () => {
  const ids = operations().map(({ operation }) => operation["operationId"]);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, operation } of operations()) {
    const named = (operation["parameters"] ?? []) as { name: string; in: string }[];
    const inPath = named.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    assert.deepEqual(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
    );
    const asksToken = JSON.stringify(operation["security"]) === '[{"token":[]}]';
    assert.equal(asksToken, operation["x-role"] !== undefined);
  }
  const { post } = api.paths["/v1/admin/transformations"];
  assert.deepEqual(post.requestBody.content["application/json"].schema.required, ["integration_id", "rules"]);
});

test("the page that shows it loads nothing and runs its own script alone", async () => {
  const page = await send(`${rig.admin.url}/docs`);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /https?:\/\/|<script[^>]|<link|@import|url\(/);
  const script = /<script>([\s\S]*?)<\/script>/.exec(page.text)?.[1] ?? "";
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'/);
  assert.ok(policy.includes(`script-src 'sha256-${hash}'`));
});
