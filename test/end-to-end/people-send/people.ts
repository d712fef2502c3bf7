import assert from "node:assert/strict";
import { waitFor } from "../../tidegate-process.ts";
import { type Json, type Member, type Row, sha256 } from "./room.ts";

/** Who an event is about (section 1 of the table). */
const nobody = ["undefined", "null", "[object Object]", "00000000-0000-0000-0000-000000000000", " ", "0", "anonymous"];

export const peopleRows: readonly Row[] = [
  {
    promise: "an id that stands for nobody joins no strangers: no hashes, consent, session, external_id",
    async send({ send, track }) {
      for (const [i, userId] of nobody.entries()) {
        const traits = { email: `first-${i}@example.com` };
        const context = { consent: { advertising: false } };
        await send(`nobody-identify-${i}`, "/v1/identify", {
          userId,
          messageId: `nobody-identify-${i}`,
          traits,
          context,
        });
        await track(`nobody-alone-${i}`, { userId });
        await track(`nobody-${i}`, { userId, anonymousId: `visitor-${i}` });
      }
    },
    look({ of }) {
      for (const i of nobody.keys()) {
        const { meta, stored } = of(`nobody-${i}`);
        assert.ok(stored, `${nobody[i]} is not stored`);
        assert.deepEqual([meta?.user_data.em, meta?.user_data.external_id], [undefined, sha256(`visitor-${i}`)]);
        const { sessionId, userId: kept } = of(`nobody-alone-${i}`).stored;
        assert.deepEqual([sessionId, kept], [null, nobody[i]]);
      }
    },
  },
  {
    promise: "an alias, and a user met under a new anonymousId, bring what was identified before",
    async send({ send, track }) {
      const email = "joined@example.com";
      const identify = (userId: string, rest: Member = {}) =>
        send(`identify-${userId}`, "/v1/identify", {
          userId,
          messageId: `identify-${userId}`,
          traits: { email },
          ...rest,
        });
      await identify("alias-b");
      await send("alias", "/v1/alias", { previousId: "alias-b", userId: "alias-v", messageId: "alias" });
      await track("alias-track", { userId: "alias-v" });
      await identify("met", { anonymousId: "old-visitor" });
      await track("met-track", { userId: "met", anonymousId: "new-visitor" });
    },
    look({ of }) {
      const email = sha256("joined@example.com");
      assert.deepEqual([of("alias-track").meta.user_data.em, of("met-track").meta.user_data.em], [email, email]);
    },
  },
  {
    promise: "an email as the earlier id of an alias is found by its hash",
    async send({ send, track }) {
      const traits = { email: "mail@example.com" };
      await send("mail-identify", "/v1/identify", { userId: "Mail@Example.com", messageId: "mail-identify", traits });
      await send("mail-alias", "/v1/alias", { previousId: "mail@example.com", userId: "m", messageId: "mail-alias" });
      await track("mail-track", { userId: "m" });
    },
    look: ({ of }) => assert.equal(of("mail-track").meta.user_data.em, sha256("mail@example.com")),
  },
  {
    promise: "a refusal follows an alias",
    async send({ send, track }) {
      await track("alias-no", { userId: "no", context: { consent: { advertising: false } } });
      await send("alias-yes", "/v1/alias", { previousId: "no", userId: "yes", messageId: "alias-yes" });
      await track("after-refusal", { userId: "yes" });
    },
    look({ of }) {
      assert.ok(of("after-refusal").stored);
      assert.equal(of("after-refusal").meta, undefined);
    },
  },
  {
    promise: "a deleted integration is gone at once, and its books show what was canceled",
    async look(room) {
      const project = await room.project("Deleted");
      const id = await room.connectMeta(project, "7777777777");
      const sender = await room.source(project, "server");
      const path = `/v1/admin/integrations/${id}`;
      await room.admin("PATCH", path, { paused: true }, 200);
      await room.track("waits-for-deleted", {}, sender);
      const books = async (): Promise<Json> => {
        const { integrations } = (await room.admin("GET", "/v1/admin/ledger")).json;
        return integrations.find((line: Json) => line.integration_id === id);
      };
      await waitFor(
        async () => (await books())?.waiting === 1,
        60_000,
        () => "nothing waits",
      );
      await room.admin("DELETE", path, undefined, 204);
      await room.admin("GET", path, undefined, 404);
      await room.track("after-deletion", {}, sender);
      await room.settle();
      const { canceled, waiting, balanced } = await books();
      assert.deepEqual([canceled, waiting, balanced], [1, 0, true]);
      assert.ok(room.of("after-deletion").stored);
      assert.deepEqual(room.meta.effectiveEvents("7777777777"), []);
      const audited = await room.admin("GET", "/v1/admin/audit-log");
      const actions: string[] = audited.json.items.map(({ action }: Json) => action);
      assert.ok(actions.includes("integration_deleted"));
      assert.equal(audited.text.includes("canary-token"), false);
    },
  },
];
