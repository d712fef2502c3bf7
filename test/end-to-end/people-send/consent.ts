import assert from "node:assert/strict";
import type { Member, Room, Row, Sender } from "./room.ts";

/** Whom an event reaches, by what its sender says: Meta, a receiver that requires consent, the store. */
const rows: readonly (readonly [members: Member, meta: boolean, receiver: boolean, stored: boolean])[] = [
  [{}, true, false, true],
  [{ context: { consent: { advertising: true } } }, true, true, true],
  [{ context: { consent: { advertising: "denied" } } }, false, false, true],
  [{ context: { consent: { advertising: "false" } } }, false, false, true],
  [{ context: { consent: { advertising: 0 } } }, false, false, true],
  [{ context: { consent: { advertising: "perhaps" } } }, true, false, true],
  [{ context: { consent: { categoryPreferences: { C0004: false } } } }, false, false, true],
  [{ context: { consent: { categoryPreferences: { Marketing: false } } } }, false, false, true],
  [{ context: { consent: { categoryPreferences: { Marketing: "true" } } } }, true, true, true],
  [{ context: { consent: { categoryPreferences: { C0002: false } } } }, false, false, false],
  [{ context: { google_consent: { ad_storage: "granted", ad_user_data: "denied" } } }, false, false, true],
  [{ context: { consent: { ad_storage: "denied" } } }, false, false, true],
  [{ properties: { consent: { ad_personalization: "DENIED" } } }, false, false, true],
  [{ context: { consentManagement: { allowedConsentIds: ["C0004"], deniedConsentIds: [] } } }, true, true, true],
  [{ context: { consentManagement: { deniedConsentIds: ["C0004"], provider: "oneTrust" } } }, false, false, true],
  [{ consent: { marketing: false, functional: true } }, false, false, true],
  [{ integrations: { All: "false" } }, false, false, true],
  [{ integrations: { All: "no", Webhooks: 1 }, context: { consent: { ad_storage: "granted" } } }, false, true, true],
  [{ integrations: { Meta: "off" }, context: { consent: { marketing: "accepted" } } }, false, true, true],
];

/** The context without what the server adds. */
function consentMembers(context: Member = {}): Member {
  const { geo: _geo, device: _device, ...rest } = context;
  return rest;
}

/** The project whose receiver requires consent. */
async function openProject(room: Room): Promise<void> {
  const project = await room.project("Consent");
  await room.connectMeta(project, "6666666666");
  await room.connectWebhook(project, "consent", { require_consent: true });
  room.note("consent", await room.source(project, "server"));
}

const senderOf = (room: Room) => room.noted("consent") as Sender;
const reaches = ({ of }: Room, name: string) => [of(name).meta, of(name).webhook].map((told) => told !== undefined);

/** Changes the data layer for what is sent meanwhile; a record pins the version that governed it. */
async function under(room: Room, config: Member, send: () => Promise<unknown>): Promise<void> {
  await room.putDataLayer(config);
  await send().finally(() => room.putDataLayer({}));
}

export const consentRows: readonly Row[] = [
  {
    promise: "a refusal is heeded in whatever form it comes; what can't be read is unknown, never a grant",
    async send(room) {
      await openProject(room);
      for (const [i, [members]] of rows.entries()) await room.track(`consent-${i}`, members, senderOf(room));
    },
    look(room) {
      for (const [i, [members, meta, receiver, stored]] of rows.entries()) {
        const name = `consent-${i}`;
        const place = JSON.stringify(members);
        assert.equal(room.answer(name).status, 200);
        assert.deepEqual([...reaches(room, name), room.of(name).row !== ""], [meta, receiver, stored], place);
        if (!stored || !("context" in members)) continue;
        assert.deepEqual(consentMembers(room.of(name).stored.context), members["context"]);
      }
    },
  },
  {
    promise: "what a batch refuses holds for each of its events but those that say otherwise",
    async send(room) {
      const track = { type: "track", event: "E", userId: "in-batch" };
      const own = { ...track, messageId: "own-word", integrations: { Meta: true } };
      const batch = [{ ...track, messageId: "in-batch" }, own];
      await room.send("batch-refusal", "/v1/batch", { integrations: { All: "false" }, batch }, senderOf(room));
    },
    look(room) {
      assert.deepEqual([reaches(room, "in-batch"), reaches(room, "own-word")[0]], [[false, false], true]);
    },
  },
  {
    promise: "an organisation's categories govern the next event",
    send: (room) =>
      under(room, { consent: { categories: { "BG 7": ["advertising"], C0004: [] } } }, async () => {
        const preferences = (categoryPreferences: Member) => ({ context: { consent: { categoryPreferences } } });
        await room.track("category-bg", preferences({ bg7: false }), senderOf(room));
        await room.track("category-c4", preferences({ C0004: false }), senderOf(room));
      }),
    look(room) {
      assert.deepEqual([reaches(room, "category-bg")[0], reaches(room, "category-c4")[0]], [false, true]);
    },
  },
  {
    promise: "no script takes a refusal back, and the stored event shows it as it was sent",
    send: (room) => {
      const code = `function process(event) {
        delete event.integrations;
        event.context.consent = { advertising: true };
        return event;
      }`;
      return under(room, { custom_js: { enabled: true, code } }, async () => {
        const sender = senderOf(room);
        const agreed = { consent: { advertising: true } };
        await room.track("script-closed", { integrations: { All: false }, context: agreed }, sender);
        await room.track("script-refused", { context: { consent: { advertising: "denied" } } }, sender);
        await room.track("script-silent", { context: {} }, sender);
      });
    },
    look(room) {
      assert.deepEqual(
        [reaches(room, "script-closed"), reaches(room, "script-refused"), reaches(room, "script-silent")[0]],
        [[false, false], [false, false], true],
      );
      assert.deepEqual(room.of("script-closed").stored.integrations, { All: false });
      assert.deepEqual(room.of("script-refused").stored.context.consent, { advertising: "denied" });
    },
  },
  {
    promise: "a visitor's refusal holds for the events that say nothing, until the visitor agrees",
    async look(room) {
      const headers = { "x-app-id": senderOf(room).app_id, authorization: "" };
      const state = async (name: string, body: Member) => {
        const answer = await room.send(name, "/consent", { user_id: "word", ...body }, null, headers);
        assert.equal(answer.status, 202, answer.text);
        await room.settle();
      };
      await state("says-no", { advertising: "no", analytics: "yes" });
      await room.track("while-refused", { userId: "word" }, senderOf(room));
      await room.settle();
      await state("agrees", { consent: { ad_storage: "granted", ad_user_data: "granted" } });
      await room.track("once-agreed", { userId: "word" }, senderOf(room));
      await room.settle();
      assert.deepEqual(
        [reaches(room, "while-refused"), reaches(room, "once-agreed")],
        [
          [false, false],
          [true, true],
        ],
      );
    },
  },
];
