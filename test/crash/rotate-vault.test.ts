import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openVault } from "../../adapters/system/vault.ts";
import type { SealedSecret } from "../../domain/model/tenant.ts";
import { runCli } from "../adapters/cli/cli-process.ts";
import { asSuperuser } from "../end-to-end/database.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";

const entry = fileURLToPath(new URL("../../adapters/command.ts", import.meta.url));
const integrations = 2_500;
/** Those of the first start, each with a sealed signing secret. */
const sources = 2;
/** Units: milliseconds after its start that a rotation is killed; somewhere in its walk, whatever the machine. */
const killsAfterMs = [250, 400, 600, 800, 1_000];

interface Sealed {
  readonly id: string;
  readonly sealed: SealedSecret;
}

describe("a rotation of the vault's key that is killed", () => {
  let tidegate: TidegateProcess;

  before(async () => {
    tidegate = await startTidegate();
    const { org_id: orgId, project_id: projectId } = tidegate.credentials;
    const vault = await openVault({ keyPath: join(tidegate.secretsDir, "vault.key") });
    const rows = await Promise.all(
      Array.from({ length: integrations }, async () => {
        const id = randomUUID();
        const place = { orgId, table: "integrations", column: "access_token", id };
        return { id, sealed_secrets: { access_token: await vault.seal(`token of ${id}`, place) } };
      }),
    );
    await asSuperuser(tidegate, (client) =>
      client.query(
        `insert into tidegate.integrations
           (org_id, integration_id, project_id, vendor, name, enabled, config, sealed_secrets)
         select $1, r.id, $2, 'meta', 'meta', false, '{}', r.sealed_secrets
         from jsonb_to_recordset($3::jsonb) as r(id uuid, sealed_secrets jsonb)`,
        [orgId, projectId, JSON.stringify(rows)],
      ),
    );
  });
  after(() => tidegate?.dispose());

  function folders(): Record<string, string> {
    const { dataDir, secretsDir } = tidegate;
    return { TIDEGATE_DATA_DIR: dataDir, TIDEGATE_SECRETS_DIR: secretsDir, DATABASE_URL: "" };
  }

  async function killedAfter(ms: number): Promise<void> {
    const child = spawn(process.execPath, ["--no-install", entry, "vault", "rotate"], {
      cwd: tidegate.folder,
      stdio: "ignore",
      env: { ...process.env, ...folders() },
    });
    const gone = once(child, "exit");
    await Promise.race([gone, sleep(ms)]);
    child.kill("SIGKILL");
    await gone;
  }

  async function everySecret(): Promise<Sealed[]> {
    return asSuperuser(tidegate, async (client) => {
      const text = "select integration_id as id, sealed_secrets->>'access_token' as sealed from tidegate.integrations";
      return (await client.query<Sealed>(text)).rows;
    });
  }

  function keys(): string[] {
    return readFileSync(join(tidegate.secretsDir, "vault.key"), "utf8").trim().split("\n");
  }

  it("leaves every secret readable, and the next one goes on to the end with the same key", async () => {
    const orgId = tidegate.credentials.org_id;
    const ages = new Set<string>();
    let first: string | undefined;
    for (const ms of killsAfterMs) {
      await killedAfter(ms);
      const vault = await openVault({ keyPath: join(tidegate.secretsDir, "vault.key") });
      const found = await everySecret();
      assert.equal(found.length, integrations);
      for (const { id, sealed } of found) {
        const opened = await vault.open(sealed, { orgId, table: "integrations", column: "access_token", id });
        assert.deepEqual(opened, { ok: true, value: `token of ${id}` });
        ages.add(vault.ageOf(sealed));
      }
      const isUnfinished = found.some(({ sealed }) => vault.ageOf(sealed) === "old");
      if (keys().length > 1 && isUnfinished) first ??= keys()[0];
      if (first !== undefined && isUnfinished) assert.equal(keys()[0], first);
      if (!isUnfinished) first = undefined;
    }
    assert.ok(ages.has("current"), "some rotation got somewhere");
    const done = await runCli(["vault", "rotate", "--json"], "", tidegate.folder, folders());
    assert.equal(done.code, 0, done.out + done.err);
    const report = JSON.parse(done.out);
    assert.deepEqual([report.current, report.old, report.unreadable], [integrations + sources, 0, 0]);
    const forgotten = await runCli(["vault", "rotate", "--forget-old"], "", tidegate.folder, folders());
    assert.equal(forgotten.code, 0, forgotten.err);
    assert.equal(keys().length, 1);
    const drafts = readdirSync(tidegate.secretsDir).filter((name) => name.startsWith("vault.key."));
    assert.ok(drafts.length <= killsAfterMs.length, "only a kill leaves a draft of the key file");
  });
});
