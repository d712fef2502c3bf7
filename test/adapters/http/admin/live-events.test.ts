import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { orgWatchesMax, pollEventsMax } from "../../../../domain/admin/events/watch-events.ts";
import type { FirstCredentials } from "../../../../domain/admin/workspace/first-tenant.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import { openRig, type Rig, send } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const path = "/v1/admin/events/live";
const waitMsMax = 30_000;

interface Heard {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read messages of every shape
  readonly data: any;
}

/** An open stream, read until a test has what it waits for. */
async function watch(token: string, query = "") {
  const closing = new AbortController();
  const answer = await fetch(rig.admin.url + path + query, {
    headers: { authorization: `Bearer ${token}` },
    signal: closing.signal,
  });
  const heard: Heard[] = [];
  const comments: string[] = [];
  const ended = (async () => {
    let rest = "";
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + new TextDecoder().decode(chunk)).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.data) heard.push({ event: fields.event ?? "message", data: JSON.parse(fields.data) });
        else comments.push(block);
      }
    }
  })().catch(() => undefined);
  return { status: answer.status, headers: answer.headers, heard, comments, ended, close: () => closing.abort() };
}

async function until(holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + waitMsMax;
  while (!holds()) {
    assert.ok(performance.now() < untilMs, "it did not come to pass in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function storedEvent(keys: FirstCredentials, rest: Partial<StoredEvent> = {}): StoredEvent {
  return {
    ...{ emailSha256: null, phoneSha256: null, phoneE164Sha256: null, sessionId: null, sentAtMs: null },
    ...{ id: randomUUID(), orgId: keys.org_id, projectId: keys.project_id, sourceId: keys.source_id },
    ...{ appId: keys.app_id, messageId: randomUUID(), type: "track", name: "Order Completed", userId: "u1" },
    ...{ anonymousId: null, timestampMs: Date.now(), originalTimestampMs: null, receivedAtMs: Date.now() },
    ...{ deviceOs: null, deviceModel: null, country: null, region: null, dataLayerVersion: 1 },
    ...{ properties: {}, traits: {}, context: {}, extra: {} },
    ...rest,
  };
}

test("what is stored from now on is shown, once and in order; what was there before and others' are not", async () => {
  const [ours, theirs] = [await rig.addTenant("server"), await rig.addTenant("server")];
  rig.stored.events.push(storedEvent(ours, { name: "Before" }));
  const stream = await watch(ours.admin_token);
  assert.equal(stream.headers.get("content-type"), "text/event-stream; charset=utf-8");
  await until(() => stream.comments.length >= 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const nowMs = Date.now();
  rig.stored.events.push(storedEvent(ours, { name: "One", receivedAtMs: nowMs }));
  rig.stored.events.push(storedEvent(ours, { name: "Two", receivedAtMs: nowMs + 1 }));
  rig.stored.events.push(storedEvent(theirs, { name: "Theirs" }));
  await until(() => stream.heard.length >= 2);
  const late = storedEvent(ours, { name: "Late", receivedAtMs: Date.now() - 2_000 });
  rig.stored.events.push(late);
  await until(() => stream.heard.length >= 3);
  assert.deepEqual(
    stream.heard.map(({ event, data }) => [event, data.event]),
    [
      ["message", "One"],
      ["message", "Two"],
      ["message", "Late"],
    ],
  );
  assert.equal(stream.heard[2]?.data.id, late.id);
  assert.equal(stream.heard[0]?.data.orgId, undefined);
  stream.close();
});

test("filters narrow it; another organisation's project or source is as none", async () => {
  const [ours, theirs] = [await rig.addTenant("server"), await rig.addTenant("server")];
  const named = await watch(ours.admin_token, `?event_names=A,B&source_id=${ours.source_id}`);
  await until(() => named.comments.length >= 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const name of ["A", "C", "B"]) rig.stored.events.push(storedEvent(ours, { name }));
  rig.stored.events.push(storedEvent(ours, { name: "A", sourceId: randomUUID() }));
  await until(() => named.heard.length >= 2);
  assert.deepEqual(named.heard.map(({ data }) => data.event).sort(), ["A", "B"]);
  named.close();
  const headers = { authorization: `Bearer ${ours.admin_token}` };
  for (const query of [`?project_id=${theirs.project_id}`, `?source_id=${theirs.source_id}`]) {
    assert.equal((await send(rig.admin.url + path + query, { headers })).status, 404);
  }
  assert.equal((await send(`${rig.admin.url}${path}?name=A`, { headers })).status, 422);
  assert.equal((await send(rig.admin.url + path)).status, 401);
  assert.equal((await send(rig.admin.url + path, { method: "HEAD", headers })).status, 200);
});

test("under load a sample is shown, and its rate is stated", async () => {
  const keys = await rig.addTenant("server");
  const stream = await watch(keys.admin_token);
  await until(() => stream.comments.length >= 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let n = 0; n < 500; n += 1) rig.stored.events.push(storedEvent(keys));
  await until(() => stream.heard.length > pollEventsMax);
  const [sample, ...events] = stream.heard;
  assert.equal(sample?.event, "sample");
  assert.deepEqual(sample?.data, { arrived: 500, shown: pollEventsMax, rate: pollEventsMax / 500 });
  assert.equal(new Set(events.map(({ data }) => data.id)).size, pollEventsMax);
  rig.stored.events.push(storedEvent(keys, { name: "Calm", receivedAtMs: Date.now() + 1 }));
  await until(() => stream.heard.some(({ data }) => data.event === "Calm"));
  assert.deepEqual(stream.heard.at(-2)?.data, { arrived: 1, shown: 1, rate: 1 });
  stream.close();
});

test("streams are bounded per organisation, and a client that goes leaves its place to another", async () => {
  const keys = await rig.addTenant("server");
  const open = await Promise.all(Array.from({ length: orgWatchesMax }, () => watch(keys.admin_token)));
  for (const stream of open) await until(() => stream.comments.length >= 1);
  const headers = { authorization: `Bearer ${keys.admin_token}` };
  const full = await send(rig.admin.url + path, { headers });
  assert.deepEqual([full.status, full.json.error.code], [503, "watches_full"]);
  assert.ok(full.headers.get("retry-after"));
  const other = await watch((await rig.addTenant("server")).admin_token);
  assert.equal(other.status, 200);
  open[0]?.close();
  let again = await watch(keys.admin_token);
  for (let tries = 0; again.status !== 200 && tries < 50; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    again = await watch(keys.admin_token);
  }
  assert.equal(again.status, 200);
  for (const stream of [...open, other, again]) stream.close();
});

test("a listener that stops ends its streams at once", async () => {
  const other = await openRig();
  const answer = await fetch(other.admin.url + path, {
    headers: { authorization: `Bearer ${other.keys.admin_token}` },
  });
  const text = answer.text();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startedMs = performance.now();
  await other.close();
  assert.ok(performance.now() - startedMs < 30_000);
  await text.catch(() => undefined);
});
