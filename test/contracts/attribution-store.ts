import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "node:test";
import type { WaitingToken } from "../../adapters/memory/attribution-store.ts";
import type { AttributionStep } from "../../domain/model/attribution.ts";
import type { AttributionClaim, AttributionStore } from "../../ports/attribution-store.ts";
import { receivedAtMs } from "./events/records.ts";
import { codeOf, unwrap } from "./results.ts";

/** A store, and a way to put a token of one of two organisations into it. Shape: the id it is known by. */
export interface AttributionSubject {
  readonly store: AttributionStore;
  readonly orgIds: readonly [string, string];
  add(orgId: string, token?: Partial<WaitingToken>): Promise<string>;
}

const nowMs = receivedAtMs + 1_000;
const leaseMs = 30_000;
const pendingStep: AttributionStep = {
  state: "pending",
  code: "apple_404",
  attempts: 1,
  notFound: 1,
  dueAtMs: nowMs + 5_000,
  campaign: null,
  development: false,
};
const exchanged: AttributionStep = {
  ...pendingStep,
  state: "exchanged",
  code: null,
  attempts: 2,
  dueAtMs: null,
  campaign: { orgId: "1", campaignId: "12345678901234567890" },
};

/** What every store of attributions promises. */
export function attributionStoreSuite(open: () => Promise<AttributionSubject>): void {
  const claim = async ({ store }: AttributionSubject, atMs = nowMs) =>
    unwrap(await store.claim({ tokensMax: 10, leaseMs, nowMs: atMs }));
  const settle = async ({ store }: AttributionSubject, claimed: AttributionClaim, id: string, step: AttributionStep) =>
    unwrap(await store.settle(claimed, new Map([[id, step]]), nowMs));

  it("a due token is leased once, and again when the lease ran out", async () => {
    const subject = await open();
    const id = await subject.add(subject.orgIds[0]);
    assert.deepEqual((await claim(subject, receivedAtMs - 1)).tokens, []);
    const first = await claim(subject);
    assert.deepEqual(
      first.tokens.map((token) => [token.id, token.orgId, token.attempts, token.notFound, token.isDenied]),
      [[id, subject.orgIds[0], 0, 0, false]],
    );
    assert.equal(first.leaseUntilMs, nowMs + leaseMs);
    assert.deepEqual((await claim(subject, nowMs + leaseMs - 1)).tokens, []);
    assert.deepEqual(
      (await claim(subject, nowMs + leaseMs)).tokens.map((token) => token.id),
      [id],
    );
  });

  it("a step is kept: what waits is due when it says, with its counts", async () => {
    const subject = await open();
    const id = await subject.add(subject.orgIds[0]);
    await settle(subject, await claim(subject), id, pendingStep);
    const shown = unwrap(await subject.store.find(subject.orgIds[0], id));
    assert.deepEqual([shown.state, shown.code, shown.attempts, shown.settledAtMs], ["pending", "apple_404", 1, null]);
    assert.equal(shown.dueAtMs, nowMs + 5_000);
    assert.deepEqual((await claim(subject, nowMs + 4_999)).tokens, []);
    const [token] = (await claim(subject, nowMs + 5_000)).tokens;
    assert.deepEqual([token?.attempts, token?.notFound], [1, 1]);
  });

  it("what is final is claimed by nobody and keeps what Apple said", async () => {
    const subject = await open();
    const id = await subject.add(subject.orgIds[0]);
    await settle(subject, await claim(subject), id, exchanged);
    const shown = unwrap(await subject.store.find(subject.orgIds[0], id));
    assert.deepEqual([shown.state, shown.campaign, shown.dueAtMs], ["exchanged", exchanged.campaign, null]);
    assert.equal(shown.settledAtMs, nowMs);
    assert.deepEqual((await claim(subject, nowMs + 10 * leaseMs)).tokens, []);
  });

  it("an outcome is written once: by who holds the lease", async () => {
    const subject = await open();
    const id = await subject.add(subject.orgIds[0]);
    const late = await claim(subject);
    const holder = await claim(subject, nowMs + leaseMs);
    await settle(subject, late, id, { ...exchanged, campaign: { orgId: "9" } });
    assert.equal(unwrap(await subject.store.find(subject.orgIds[0], id)).state, "pending");
    await settle(subject, holder, id, exchanged);
    await settle(subject, holder, id, { ...exchanged, state: "organic", campaign: null });
    assert.deepEqual(unwrap(await subject.store.find(subject.orgIds[0], id)).campaign, exchanged.campaign);
  });

  it("a claim holds no more than it is to, those due first first", async () => {
    const subject = await open();
    const second = await subject.add(subject.orgIds[0], { receivedAtMs: receivedAtMs - 1_000 });
    const first = await subject.add(subject.orgIds[0], { receivedAtMs: receivedAtMs - 2_000 });
    for (const id of [first, second]) {
      const { tokens } = unwrap(await subject.store.claim({ tokensMax: 1, leaseMs, nowMs }));
      assert.deepEqual(
        tokens.map((token) => token.id),
        [id],
      );
    }
  });

  it("another organisation's are as none; filters narrow the list", async () => {
    const subject = await open();
    const [ours, theirs] = subject.orgIds;
    const mine = await subject.add(ours, { anonymousId: "a" });
    const other = await subject.add(theirs, { anonymousId: "a" });
    assert.equal(codeOf(await subject.store.find(ours, other)), "not_found");
    assert.equal(codeOf(await subject.store.find(ours, randomUUID())), "not_found");
    const ids = async (filter: object) =>
      unwrap(await subject.store.list(ours, { limit: 10, ...filter })).items.map(({ id }) => id);
    assert.deepEqual(await ids({}), [mine]);
    assert.deepEqual(await ids({ state: "pending", anonymousId: "a" }), [mine]);
    assert.deepEqual(await ids({ state: "exchanged" }), []);
    assert.deepEqual(await ids({ anonymousId: "b" }), []);
    assert.deepEqual(await ids({ projectId: randomUUID() }), []);
  });
}
