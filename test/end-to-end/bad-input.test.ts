import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, type EventPage, isBalanced, sentEvents, untilSettled } from "./api.ts";
import { needsProcessTable, residentBytes } from "./process-table.ts";

interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly request_id: string;
    readonly details?: readonly { readonly position?: number; readonly field?: string; readonly path?: string }[];
  };
}

interface BadRequest {
  readonly what: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly status: number;
  readonly code: string;
  /** Where the answer must say that the fault is. */
  readonly position?: number;
  readonly field?: string;
}

const canary = "grmblfx";
const good = { type: "track", event: "Good", userId: "user-1" };
const depth = 10_000;
const bodyBytesMax = 500 * 1024;
const eventBytesMax = 32 * 1024;
const bombBytes = 64 * 1024 * 1024;
const floods = 200;
const floodAtOnce = 8;
/** What the process may hold more after the flood than before it: its heap has grown to its working size by then. */
const growthBytesMax = 96 * 1024 * 1024;
const warmUp = 40;
const socketMaxMs = 10_000;

const badBodies: readonly BadRequest[] = [
  { what: "empty", body: "", status: 400, code: "invalid_json", position: 0 },
  { what: "blank", body: "  \n ", status: 400, code: "invalid_json", position: 4 },
  { what: "truncated", body: `{"event":"${canary}","userId":"u"`, status: 400, code: "invalid_json", position: 31 },
  { what: "trailing", body: `{"event":"E","userId":"u"} ${canary}`, status: 400, code: "invalid_json", position: 27 },
  { what: "a list", body: `["${canary}"]`, status: 400, code: "body_not_an_object", position: 0 },
  { what: "a string", body: `"${canary}"`, status: 400, code: "body_not_an_object", position: 0 },
  { what: "null", body: "null", status: 400, code: "body_not_an_object", position: 0 },
  { what: "a number", body: "1e3", status: 400, code: "body_not_an_object", position: 0 },
  {
    what: "two byte order marks",
    body: `\ufeff\ufeff${JSON.stringify(good)}`,
    status: 400,
    code: "invalid_json",
    position: 0,
  },
  { what: "NUL bytes", body: `{"a":"${canary}\0"}`, status: 400, code: "invalid_json", position: 13 },
  { what: "only NUL bytes", body: "\0\0\0", status: 400, code: "invalid_json", position: 0 },
  { what: "single quotes", body: `{'event':'${canary}'}`, status: 400, code: "invalid_json", position: 1 },
  { what: "NaN", body: `{"${canary}":NaN}`, status: 400, code: "invalid_json", position: 11 },
  { what: "10,000 lists", body: "[".repeat(depth), status: 400, code: "too_deep" },
  { what: "10,000 objects", body: `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`, status: 400, code: "too_deep" },
  {
    what: "UTF-16",
    body: Buffer.from(JSON.stringify(good), "utf16le"),
    status: 400,
    code: "invalid_json",
    position: 1,
  },
  {
    what: "bad UTF-8",
    body: Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
    status: 400,
    code: "invalid_utf8",
    position: 2,
  },
  {
    what: "oversize",
    body: `"${canary.repeat(bodyBytesMax / 7)}"`.padEnd(bodyBytesMax + 1),
    status: 413,
    code: "body_too_large",
  },
  {
    what: "a gzip bomb",
    body: gzipSync(Buffer.alloc(bombBytes, canary)),
    headers: { "content-encoding": "gzip" },
    status: 413,
    code: "body_too_large",
  },
  {
    what: "a bomb that does not say gzip",
    body: gzipSync(Buffer.alloc(bombBytes)),
    status: 413,
    code: "body_too_large",
  },
  {
    what: "half a gzip",
    body: gzipSync(JSON.stringify({ ...good, canary })).subarray(0, 30),
    headers: { "content-encoding": "gzip" },
    status: 400,
    code: "gzip_invalid",
  },
  {
    what: "no gzip",
    body: JSON.stringify({ ...good, canary }),
    headers: { "content-encoding": "gzip" },
    status: 400,
    code: "gzip_invalid",
  },
  { what: "brotli", body: canary, headers: { "content-encoding": "br" }, status: 415, code: "encoding_unsupported" },
];

