import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runCli } from "../adapters/cli/cli-process.ts";
import { allEvents, callAdmin, connectMeta, isBalanced, pixelId, untilSettled } from "../end-to-end/api.ts";
import { asSuperuser } from "../end-to-end/database.ts";
import { needsProcessTable, workerOn } from "../end-to-end/process-table.ts";
import { type AppleSimulator, startAppleSimulator } from "../simulators/apple/server.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTiktokSimulator, type TiktokSimulator } from "../simulators/tiktok/server.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { type CanaryMint, openMint } from "./canary-mint.ts";
import { callAdminBadly, sendRefused } from "./canary-refused.ts";
import { openSender, type Sender, sendAccepted, type Traffic } from "./canary-traffic.ts";
import { createScanner, type Leak } from "./leak-scan.ts";

const seed = process.env["TIDEGATE_TEST_SEED"] ?? "tide";
const tiktokSource = "PIXEL1";
const filesMin = 500;
const tiktokEventsMin = 50;
const secretsMin = 9;
const dataLayer = {
  pii_rules: { hash_fields: ["traits.nickname"], redact_fields: ["properties.secret_note"] },
  bot_filtering: { enabled: false },
  routing_rules: [{ condition: "event == 'Nothing'", action: "drop" }],
};

/** Every table as text, so that what Postgres compresses or writes in its own form is seen, too. */
function dumpTables(tidegate: TidegateProcess): Promise<string> {
  return asSuperuser(tidegate, async (client) => {
    const tables = await client.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname <> 'information_schema'",
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query({ text: `select t::text from ${name} t`, rowMode: "array" });
      texts.push(`${name}\n${rows.join("\n")}`);
    }
    return texts.join("\n");
  });
}

