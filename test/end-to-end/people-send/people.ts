import assert from "node:assert/strict";
import { type Member, type Room, type Row, sha256 } from "./room.ts";

/** Who an event is about, and what they refused (section 1 of the table). */
const nobody = ["undefined", "null", "[object Object]", "00000000-0000-0000-0000-000000000000", " ", "0", "anonymous"];

const refusals: readonly (readonly [name: string, members: Member])[] = [
  ["text", { context: { consent: { advertising: "false" } } }],
  ["denied", { context: { consent: { advertising: "denied" } } }],
  ["all-text", { integrations: { All: "false" } }],
  ["google", { context: { consent: { ad_storage: "denied" } } }],
  ["user-data", { context: { google_consent: { ad_user_data: "denied" } } }],
  ["onetrust", { context: { consent: { categoryPreferences: { C0004: false } } } }],
  ["cookiebot", { context: { consent: { categoryPreferences: { Marketing: false } } } }],
];

const identity: readonly Row[] = [
  {
    promise: "an id that stands for nobody joins no strangers: no hashes, no external_id",
    async send({ send, track }) {
      for (const [i, userId] of nobody.entries()) {
        const traits = { email: `first-${i}@example.com` };
        await send(`nobody-identify-${i}`, "/v1/identify", { userId, messageId: `nobody-identify-${i}`, traits });
        await track(`nobody-${i}`, { userId, anonymousId: `visitor-${i}` });
      }
    },
    look({ of }) {
      for (const i of nobody.keys()) {
        const { meta, stored } = of(`nobody-${i}`);
        assert.ok(stored, `${nobody[i]} is not stored`);
        assert.deepEqual([meta.user_data.em, meta.user_data.external_id], [undefined, sha256(`visitor-${i}`)]);
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
];

const consent: readonly Row[] = [
  {
    promise: "a refusal is one in whatever form it comes; what can't be read is none, and no grant",
    async send({ track }) {
      for (const [name, members] of refusals) await track(`refused-${name}`, members);
      await track("refused-not", { context: { consent: { advertising: "perhaps" } } });
    },
    look({ of }) {
      for (const [name] of refusals) {
        const { stored, meta, tiktok, webhook } = of(`refused-${name}`);
        assert.deepEqual([meta, tiktok], [undefined, undefined], name);
        assert.ok(stored, name);
        if (name.startsWith("all")) assert.equal(webhook, undefined);
      }
      assert.ok(of("refused-not").meta);
    },
  },
  {
    promise: "categories of an organisation's own say what they stand for",
    async send(room) {
      const config = { consent: { categories: { Werbung: ["advertising"] } } };
      const put = await room.admin("PUT", "/v1/admin/data-layer", { config });
      room.note("categories", put.status);
      const categoryPreferences = { Werbung: false };
      await room.track("own-category", { context: { consent: { categoryPreferences } } });
      await room.admin("PUT", "/v1/admin/data-layer", { config: {} });
    },
    look(room: Room) {
      assert.equal(room.noted("categories"), 200);
      assert.deepEqual([room.of("own-category").meta, Boolean(room.of("own-category").stored)], [undefined, true]);
    },
  },
  {
    promise: "a script takes nothing back that a sender refused, and the stored event says what was sent",
    async send(room) {
      const code = "function process(e) { delete e.integrations; delete e.context; return e }";
      await room.putDataLayer({ custom_js: { enabled: true, code } });
      await room.track("script-refusal", { integrations: { All: false } });
      await room.until("script-refusal");
      await room.putDataLayer({});
    },
    look({ of }) {
      const { stored, meta, webhook } = of("script-refusal");
      assert.deepEqual([stored.integrations, meta, webhook], [{ All: false }, undefined, undefined]);
    },
  },
];

export const peopleRows: readonly Row[] = [...identity, ...consent];
