import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Credentials, startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { databaseUrl } from "./database.ts";

const path = "/v1/admin/data-layer";
const rounds = 5;

/** What a Layers source is answered. */
interface Counts {
  readonly accepted: number;
  readonly dropped: number;
}

/**
 * Two whole servers of one operator on one database, each with a stream of its own. A change made in one governs the
 * other's events at most `heardMsMax` later.
 */
export function describeTwoServers(heardMsMax: number): void {
  describe("a change of the data layer reaches every process", () => {
    let first: TidegateProcess;
    let second: TidegateProcess;
    let keys: readonly [Credentials, Credentials];
    before(async () => {
      first = await startTidegate();
      const secrets = join(first.folder, "secrets-of-the-second");
      cpSync(first.secretsDir, secrets, { recursive: true });
      second = await startTidegate({ DATABASE_URL: databaseUrl(first), TIDEGATE_SECRETS_DIR: secrets });
      keys = [first.credentials, JSON.parse(readFileSync(join(secrets, "credentials.json"), "utf8")) as Credentials];
      assert.notEqual(keys[0].ingest_url, keys[1].ingest_url);
    });
    after(async () => {
      await second?.dispose();
      await first?.dispose();
    });

    async function put({ admin_url: url, admin_token: token }: Credentials, dropped: string): Promise<void> {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const config = { routing_rules: [{ condition: `event == '${dropped}'`, action: "drop" }] };
      const answer = await fetch(`${url}${path}`, { method: "PUT", headers, body: JSON.stringify({ config }) });
      assert.equal(answer.status, 200, await answer.text());
    }

    async function isDropped({ ingest_url: url, app_id: app }: Credentials, event: string): Promise<boolean> {
      const headers = { "x-app-id": app, "content-type": "application/json" };
      const body = JSON.stringify({ events: [{ event, app_user_id: "user-1" }] });
      const answer = await fetch(`${url}/l/events`, { method: "POST", headers, body });
      assert.equal(answer.status, 202);
      const counts = (await answer.json()) as Counts;
      assert.equal(counts.accepted, 1);
      return counts.dropped === 1;
    }

    for (const [name, here, there] of [
      ["the first", 0, 1],
      ["the second", 1, 0],
    ] as const) {
      it(`made in ${name} it governs the next event there, after ${heardMsMax} ms at most the other's`, async () => {
        for (let round = 0; round < rounds; round += 1) {
          const event = `Round ${round} of ${name}`;
          // Both have the version before in their memory.
          assert.equal(await isDropped(keys[there], event), false);
          assert.equal(await isDropped(keys[here], event), false);
          await put(keys[here], event);
          const putMs = performance.now();
          assert.equal(await isDropped(keys[here], event), true, "the process that was told");
          for (let heard = false; !heard; ) {
            const sentMs = performance.now() - putMs;
            heard = await isDropped(keys[there], event);
            assert.ok(heard || sentMs <= heardMsMax, `the other still passes it ${sentMs} ms later`);
          }
        }
      });
    }
  });
}
