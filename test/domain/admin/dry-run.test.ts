import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changedPathsMax, explainChanges } from "../../../domain/admin/data-layer/dry-run-changes.ts";
import { createTrialGate, orgTrialsMax, trialsMax } from "../../../domain/admin/data-layer/trial-gate.ts";
import { granted } from "../../../domain/admin/refusal.ts";

const hash = "a".repeat(64);
const nothing = { hashed: [], removed: [], masked: [], added: [], truncated: false };

describe("what a dry run says was done to an event", () => {
  it("says nothing where nothing was done", () => {
    const event = { a: 1, b: [1, { c: null }], d: { e: "f", g: true } };
    assert.deepEqual(explainChanges(event, structuredClone(event)), nothing);
  });

  it("tells hashing, removal and masking apart, at any depth", () => {
    const before = {
      traits: { email: "a@b.de", ssn: 1, tags: ["x", "bob@c.de"] },
      properties: { list: [{ ip: "1" }] },
    };
    const after = { traits: { email: hash, tags: ["x", "[email]"] }, properties: { list: [{}] } };
    assert.deepEqual(explainChanges(before, after), {
      ...nothing,
      hashed: ["traits.email"],
      removed: ["traits.ssn", "properties.list[0].ip"],
      masked: ["traits.tags[1]"],
    });
  });

  it("does not call a hash that came as one hashed", () => {
    assert.deepEqual(explainChanges({ email: hash }, { email: hash }), nothing);
  });

  it("knows the host's word from the detector's", () => {
    const before = { context: { device: { model: "claimed" } } };
    const after = { context: { device: { model: "iPhone" }, geo: { country: "DE" } } };
    assert.deepEqual(explainChanges(before, after).added, ["context.device.model", "context.geo"]);
    assert.deepEqual(explainChanges({}, { context: { geo: {} } }).added, ["context"]);
  });

  it("shows a key that was masked by its mask, and nothing of what it was", () => {
    const keys = ["ana@x.de", "x +ana&#64;x.de", "phone=0151 2345678", "10.1.2.3", "+4915112345678"];
    keys.push("Mozilla/5.0 (X11; Linux) Gecko");
    const found = explainChanges(Object.fromEntries(keys.map((key) => [key, { ip: 1 }])), { "[email]": 1 });
    const removed = ["[email]", "x [email]", "phone=[phone]", "[ip]", "[phone]", "[user_agent]"];
    assert.deepEqual(found, {
      ...nothing,
      removed: removed.map((key) => `[${JSON.stringify(key)}]`),
      masked: ['["[email]"]'],
    });
    const inner = explainChanges(
      { a: { "ana@x.de": { b: { "+4915112345678": 1 } } } },
      { a: { "ana@x.de": { b: {} } } },
    );
    assert.deepEqual(inner.removed, ['a["[email]"].b["[phone]"]']);
  });

  it("names an array whose elements went, since none can be told from another", () => {
    const found = explainChanges({ phones: ["1", 2] }, { phones: [hash] });
    assert.deepEqual(found, { ...nothing, hashed: ["phones[]"], removed: ["phones[]"] });
  });

  it("lists a bounded number of paths of bounded length, and says when there are more", () => {
    const before = Object.fromEntries(
      Array.from({ length: changedPathsMax + 1 }, (_, i) => [`${"k".repeat(999)}${i}`, 1]),
    );
    const found = explainChanges(before, {});
    assert.equal(found.removed.length, changedPathsMax);
    assert.equal(found.truncated, true);
    assert.ok(found.removed.every((path) => path.length < 300));
  });
});

describe("room for trials", () => {
  it("is given per organisation and in all, refused beyond, and given back", async () => {
    const gate = createTrialGate();
    const ends: (() => void)[] = [];
    const run = () => new Promise<ReturnType<typeof granted<string>>>((end) => ends.push(() => end(granted("done"))));
    const running = Array.from({ length: orgTrialsMax }, () => gate("org-0", run));
    const refused = await gate("org-0", run);
    assert.deepEqual(refused, { ok: false, refusal: { code: "unavailable", cause: "trials_full" } });
    for (let i = orgTrialsMax; i < trialsMax; i++) running.push(gate(`org-${i}`, run));
    assert.equal((await gate("org-new", run)).ok, false);
    for (const end of ends) end();
    assert.equal(
      (await Promise.all(running)).every((result) => result.ok),
      true,
    );
    assert.equal((await gate("org-0", async () => granted(1))).ok, true);
  });

  it("is given back by a trial that breaks", async () => {
    const gate = createTrialGate();
    for (let i = 0; i <= trialsMax; i++) {
      await assert.rejects(
        gate("org", () => Promise.reject(new Error("broken"))),
        /broken/,
      );
    }
    assert.equal((await gate("org", async () => granted(1))).ok, true);
  });
});