const badEvents: readonly BadRequest[] = [
  { what: "no event name", body: `{"userId":"${canary}"}`, status: 400, code: "events_rejected", field: "event" },
  { what: "no id", body: `{"event":"${canary}"}`, status: 400, code: "events_rejected", field: "userId" },
  {
    what: "an id that is an object",
    body: `{"event":"E","userId":{"${canary}":1}}`,
    status: 400,
    code: "events_rejected",
    field: "userId",
  },
  {
    what: "an id that is a list",
    body: `{"event":"E","anonymousId":["${canary}"]}`,
    status: 400,
    code: "events_rejected",
    field: "anonymousId",
  },
  {
    what: "an id that is true",
    body: `{"event":"E","messageId":true,"userId":"${canary}"}`,
    status: 400,
    code: "events_rejected",
    field: "messageId",
  },
  {
    what: "a name that is a number",
    body: `{"event":1,"userId":"${canary}"}`,
    status: 400,
    code: "events_rejected",
    field: "event",
  },
  {
    what: "a time that is an object",
    body: `{"event":"E","userId":"u","timestamp":{"${canary}":1}}`,
    status: 400,
    code: "events_rejected",
    field: "timestamp",
  },
  {
    what: "NUL in a text",
    body: `{"event":"E","userId":"u","a":"${canary}\\u0000"}`,
    status: 400,
    code: "events_rejected",
  },
  {
    what: "a number beyond doubles",
    body: `{"event":"E","userId":"${canary}","a":1e999}`,
    status: 400,
    code: "events_rejected",
  },
  {
    what: "an event that is too large",
    body: `{"event":"E","userId":"u","a":"${canary.repeat(eventBytesMax / 7)}"}`,
    status: 400,
    code: "events_rejected",
  },
  {
    what: "an unknown type",
    path: "/v1/batch",
    body: `{"batch":[{"type":"${canary}","userId":"u"}]}`,
    status: 400,
    code: "events_rejected",
    field: "type",
  },
  {
    what: "events that are none",
    path: "/v1/batch",
    body: `{"batch":["${canary}",null,1,[]]}`,
    status: 400,
    code: "events_rejected",
  },
  { what: "no list of events", path: "/v1/batch", body: `{"${canary}":1}`, status: 400, code: "events_missing" },
  {
    what: "a list that is an object",
    path: "/v1/batch",
    body: `{"batch":{"${canary}":1}}`,
    status: 400,
    code: "events_missing",
  },
  {
    what: "2,501 events",
    path: "/v1/batch",
    body: `{"batch":[${Array(2_501).fill('{"type":"page","userId":"u"}').join(",")}]}`,
    status: 400,
    code: "too_many_events",
  },
];

const badRequests: readonly BadRequest[] = [
  {
    what: "a wrong key",
    headers: { authorization: `Basic ${btoa(`${canary}:`)}` },
    body: JSON.stringify(good),
    status: 401,
    code: "source_unknown",
  },
  {
    what: "a wrong scheme",
    headers: { authorization: `Digest ${canary}` },
    body: JSON.stringify(good),
    status: 401,
    code: "source_missing",
  },
  { what: "no signature", path: "/v1/events", body: JSON.stringify(good), status: 401, code: "signature_missing" },
  { what: "an unknown path", path: `/v1/${canary}`, body: JSON.stringify(good), status: 404, code: "not_found" },
  { what: "a path that can't be decoded", path: `/v1/%ff%/${canary}`, body: "", status: 404, code: "not_found" },
  { what: "the root", path: "/", body: "", status: 404, code: "not_found" },
  { what: "an admin path", path: "/v1/admin/ledger", body: "", status: 404, code: "not_found" },
  { what: "a wrong method", method: "DELETE", body: canary, status: 405, code: "method_not_allowed" },
  { what: "PUT", method: "PUT", body: JSON.stringify(good), status: 405, code: "method_not_allowed" },
];

