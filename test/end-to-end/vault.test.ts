import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliRun, runCli } from "../adapters/cli/cli-process.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, type Ledger, untilSettled } from "./api.ts";
import { asSuperuser } from "./database.ts";

describe("the vault's key is rotated", () => {
  let tidegate: TidegateProcess;
  let simulator: WebhookSimulator;

  before(async () => {
    simulator = await startWebhookSimulator();
    tidegate = await startTidegate({ TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1" });
    const made = await callAdmin<{ readonly signing_secret: string }>(tidegate, "POST", "/v1/admin/integrations", {
      ...{ vendor: "webhook", project_id: tidegate.credentials.project_id },
      config: { url: `${simulator.url}/hook` },
    });
    assert.equal(made.status, 201, made.text);
    simulator.setSecrets([made.json.signing_secret]);
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  function rotate(...args: string[]): Promise<CliRun> {
    const env = { TIDEGATE_DATA_DIR: tidegate.dataDir, TIDEGATE_SECRETS_DIR: tidegate.secretsDir, DATABASE_URL: "" };
    return runCli(["vault", "rotate", ...args], "", tidegate.folder, env);
  }

  function keys(): string[] {
    return readFileSync(join(tidegate.secretsDir, "vault.key"), "utf8").trim().split("\n");
  }

  /** Ids of the keys that secrets are sealed with, and how many with each. */
  function sealedWith(): Promise<Map<string, number>> {
    return asSuperuser(tidegate, async (client) => {
      const { rows } = await client.query(
        `select split_part(sealed, '.', 2) as key, count(*)::int as n from (
           select sealed_signing_secret as sealed from tidegate.sources where sealed_signing_secret is not null
           union all select value from tidegate.integrations, jsonb_each_text(sealed_secrets)
         ) s group by 1`,
      );
      return new Map(rows.map(({ key, n }) => [key, n]));
    });
  }

  async function deliver(): Promise<void> {
    const { sources } = (await callAdmin<Ledger>(tidegate, "GET", "/v1/admin/ledger")).json;
    const accepted = sources.reduce((sum, source) => sum + source.accepted, 0);
    const event = { type: "track", event: "Anything", userId: "user-1" };
    assert.equal((await callIngest(tidegate, "/v1/batch", { batch: [event] })).status, 200);
    const before = simulator.counts().effective;
    await untilSettled(tidegate, accepted + 1);
    assert.equal(simulator.counts().effective, before + 1);
  }

  it("beside a running Tidegate, which goes on without a restart", async () => {
    await deliver();
    const [oldKeys, oldSealed] = [keys(), await sealedWith()];
    const run = await rotate("--json");
    assert.equal(run.code, 0, run.out + run.err);
    const report = JSON.parse(run.out);
    assert.deepEqual(report, { resealed: 3, interrupted: false, current: 3, old: 0, unreadable: 0 });
    assert.deepEqual([keys().length, keys()[1]], [2, oldKeys[0]]);
    const sealed = await sealedWith();
    assert.deepEqual([...sealed.values()], [3]);
    assert.equal(
      [...sealed.keys()].some((key) => oldSealed.has(key)),
      false,
    );
    for (const key of keys()) assert.ok(!(run.out + run.err).includes(key));
    await deliver();
  });

  it("old keys are forgotten when they are told to, and nothing needs them", async () => {
    const run = await rotate("--forget-old");
    assert.deepEqual([run.code, run.out], [0, "1 old key forgotten\n"], run.err);
    assert.equal(keys().length, 1);
    await deliver();
  });

  it("without a running Tidegate, too, and the next start opens everything", async () => {
    await tidegate.stop();
    const run = await rotate();
    assert.equal(run.code, 0, run.out + run.err);
    assert.match(run.out, /^3 secrets sealed anew; 3 are sealed with the current key\n/);
    await tidegate.restart();
    await deliver();
  });

  it("a key file that others may read is refused, by the command and by the start", async () => {
    const path = join(tidegate.secretsDir, "vault.key");
    chmodSync(path, 0o644);
    const run = await rotate();
    assert.equal(run.code, 2);
    assert.match(run.err, /vault\.key may be read by others \(mode 644\): make it 600/);
    await tidegate.stop();
    await assert.rejects(tidegate.restart(), /may be read by others \(mode 644\): make it 600/);
    chmodSync(path, 0o600);
    await tidegate.restart();
    await deliver();
  });

  it("with keys of the operator's own: the new one, and the one before it", async () => {
    const [before] = keys();
    const operators = {
      TIDEGATE_VAULT_KEY: randomBytes(32).toString("hex"),
      TIDEGATE_VAULT_KEYS_OLD: before as string,
    };
    const env = { TIDEGATE_DATA_DIR: tidegate.dataDir, TIDEGATE_SECRETS_DIR: tidegate.secretsDir, DATABASE_URL: "" };
    const run = () => runCli(["vault", "rotate", "--json"], "", tidegate.folder, { ...env, ...operators });
    const [first, second] = [await run(), await run()];
    assert.deepEqual(JSON.parse(first.out).resealed, 3, first.err);
    assert.deepEqual([second.code, JSON.parse(second.out).resealed], [0, 0]);
    assert.match(second.err, /set TIDEGATE_VAULT_KEY to a new one/);
  });

  it("where no Tidegate has run there is nothing to rotate", async () => {
    const env = { TIDEGATE_DATA_DIR: join(tidegate.folder, "x"), TIDEGATE_SECRETS_DIR: join(tidegate.folder, "y") };
    const run = await runCli(["vault", "rotate"], "", tidegate.folder, env);
    assert.equal(run.code, 2);
    assert.match(run.err, /there is nothing to rotate/);
    assert.equal((await runCli(["vault", "burn"], "", tidegate.folder, env)).code, 2);
  });
});
