import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, readLedger, untilSettled } from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

type UserData = Readonly<Record<string, string>>;

describe("whom and what Meta is told", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  let integration: string;
  let sent = 0;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    integration = (await connectMeta(tidegate)).json.id;
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  async function say(type: string, event: object): Promise<void> {
    const answer = await callIngest(tidegate, `/v1/${type}`, event);
    assert.equal(answer.status, 200, answer.text);
    sent += 1;
  }

  /** What Meta was told of the person behind an event; undefined if it was not told of the event. */
  async function toldOf(name: string): Promise<UserData | undefined> {
    await untilSettled(tidegate, sent);
    const told = simulator.effectiveEvents().find((event) => event["event_name"] === `layers_${name}`);
    return told?.["user_data"] as UserData | undefined;
  }

  it("an id that stands for nobody brings one person's email to no other", async () => {
    await say("identify", { userId: "undefined", traits: { email: "first@example.com" } });
    await say("track", { userId: "undefined", anonymousId: "someone", event: "placeholder" });
    const told = await toldOf("placeholder");
    assert.deepEqual([told?.["em"], told?.["external_id"]], [undefined, sha256("someone")]);
  });

  it("an alias brings what was identified before", async () => {
    await say("identify", { userId: "b", traits: { email: "b@example.com" } });
    await say("alias", { previousId: "b", userId: "v" });
    await say("track", { userId: "v", event: "aliased" });
    const told = await toldOf("aliased");
    assert.deepEqual([told?.["em"], told?.["external_id"]], [sha256("b@example.com"), sha256("v")]);
  });

  it("an email as the earlier id is found by its hash", async () => {
    await say("identify", { userId: "Mail@Example.com", traits: { email: "mail@example.com" } });
    await say("alias", { previousId: "mail@example.com", userId: "m" });
    await say("track", { userId: "m", event: "mailed" });
    assert.equal((await toldOf("mailed"))?.["em"], sha256("mail@example.com"));
  });

  it("a user met under a new anonymousId is told by the email of the one before", async () => {
    await say("identify", { anonymousId: "one", traits: { email: "u@example.com" } });
    await say("track", { userId: "u", anonymousId: "one", event: "signed_in" });
    await say("track", { userId: "u", anonymousId: "two", event: "new_device" });
    assert.equal((await toldOf("new_device"))?.["em"], sha256("u@example.com"));
  });

  it("a refusal follows the alias", async () => {
    await say("track", { userId: "no", event: "refused", context: { consent: { advertising: false } } });
    await say("alias", { previousId: "no", userId: "yes" });
    await say("track", { userId: "yes", event: "after_refusal" });
    assert.equal(await toldOf("after_refusal"), undefined);
  });

  it("what the integration does not choose is not queued and counts as not applicable", async () => {
    const path = `/v1/admin/integrations/${integration}`;
    const changed = await callAdmin(tidegate, "PATCH", path, { config: { events: ["chosen"] } });
    assert.equal(changed.status, 200, changed.text);
    const before = (await readLedger(tidegate)).integrations[0] as unknown as Record<string, number>;
    for (const event of ["chosen", "not_chosen"]) await say("track", { userId: "v", event });
    assert.ok(await toldOf("chosen"));
    const books = (await readLedger(tidegate)).integrations[0] as unknown as Record<string, number>;
    assert.equal(books["queued"], (before["queued"] ?? 0) + 1);
    // Session Started is one of Tidegate's own, which Meta is not told in any case.
    assert.equal(books["not_applicable"], (before["not_applicable"] ?? 0) + 1);
    assert.equal(await toldOf("not_chosen"), undefined);
  });

  it("a deleted integration is gone at once, and its books show what was canceled", async () => {
    const path = `/v1/admin/integrations/${integration}`;
    assert.equal((await callAdmin(tidegate, "PATCH", path, { paused: true })).status, 200);
    await say("track", { userId: "v", event: "chosen" });
    const waiting = async () => (await readLedger(tidegate)).integrations[0]?.waiting;
    await waitFor(
      async () => (await waiting()) === 1,
      30_000,
      () => tidegate.output(),
    );
    assert.equal((await callAdmin(tidegate, "DELETE", path)).status, 204);
    assert.equal((await callAdmin(tidegate, "GET", path)).status, 404);
    await say("track", { userId: "v", event: "chosen" });
    const ledger = await untilSettled(tidegate, sent);
    const books = ledger.integrations[0] as unknown as Record<string, number | boolean>;
    assert.deepEqual([books["canceled"], books["waiting"], books["balanced"]], [1, 0, true]);
    const audited = await callAdmin<{ items: { action: string }[] }>(tidegate, "GET", "/v1/admin/audit-log");
    assert.equal(audited.json.items[0]?.action, "integration_deleted");
    assert.equal(audited.text.includes("end-to-end-token"), false);
  });
});
