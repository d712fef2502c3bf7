import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Value } from "@sinclair/typebox/value";
import type { AdminRoute } from "../../../../adapters/http/admin/route.ts";
import { allows, type Role, roles } from "../../../../domain/model/tenant.ts";
import { newAttribution } from "../../../contracts/attributions.ts";
import { unwrap } from "../../../contracts/results.ts";
import { storedEvent } from "../../../domain/pipeline/relay/parts.ts";
import { openRig, post, type Rig, send } from "../server/rig.ts";

type Headers = Record<string, string>;

let rig: Rig;
let tokens: Record<Role, Headers>;
before(async () => {
  rig = await openRig({ memberRate: { perSecond: 10_000, burst: 10_000 } });
  tokens = Object.fromEntries(roles.map((role) => [role, tokenOf(role)])) as Record<Role, Headers>;
});
after(async () => {
  await rig.close();
});

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

function tokenOf(role: Role): Headers {
  const token = `token-${role}-${randomUUID()}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  rig.tenants.addPrincipal(sha256, { orgId: rig.keys.org_id, memberId: randomUUID(), role });
  return bearer(token);
}

/** Calls a route, with the least body its schema takes. Streams are left after their head. */
async function call(route: AdminRoute, headers: Headers, ids: Record<string, string> = {}, rest: object = {}) {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? randomUUID());
  const hasBody = route.schema !== null;
  const body = hasBody ? JSON.stringify({ ...(Value.Create(route.schema as never) as object), ...rest }) : null;
  const stop = new AbortController();
  const answer = await fetch(rig.admin.url + path, {
    method: route.method,
    headers: { ...headers, ...(hasBody ? { "content-type": "application/json" } : {}) },
    body,
    signal: stop.signal,
  });
  const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
  const text = isStream ? "" : await answer.text();
  stop.abort();
  return { status: answer.status, code: text.startsWith('{"error"') ? JSON.parse(text).error.code : null };
}

const nameOf = (route: AdminRoute) => `${route.method} ${route.path}`;

test("each role is let in or refused on each route as the table of routes says", async () => {
  assert.ok(rig.adminRoutes.length > 30);
  for (const route of rig.adminRoutes) {
    for (const role of roles) {
      const answer = await call(route, tokens[role]);
      const told = `${role} on ${nameOf(route)}: ${answer.status} ${answer.code}`;
      if (allows(role, route.role)) assert.ok(answer.status !== 401 && answer.code !== "role_insufficient", told);
      else assert.deepEqual([answer.status, answer.code], [403, "role_insufficient"], told);
      assert.notEqual(answer.status, 500, told);
    }
  }
});

test("without a token no route of the table answers but with 401", async () => {
  for (const route of rig.adminRoutes) {
    const answer = await call(route, {});
    assert.deepEqual([nameOf(route), answer.status, answer.code], [nameOf(route), 401, "token_missing"]);
  }
});

/** What changes only what is the caller's own, and what changes nothing at all, viewers may. */
const ownChanges = ["POST /v1/admin/auth/password", "POST /v1/admin/tokens", "DELETE /v1/admin/tokens/:token_id"];

test("no route is in the table twice, and viewers change nothing but what is their own", () => {
  const names = rig.adminRoutes.map(nameOf);
  assert.deepEqual(names, [...new Set(names)]);
  const open = rig.adminRoutes.filter((route) => route.method !== "GET" && route.role === "viewer").map(nameOf);
  assert.deepEqual(open.sort(), ownChanges.sort());
  const owners = rig.adminRoutes.filter((route) => route.role === "owner").map(nameOf);
  assert.deepEqual(owners, ["POST /v1/admin/members/:member_id/transfer-ownership"]);
});

/** Parameters that are no ids: they count something of the caller's own organisation. */
const noIds = ["version"];

async function thingsOfAnother(): Promise<Record<string, string>> {
  const keys = await rig.addTenant("server");
  const owner = bearer(keys.admin_token);
  const made = async (path: string, body: object) => {
    const answer = await post(`${rig.admin.url}/v1/admin/${path}`, body, owner);
    assert.equal(answer.status, 201, answer.text);
    return answer.json.id as string;
  };
  const integration = await made("integrations", {
    ...{ vendor: "meta", project_id: keys.project_id },
    config: { pixel_id: "1", access_token: "x" },
  });
  const attribution = newAttribution({ orgId: keys.org_id, projectId: keys.project_id });
  rig.attributions.add(attribution);
  return {
    attribution_id: attribution.id,
    project_id: keys.project_id,
    source_id: keys.source_id,
    member_id: keys.owner_id,
    integration_id: integration,
    token_id: await made("tokens", { name: "t", role: "viewer" }),
    invitation_id: await made("invitations", { name: "n", role: "viewer" }),
    dead_letter_id: await deadLetterOf(keys.org_id, integration),
    transformation_id: await made("transformations", {
      integration_id: integration,
      rules: [{ type: "delete", path: "properties.email" }],
    }),
  };
}

async function deadLetterOf(orgId: string, integrationId: string): Promise<string> {
  const found = unwrap(await rig.tenants.integrations(orgId)).find(({ id }) => id === integrationId);
  assert.ok(found);
  rig.outbox.enqueue(found, storedEvent(1, { orgId }));
  const bounds = { except: [], claimsMax: 1, eventsMax: 1, leaseMs: 1, nowMs: Date.now() };
  const [claim] = unwrap(await rig.outbox.claim(bounds));
  assert.ok(claim);
  const dead = new Map(claim.events.map(({ event }) => [event.id, { kind: "dead", code: "meta_100" } as const]));
  unwrap(await rig.outbox.settle(claim, dead, [], bounds.nowMs));
  return unwrap(await rig.outbox.deadLetters(orgId, { limit: 1 })).items[0]?.id ?? "";
}

test("another organisation's ids answer 404 on every route that takes one, and so do ids of nobody", async () => {
  const owner = bearer(rig.keys.admin_token);
  const theirs = await thingsOfAnother();
  const nobodys = Object.fromEntries(Object.keys(theirs).map((name) => [name, randomUUID()]));
  const routes = rig.adminRoutes.filter((route) => /:(?!version\b)\w+/.test(route.path));
  assert.ok(routes.length > 10);
  for (const route of routes) {
    const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
    for (const name of names) assert.ok(name in theirs || noIds.includes(name), `${name} needs something to look for`);
    for (const ids of [theirs, nobodys]) {
      const answer = await call(route, owner, ids);
      assert.deepEqual([nameOf(route), answer.status, answer.code], [nameOf(route), 404, "not_found"]);
    }
  }
});

test("another organisation's ids in a query answer 404, as do ids of nobody", async () => {
  const owner = bearer(rig.keys.admin_token);
  const theirs = await thingsOfAnother();
  for (const [path, name] of [
    ["admin/transformations", "integration_id"],
    ["admin/deliveries", "integration_id"],
    ["admin/dead-letters", "integration_id"],
    ["admin/attributions", "project_id"],
    ["admin/events/live", "project_id"],
    ["admin/events/live", "source_id"],
    ["events", "project_id"],
  ] as const) {
    for (const id of [theirs[name], randomUUID()]) {
      const answer = await send(`${rig.admin.url}/v1/${path}?${name}=${id}`, { headers: owner });
      assert.deepEqual([path, answer.status, answer.json?.error?.code], [path, 404, "not_found"]);
    }
  }
});

test("an id in capital letters opens what it opens in small ones", async () => {
  const owner = bearer(rig.keys.admin_token);
  for (const [path, id] of [
    ["sources", rig.keys.source_id],
    ["projects", rig.keys.project_id],
  ] as const) {
    const answer = await send(`${rig.admin.url}/v1/admin/${path}/${id.toUpperCase()}`, { headers: owner });
    assert.deepEqual([path, answer.status, answer.json.id], [path, 200, id]);
  }
});

test("another organisation's ids in a body answer like ids of nobody", async () => {
  const owner = bearer(rig.keys.admin_token);
  const theirs = await thingsOfAnother();
  const bodies: readonly (readonly [string, object])[] = [
    ["sources", { project_id: theirs["project_id"], name: "s", kind: "server" }],
    ["integrations", { vendor: "meta", project_id: theirs["project_id"], config: { pixel_id: "1" } }],
    [
      "transformations",
      { integration_id: theirs["integration_id"], rules: [{ type: "delete", path: "properties.a" }] },
    ],
    ["dead-letters/redrive", { ids: [theirs["dead_letter_id"]] }],
    ["dead-letters/redrive", { filter: { integration_id: theirs["integration_id"] } }],
    ["data-layer/dry-run", { source_id: theirs["source_id"], events: [{ type: "track", event: "x", userId: "u" }] }],
  ];
  for (const [path, body] of bodies) {
    const answer = await post(`${rig.admin.url}/v1/admin/${path}`, body, owner);
    assert.deepEqual([path, answer.status, answer.json.error?.code], [path, 404, "not_found"]);
  }
});
