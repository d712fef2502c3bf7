import assert from "node:assert/strict";
import type { Json, Member, Room, Row } from "./room.ts";

/** Custom JavaScript: its memory, its failures, what it returns (sections 5 and 7 of the table). */
const dryRun = "/v1/admin/data-layer/dry-run";
/** On a busy machine a script may be stopped early. */
const triesMax = 8;
const event = { type: "track", event: "E", userId: "u" };
const marking = "function process(e) { e.properties = { ran: true }; return e }";
/** Making such texts takes so long that the end of the time may come before the end of the memory. */
const texts =
  "function process(e) { const k = []; for (let i = 0; i < 400; i++) k.push('x'.repeat(1e6) + i); return e }";
const buffers =
  "function process(e) { const k = []; for (let i = 0; i < 400; i++) k.push(new Uint8Array(1e6)); return e }";
const endless = "function process(e) { for (;;); }";

const tryOut = (room: Room, code: string): Promise<Json> =>
  room.admin("POST", dryRun, { config: { custom_js: { enabled: true, code } }, events: [event] }, 200);

/** What a trial says of a script; one that was stopped early is tried again. */
async function said(room: Room, code: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const { state, fault } = (await tryOut(room, code)).json.items[0].stages.custom_js;
    if (fault !== "timeout" || tries === triesMax) return fault ?? state;
  }
}

/** Sends an event while a script governs, and takes the script away again. */
async function under(room: Room, name: string, custom_js: Member): Promise<void> {
  await room.putDataLayer({ custom_js: { enabled: true, ...custom_js } });
  await room.track(name, { properties: { kept: 1 } }).finally(() => room.putDataLayer({}));
}

export const scriptRows: readonly Row[] = [
  {
    promise: "a script that keeps 400 MB gets them in no form: it fails, and its event goes on unchanged",
    send: (room) => under(room, "greedy", { code: buffers }),
    async look(room) {
      assert.equal(await said(room, buffers), "memory");
      assert.equal((await tryOut(room, texts)).json.items[0].stages.custom_js.state, "failed");
      assert.equal(room.answer("greedy").status, 200);
      assert.deepEqual(room.of("greedy").stored.properties, { kept: 1 });
      assert.ok(room.of("greedy").meta && room.of("greedy").webhook);
    },
  },
  {
    promise: "console.log does nothing, and is no exception",
    async look(room) {
      assert.equal(await said(room, "function process(e) { console.log('x', e); return e }"), "returned");
    },
  },
  {
    promise: "an organisation chooses that events whose script fails are dropped, and they are counted",
    send: (room) => under(room, "failed-drop", { code: "function process() { throw 1 }", on_failure: "drop" }),
    async look({ answer, of, admin }) {
      assert.equal(answer("failed-drop").status, 200);
      assert.deepEqual([of("failed-drop").row, of("failed-drop").meta], ["", undefined]);
      const { sources } = (await admin("GET", "/v1/admin/ledger")).json;
      assert.ok(
        sources.some(({ dropped }: Json) => dropped.custom_js_failed === 1),
        JSON.stringify(sources),
      );
    },
  },
  {
    promise: "without that choice they go on unchanged, and waiting can be chosen, too; a wrong word is refused",
    send: (room) => under(room, "failed-pass", { code: "function process() { throw 1 }" }),
    async look(room) {
      assert.ok(room.of("failed-pass").stored && room.of("failed-pass").meta);
      const put = (on_failure: string) =>
        room.admin("PUT", "/v1/admin/data-layer", { config: { custom_js: { code: "", on_failure } } });
      assert.deepEqual([(await put("wait")).status, (await put("perhaps")).status], [200, 422]);
      await room.putDataLayer({});
    },
  },
  {
    promise: "what a script returned and the kernel refused is a fault with its place",
    async look(room) {
      for (const [code, place] of [
        ["function process(e) { e.userId = { a: 1 }; return e }", /userId/],
        ["function process(e) { e.properties = { a: '\\ud800' }; return e }", /refused_return/],
      ] as const) {
        const { text } = await tryOut(room, code);
        assert.match(text, /refused_return/);
        assert.match(text, place);
      }
    },
  },
  {
    promise: "three time-outs of a candidate on trial pause no other candidate and no event",
    async look(room) {
      for (let time = 0; time < 4; time += 1) assert.match((await tryOut(room, endless)).text, /"timeout"/);
      assert.equal(await said(room, marking), "returned");
      const faults = await room.admin("GET", "/v1/admin/data-layer/custom-js/faults");
      assert.equal(faults.json.paused_until, null);
    },
  },
];