describe("nothing raw at rest", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  const mint: CanaryMint = openMint(seed);
  const sender: Sender = openSender();
  const secret = mint.secret("access token");
  const tiktokSecret = mint.secret("TikTok's access token");
  let scratch: string;
  let simulator: MetaSimulator;
  let receiver: WebhookSimulator;
  const receiverSecrets: string[] = [];
  let tiktok: TiktokSimulator;
  let apple: AppleSimulator;
  let tidegate: TidegateProcess;
  let dump = "";
  let accepted = 0;
  const metrics: string[] = [];
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "tidegate-scratch-"));
    simulator = await startMetaSimulator();
    tiktok = await startTiktokSimulator();
    receiver = await startWebhookSimulator();
    apple = await startAppleSimulator();
    const trusted = { TRUSTED_PROXIES: "127.0.0.1", TMPDIR: scratch };
    tidegate = await startTidegate({
      TIDEGATE_META_BASE_URL: simulator.url,
      TIDEGATE_TIKTOK_BASE_URL: tiktok.url,
      TIDEGATE_APPLE_BASE_URL: apple.url,
      TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1",
      ...trusted,
    });
    await connectMeta(tidegate, { access_token: secret, event_map: { page: "PageView" } });
    await connectWebhook();
    const created = await callAdmin(tidegate, "POST", "/v1/admin/integrations", {
      vendor: "tiktok",
      project_id: tidegate.credentials.project_id,
      config: {
        event_source: "web",
        event_source_id: tiktokSource,
        access_token: tiktokSecret,
        event_map: { Planted: "Lead", page: "ViewContent" },
      },
    });
    assert.equal(created.status, 201, created.text);
    const put = await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config: dataLayer });
    assert.equal(put.status, 200, put.text);
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
    await receiver?.close();
    await tiktok?.close();
    await apple?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Connects a receiver that is told everything that may be told, its secret rotated once. */
  async function connectWebhook(): Promise<void> {
    const path = "/v1/admin/integrations";
    const config = { url: `${receiver.url}/hook`, event_types: ["track", "page", "screen", "identify"] };
    const body = { vendor: "webhook", project_id: tidegate.credentials.project_id, config };
    const made = await callAdmin<{ id: string; signing_secret: string }>(tidegate, "POST", path, body);
    const rotated = await callAdmin<typeof made.json>(tidegate, "POST", `${path}/${made.json.id}/rotate-secret`, {});
    receiverSecrets.push(made.json.signing_secret, rotated.json.signing_secret);
    receiver.setSecrets(receiverSecrets.slice(0, 1));
  }

  async function readMetrics(): Promise<void> {
    metrics.push((await callAdmin(tidegate, "GET", "/metrics")).text);
  }

  /** Waits until Apple was asked about every token, and the answers are kept. */
  async function untilExchanged(): Promise<void> {
    const tokens = mint.canaries.filter(({ name }) => name.startsWith("secret: Apple's token"));
    let states: string[] = [];
    await waitFor(
      async () => {
        const path = "/v1/admin/attributions?limit=500";
        const page = await callAdmin<{ items: { state: string }[] }>(tidegate, "GET", path);
        states = page.json.items.map(({ state }) => state);
        return states.filter((state) => state === "exchanged").length === tokens.length;
      },
      30_000,
      () => `of ${tokens.length} tokens: ${states.join(", ")}\n${tidegate.output()}`,
    );
    assert.equal(apple.counts().effective, tokens.length);
  }

  /** The hash of the email that was planted somewhere. */
  function hashOf(where: string): string {
    const part = (name: string) => mint.canaries.find((canary) => canary.name === `email, ${name}: ${where}`)?.value;
    return createHash("sha256")
      .update(`${part("local part")}+tag@${part("domain")}.example.org`)
      .digest("hex");
  }

  it("what was taken and not yet processed waits without raw values, also when everything is killed", async () => {
    const traffic: Traffic = { tidegate, mint, sender };
    const worker = workerOn(tidegate.folder)?.pid as number;
    process.kill(worker, "SIGSTOP");
    accepted += await sendAccepted(traffic, "first life");
    await sendRefused(traffic);
    await callAdminBadly(traffic);
    await readMetrics();
    await tidegate.kill();
    process.kill(worker, "SIGKILL");
    const { leaks } = createScanner(mint.canaries).scanFolder(tidegate.folder);
    assert.deepEqual(leaks, []);
    const probe = createScanner([{ name: "a hash", value: hashOf("/v1/identify first life") }]);
    const held = probe.scanFolder(tidegate.dataDir).leaks.map(({ where }) => where);
    assert.ok(
      held.some((path) => path.includes("stream.sqlite")),
      "the search looks where the events wait",
    );
  });

  it("takes raw values in every dialect, key, encoding and header, and accounts for every event", async () => {
    await tidegate.restart();
    accepted += await sendAccepted({ tidegate, mint, sender }, "second life");
    const ledger = await untilSettled(tidegate, accepted);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    const [source] = ledger.sources;
    assert.equal(source?.accepted, accepted);
    assert.equal(source?.stored, accepted, JSON.stringify(ledger));
    await untilExchanged();
    await readMetrics();
    dump = await dumpTables(tidegate);
  });

  it("stored hashes of them, so that the search below looks where they would be", async () => {
    const events = await allEvents(tidegate);
    const hash = hashOf("/v1/identify second life");
    assert.ok(
      events.some(({ userId, emailSha256, traits }) =>
        [userId, emailSha256, traits["email"]].every((value) => value === hash),
      ),
    );
    assert.ok(dump.includes(hash), "the dump holds the tables of events");
    assert.ok(simulator.effectiveEvents().length > 0);
    assert.deepEqual(simulator.findings(), []);
    assert.ok(receiver.requests().some(({ body }) => Buffer.from(body).includes(hash)));
    assert.deepEqual(receiver.findings(), []);
    const { effective, refusals, rejected } = receiver.counts();
    assert.ok(effective > events.length / 2, `${effective} of ${events.length} events went to the receiver`);
    assert.deepEqual({ refusals, rejected }, { refusals: 0, rejected: 0 });
  });

  it("events of pages reached TikTok as well, which found nothing in clear", () => {
    assert.ok(tiktok.effectiveEvents(tiktokSource).length >= tiktokEventsMin);
    assert.deepEqual(tiktok.findings(), []);
  });

  it("no table, file, log line, metric, answer or vendor request holds one, in any encoding", async () => {
    assert.equal(await tidegate.stop(), 0);
    const scanner = createScanner(mint.canaries);
    const scan = (text: string | Uint8Array, where: string) => scanner.scanBytes(Buffer.from(text), where);
    const atRest = [tidegate.folder, scratch].map((folder) => scanner.scanFolder(folder));
    assert.ok(mint.canaries.length > 1_000 && (atRest[0]?.files ?? 0) > filesMin);
    assert.ok(metrics.every((text) => text.includes("http_requests_total")));
    const tokens = new Set(mint.canaries.map(({ value }) => value));
    const asked = apple.requests().map(({ url, headers, body }) => {
      assert.ok(tokens.has(new TextDecoder().decode(body)), "Apple is told the token and nothing else");
      return `${url} ${JSON.stringify(headers)}`;
    });
    const leaks: Leak[] = [
      ...asked.flatMap((head) => scan(head, "the head of a request to Apple")),
      ...atRest.flatMap((found) => found.leaks),
      ...scan(dump, "the tables"),
      ...scan(tidegate.output(), "standard output"),
      ...metrics.flatMap((text) => scan(text, "the metrics")),
      ...sender.answers.flatMap(({ what, bytes }) => scan(bytes, `the answer to ${what}`)),
      ...receiver
        .requests()
        .flatMap(({ url, headers, body }) => [
          ...scan(`${url} ${JSON.stringify(headers)}`, "the head of what a receiver got"),
          ...scan(body, "what a receiver got"),
        ]),
      ...[...simulator.requests(), ...tiktok.requests()].flatMap(({ url, headers, body }) => {
        const { authorization, "access-token": token, ...rest } = headers;
        assert.equal(authorization ?? token, url.includes(pixelId) ? `Bearer ${secret}` : tiktokSecret);
        return [
          ...scan(`${url} ${JSON.stringify(rest)}`, "a vendor request's head"),
          ...scan(body, "a vendor request"),
        ];
      }),
    ];
    assert.deepEqual(leaks, []);
    assert.ok(simulator.requests().every(({ url }) => url.includes(pixelId)));
  });

  it("a stolen copy of the data opens nothing: no token, password or key is in it, not even one rotated", async () => {
    const folders = { TIDEGATE_DATA_DIR: tidegate.dataDir, TIDEGATE_SECRETS_DIR: tidegate.secretsDir };
    const rotated = await runCli(["vault", "rotate"], "", tidegate.folder, { ...folders, DATABASE_URL: "" });
    assert.equal(rotated.code, 0, rotated.out + rotated.err);
    const { admin_token: token, signing_secret: signing } = tidegate.credentials;
    const files = readdirSync(tidegate.secretsDir).filter((name) => name !== "credentials.json");
    const texts = files.map((name) => readFileSync(join(tidegate.secretsDir, name), "utf8"));
    const secrets = [
      token,
      signing,
      ...receiverSecrets,
      ...texts.flatMap((text) => text.match(/[\w+/=-]{20,}/g) ?? []),
    ];
    assert.ok(secrets.length >= secretsMin, "the vault's key and the passwords of Postgres' roles are looked for");
    const scanner = createScanner(secrets.map((value, index) => ({ name: `secret ${index}`, value })));
    assert.deepEqual(scanner.scanFolder(tidegate.dataDir).leaks, []);
    assert.deepEqual(scanner.scanBytes(Buffer.from(dump), "the tables"), []);
    const ours = createScanner(receiverSecrets.map((value, index) => ({ name: `a receiver's ${index}`, value })));
    const answers = sender.answers.flatMap(({ bytes }) => ours.scanBytes(bytes, "an answer"));
    assert.deepEqual([...answers, ...ours.scanBytes(Buffer.from(tidegate.output()), "standard output")], []);
    assert.deepEqual(scanner.scanBytes(Buffer.from(rotated.out + rotated.err), "the rotation's output"), []);
  });

  it("the same search finds what is planted on purpose, in tables, their log, files and lines", async () => {
    const probe = openMint(`${seed}, a probe`);
    const email = probe.email("a probe");
    await tidegate.restart();
    await asSuperuser(tidegate, async (client) => {
      await client.query("create table tidegate.probe (raw text)");
      await client.query("insert into tidegate.probe values ($1)", [email]);
      await client.query("checkpoint");
    });
    assert.ok((await dumpTables(tidegate)).includes(email));
    await tidegate.stop();
    writeFileSync(
      join(tidegate.dataDir, "probe"),
      JSON.stringify({ a: Buffer.from(`is ${email}`).toString("base64") }),
    );
    const scanner = createScanner(probe.canaries);
    const where = scanner.scanFolder(tidegate.dataDir).leaks.map((leak) => leak.where);
    for (const place of ["/postgres/base/", "/postgres/pg_wal/", "/probe"]) {
      assert.ok(
        where.some((path) => path.includes(place)),
        `found in ${place}: ${where.join(", ")}`,
      );
    }
    assert.ok(scanner.scanBytes(Buffer.from(`log: ${email.toUpperCase()}`), "a line").length > 0);
  });
});
