import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, listEvents, untilSettled } from "../api.ts";
import { asSuperuser } from "../database.ts";

/** Rows of the table that want a start of their own, or minutes. */
const versionsSent = 1_010;
const versionsKept = 1_000;
const waitMaxMs = 120_000;
const outageFailures = 4;
const probeMsMax = 75_000;

async function withTidegate(env: Record<string, string>, work: (tidegate: TidegateProcess) => Promise<void>) {
  const tidegate = await startTidegate(env);
  await work(tidegate).finally(() => tidegate.dispose());
}

const track = (tidegate: TidegateProcess, event: string) =>
  callIngest(tidegate, "/v1/track", { event, userId: "u", messageId: event });

describe("what people send to a server at its start, and over time", () => {
  it("while the machine's clock says 1976, events are refused, nothing is kept, the log says so", async () => {
    const preload = join(tmpdir(), `clock-${process.pid}.js`);
    writeFileSync(preload, "const now = Date.now; Date.now = () => now() - 50 * 365 * 86_400_000;");
    await withTidegate({ BUN_OPTIONS: `--preload ${preload}` }, async (tidegate) => {
      const answer = await track(tidegate, "early");
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.text, /clock_wrong/);
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      assert.match(tidegate.output(), /clock/);
      const rows = await asSuperuser(tidegate, async (client) => {
        return (await client.query("select from tidegate.sdk_events")).rows;
      });
      assert.deepEqual(rows, []);
    });
  });

  it("keys of another installation in credentials.json are told at the start by name, not by value", async () => {
    await withTidegate({}, async (tidegate) => {
      const path = join(tidegate.secretsDir, "credentials.json");
      const kept = readFileSync(path, "utf8");
      assert.equal(await tidegate.stop(), 0);
      const foreign = { ...JSON.parse(kept), write_key: "wk_of_another_place", admin_token: "tg_of_another_place" };
      writeFileSync(path, JSON.stringify(foreign));
      const before = tidegate.output().length;
      await tidegate.restart();
      const said = tidegate.output().slice(before);
      assert.match(said, /credentials\.json/);
      assert.match(said, /write_key/);
      assert.doesNotMatch(said, /of_another_place/);
      assert.equal((await track(tidegate, "foreign")).status, 401);
      writeFileSync(path, kept);
      assert.equal((await track(tidegate, "own")).status, 200);
    });
  });

  it("of a data layer that is put for ever a thousand versions are kept, and those of the last days", async () => {
    await withTidegate({}, async (tidegate) => {
      for (let n = 0; n < versionsSent; n += 1) {
        const config = { routing_rules: [{ condition: `event == 'E ${n}'`, action: "drop" }] };
        assert.equal((await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config })).status, 200);
      }
      const age = "update tidegate.data_layer_versions set updated_at = updated_at - interval '30 days'";
      await asSuperuser(tidegate, (client) => client.query(age));
      // Old versions are pruned at a start, and every hour.
      assert.equal(await tidegate.stop(), 0);
      await tidegate.restart();
      const count = async () =>
        await asSuperuser(tidegate, async (client) => {
          const { rows } = await client.query("select count(*)::int as n from tidegate.data_layer_versions");
          return rows[0].n as number;
        });
      await waitFor(
        async () => (await count()) <= versionsKept,
        waitMaxMs,
        () => "nothing is pruned",
      );
      assert.ok((await count()) >= versionsKept - 1);
      assert.equal((await track(tidegate, `E ${versionsSent - 1}`)).status, 200);
      await untilSettled(tidegate, 1);
      assert.deepEqual((await listEvents(tidegate)).items, [], "the newest governs");
    });
  });

  it("a vendor that is back is asked within a minute by one event, and then told all (in minutes)", async () => {
    const meta: MetaSimulator = await startMetaSimulator();
    try {
      await withTidegate({ TIDEGATE_META_BASE_URL: meta.url }, async (tidegate) => {
        await connectMeta(tidegate);
        meta.fail("transient", { times: outageFailures });
        for (let n = 0; n < 5; n += 1) assert.equal((await track(tidegate, `during-${n}`)).status, 200);
        await waitFor(
          () => meta.counts().faulted >= outageFailures,
          outageFailures * probeMsMax,
          () => `asked ${meta.counts().faulted} times`,
        );
        const lastMs = meta.requests().at(-1)?.receivedAtMs as number;
        await waitFor(
          () => meta.effectiveEvents().length >= 5,
          probeMsMax,
          () => "not told within a minute",
        );
        const next = meta.requests()[outageFailures];
        assert.ok(Number(next?.receivedAtMs) - lastMs <= probeMsMax);
        assert.equal(JSON.parse(new TextDecoder().decode(next?.body)).data.length, 1, "one event asks");
      });
    } finally {
      await meta.close();
    }
  });
});