/** Bytes as they are to a port, and what comes back until the other side closes or nothing more comes. */
function rawExchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = "";
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    const timer = setTimeout(done, socketMaxMs);
    socket.on("data", (chunk) => (received += String(chunk)));
    for (const event of ["end", "close", "error"]) socket.once(event, done);
    socket.write(bytes);
  });
}

describe("input that can't be used", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  let tidegate: TidegateProcess;
  let taken = 0;
  before(async () => {
    tidegate = await startTidegate();
  });
  after(async () => {
    await tidegate?.dispose();
  });

  async function goesOn(): Promise<void> {
    taken += 1;
    assert.equal((await callIngest(tidegate, "/v1/track", { ...good, messageId: `good-${taken}` })).status, 200);
  }

  async function refused({ what, path = "/v1/track", method, headers, body, status, code, ...at }: BadRequest) {
    const answer = await callIngest<ErrorBody>(tidegate, path, body, headers, method);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    const { error } = answer.json;
    assert.equal(error.code, code, what);
    assert.ok(error.message.length > 0, what);
    assert.equal(error.request_id, answer.headers.get("x-request-id"), what);
    if (at.position !== undefined) assert.equal(error.details?.[0]?.position, at.position, what);
    if (at.field !== undefined) assert.equal(error.details?.[0]?.field, at.field, what);
    if (code === "too_deep") assert.equal(typeof error.details?.[0]?.position, "number", what);
    assert.equal(answer.text.includes(canary), false, `${what}: the answer repeats what was sent`);
  }

  for (const [kind, requests] of Object.entries({ body: badBodies, event: badEvents, request: badRequests })) {
    it(`a bad ${kind} is answered 4xx with the fault's place, never its value, and the next is taken`, async () => {
      for (const request of requests) await refused(request);
      await goesOn();
    });
  }

  it("the admin listener answers the same way", async () => {
    const path = "/v1/admin/data-layer";
    const cases: [string, string, unknown, number, string][] = [
      ["PUT", path, `{"config":{"${canary}"`, 400, "invalid_json"],
      ["PUT", path, "", 400, "body_missing"],
      ["PUT", path, `["${canary}"]`, 422, "invalid_input"],
      ["PUT", path, { config: { session: { timeout_minutes: canary } } }, 422, "invalid_input"],
      ["PUT", path, `${'{"config":'.repeat(depth)}1${"}".repeat(depth)}`, 422, "invalid_input"],
      ["PUT", path, " ".repeat(1024 * 1024 + 1), 413, "body_too_large"],
      ["POST", path, {}, 405, "method_not_allowed"],
      ["GET", `/v1/events?limit=${canary}`, undefined, 422, "invalid_input"],
      ["GET", `/v1/events?cursor=${canary}`, undefined, 422, "invalid_input"],
      ["GET", `/v1/admin/dead-letters?cursor=%00${canary}`, undefined, 422, "invalid_input"],
      ["GET", `/v1/${canary}`, undefined, 404, "not_found"],
    ];
    for (const [method, to, body, status, code] of cases) {
      const answer = await callAdmin<ErrorBody>(tidegate, method, to, body);
      assert.equal(answer.status, status, `${method} ${to}: ${answer.text}`);
      assert.equal(answer.json.error.code, code, `${method} ${to}`);
      assert.equal(answer.text.includes(canary), false, `${method} ${to}`);
    }
    for (const name of ["user_id", "event_names", "app_id"]) {
      const answer = await callAdmin<EventPage>(tidegate, "GET", `/v1/events?${name}=%00${canary}`);
      assert.deepEqual(answer.json.items, [], "no stored event holds NUL");
    }
    const nobody = await callAdmin<ErrorBody>(tidegate, "GET", path, undefined, { authorization: "Bearer x" });
    assert.equal(nobody.status, 401);
  });

  it("requests that are hardly HTTP don't stop it", async () => {
    const { ingest_url: url, write_key: key } = tidegate.credentials;
    const head = `POST /v1/track HTTP/1.1\r\nConnection: close\r\nAuthorization: Basic ${btoa(`${key}:`)}`;
    const post = (headers: string, body: string) => `${head}\r\n${headers}\r\n\r\n${body}`;
    const huge = await rawExchange(url, post(`Host: a\r\nX-Huge: ${canary.repeat(20_000)}`, ""));
    assert.match(huge, /^(HTTP\/1\.1 4\d\d |$)/, "a huge header is refused");
    const bytes = [
      "\0\0\0\0\r\n\r\n",
      "GET\r\n\r\n",
      "POST /v1/track HTTP/9.9\r\n\r\n",
      post("Host: a\r\nContent-Length: -1", ""),
      post("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "zz\r\n"),
      post("Host: a\r\nTransfer-Encoding: chunked", "ffffffffffffffff\r\n"),
    ];
    for (const request of bytes) {
      const answer = await rawExchange(url, request);
      assert.match(answer, /^(HTTP\/1\.1 [45]\d\d |$)/, JSON.stringify(request.slice(0, 80)));
      assert.equal(answer.includes(canary), false);
    }
    await goesOn();
  });

  it("a host's name may be as short as a container's", async () => {
    const { ingest_url: url, write_key: key } = tidegate.credentials;
    for (const host of ["a", "api", "a.b", "api:80", "[::1]", "tidegate.internal"]) {
      taken += 1;
      const body = JSON.stringify({ ...good, messageId: `good-${taken}` });
      const head = [
        "POST /v1/track HTTP/1.1",
        `Host: ${host}`,
        "Connection: close",
        `Authorization: Basic ${btoa(`${key}:`)}`,
        `Content-Length: ${body.length}`,
      ];
      const answer = await rawExchange(url, `${head.join("\r\n")}\r\n\r\n${body}`);
      assert.match(answer, /^HTTP\/1\.1 200 /, `${host}: ${answer}`);
    }
  });

  it("200 gzip bombs and 200 oversize bodies leave its memory where it was, and lose no event", async () => {
    const bomb = gzipSync(Buffer.alloc(bombBytes, canary));
    const oversize = Buffer.alloc(4 * bodyBytesMax, canary);
    async function flood(body: Uint8Array, count: number): Promise<void> {
      let sent = 0;
      const senders = Array.from({ length: floodAtOnce }, async () => {
        while (sent++ < count) {
          const answer = await callIngest(tidegate, "/v1/batch", body);
          assert.equal(answer.status, 413, answer.text);
        }
      });
      await Promise.all(senders);
    }
    for (const body of [bomb, oversize]) await flood(body, warmUp);
    const beforeBytes = residentBytes(tidegate.pid);
    for (const body of [bomb, oversize]) await flood(body, floods);
    const grownBytes = residentBytes(tidegate.pid) - beforeBytes;
    assert.ok(grownBytes < growthBytesMax, `memory grew by ${Math.round(grownBytes / 1024 / 1024)} MiB`);
    await goesOn();
  });

  it("everything good that was sent between is there, and nothing else", async () => {
    const ledger = await untilSettled(tidegate, taken);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.equal(ledger.sources[0]?.accepted, taken);
    const stored = (await sentEvents(tidegate)).map((event) => event.messageId).sort();
    assert.deepEqual(stored, Array.from({ length: taken }, (_, index) => `good-${index + 1}`).sort());
    assert.equal(tidegate.output().includes(canary), false);
    assert.equal(tidegate.output().includes('"error"'), false, tidegate.output());
  });
});
