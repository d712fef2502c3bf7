import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { apiTokensPerMemberMax } from "../../domain/model/limits.ts";
import type { Principal, Role } from "../../domain/model/tenant.ts";
import {
  addMember,
  type Case,
  hourMs,
  newLogin,
  newOwner,
  newSha256,
  type OpenedAccountStore,
  openLogin,
} from "./account-parts.ts";
import { codeOf, unwrap } from "./results.ts";

const tokenCases: readonly Case[] = [
  {
    promise: "a token may what it and its member both may, until it is revoked or has ended",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const token = (role: Role, endsInMs: number | null) => ({
        ...{ id: randomUUID(), name: "ci", role, sha256: newSha256(), createdAtMs: Date.now() },
        expiresAtMs: endsInMs === null ? null : Date.now() + endsInMs,
      });
      const [viewer, ended] = [token("viewer", null), token("owner", -1)];
      unwrap(await store.createApiToken(by, viewer));
      unwrap(await store.createApiToken(by, ended));
      const caller = unwrap(await store.callerByTokenHash(viewer.sha256));
      assert.deepEqual(caller, { ...by, role: "viewer", memberRole: "owner", via: "api_token", tokenId: viewer.id });
      assert.equal(unwrap(await store.callerByTokenHash(ended.sha256)), null);
      const listed = unwrap(await store.apiTokens(by.orgId, by.memberId)).map((item) => item.id);
      assert.equal(listed.includes(viewer.id) && !listed.includes(ended.id), true);
      unwrap(await store.revokeApiToken(by, viewer.id));
      assert.equal(unwrap(await store.callerByTokenHash(viewer.sha256)), null);
      assert.equal(codeOf(await store.revokeApiToken(by, viewer.id)), "not_found");
    },
  },
  {
    promise: "a member has so many tokens and no more, until one is revoked",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const create = () => {
        const token = { id: randomUUID(), name: "t", role: "viewer" as const, sha256: newSha256() };
        return store.createApiToken(by, { ...token, createdAtMs: Date.now(), expiresAtMs: null });
      };
      const first = unwrap(await create());
      const codes: string[] = [];
      // No more at once than wait for a connection in vain, however busy the machine is.
      while (codes.length < apiTokensPerMemberMax) {
        const together = Array.from({ length: Math.min(20, apiTokensPerMemberMax - codes.length) }, create);
        codes.push(...(await Promise.all(together)).map(codeOf));
      }
      assert.equal(codes.filter((code) => code === "ok").length, apiTokensPerMemberMax - 2);
      assert.equal(codeOf(await create()), "limit_reached");
      unwrap(await store.revokeApiToken(by, first.id));
      assert.equal(codeOf(await create()), "ok");
    },
  },
  {
    promise: "another organisation's token, invitation and member are not found",
    async run(opened) {
      const [ours, theirs] = [await newOwner(opened), await newOwner(opened)];
      const { store } = opened;
      const token = { id: randomUUID(), name: "t", role: "owner" as const, sha256: newSha256() };
      unwrap(await store.createApiToken(theirs.by, { ...token, createdAtMs: Date.now(), expiresAtMs: null }));
      const invitation = { id: randomUUID(), name: "n", role: "viewer" as const, sha256: newSha256() };
      const times = { createdAtMs: Date.now(), expiresAtMs: Date.now() + hourMs };
      unwrap(await store.createInvitation(theirs.by, { ...invitation, ...times }));
      const theirId = theirs.by.memberId;
      for (const result of [
        await store.revokeApiToken(ours.by, token.id),
        await store.revokeInvitation(ours.by, invitation.id),
        await store.changeRole(ours.by, theirId, "owner", "viewer"),
        await store.removeMember(ours.by, theirId, "owner"),
        await store.transferOwnership(ours.by, theirId),
        await store.removeMember(ours.by, "no uuid", "owner"),
      ]) {
        assert.equal(codeOf(result), "not_found");
      }
      assert.deepEqual(unwrap(await store.members(ours.by.orgId)).length, 1);
      assert.deepEqual(unwrap(await store.invitations(ours.by.orgId)), []);
      assert.equal(unwrap(await store.members(ours.by.orgId))[0]?.role, "owner");
    },
  },
];

const loginCases: readonly Case[] = [
  {
    promise: "a refresh token is exchanged once; a second use ends every token of its login and of no other",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const [first, next, third, other] = [newLogin(), newLogin(), newLogin(), newLogin()];
      unwrap(await openLogin(store, by, first));
      unwrap(await openLogin(store, by, other));
      assert.equal(unwrap(await store.callerByTokenHash(first.accessSha256))?.memberId, by.memberId);
      unwrap(await store.rotateLogin(first.refreshSha256, next));
      assert.equal(codeOf(await store.rotateLogin(first.refreshSha256, third)), "refresh_reused");
      assert.equal(codeOf(await store.rotateLogin(next.refreshSha256, third)), "refresh_unknown");
      assert.equal(codeOf(await store.rotateLogin(newSha256(), third)), "refresh_unknown");
      for (const ended of [first, next, third]) {
        assert.equal(unwrap(await store.callerByTokenHash(ended.accessSha256)), null);
      }
      assert.equal(unwrap(await store.callerByTokenHash(other.accessSha256))?.memberId, by.memberId);
      const [entry] = unwrap(await store.auditLog(by.orgId, { limit: 1, beforeId: null }));
      assert.equal(entry?.action, "login_revoked");
    },
  },
  {
    promise: "the audit log has each login, failed one and lock, and each login that was ended, once",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const tokens = newLogin();
      unwrap(await openLogin(store, by, tokens));
      unwrap(await store.recordFailedLogin(by, false));
      unwrap(await store.recordFailedLogin(by, true));
      for (let time = 0; time < 2; time += 1) unwrap(await store.endLogin(tokens.refreshSha256));
      const entries = unwrap(await store.auditLog(by.orgId, { limit: 4, beforeId: null }));
      assert.deepEqual(
        entries.map(({ action, memberId, subject }) => [action, memberId, subject]),
        ["login_ended", "login_locked", "login_failed", "login_opened"].map((action) => [
          action,
          by.memberId,
          by.memberId,
        ]),
      );
    },
  },
  {
    promise: "of two exchanges of one refresh token at the same time one succeeds at most, and the login ends",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const first = newLogin();
      unwrap(await openLogin(store, by, first));
      const results = await Promise.all([1, 2].map(() => store.rotateLogin(first.refreshSha256, newLogin())));
      assert.deepEqual(results.map(codeOf).sort(), ["ok", "refresh_reused"]);
      assert.equal(unwrap(await store.callerByTokenHash(first.accessSha256)), null);
    },
  },
  {
    promise: "tokens that have ended open nothing, nor does a login that was ended",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const past = newLogin({ accessExpiresAtMs: Date.now() - 1, refreshExpiresAtMs: Date.now() - 1 });
      unwrap(await openLogin(store, by, past));
      assert.equal(unwrap(await store.callerByTokenHash(past.accessSha256)), null);
      assert.equal(codeOf(await store.rotateLogin(past.refreshSha256, newLogin())), "refresh_unknown");
      const open = newLogin();
      unwrap(await openLogin(store, by, open));
      unwrap(await store.endLogin(open.refreshSha256));
      unwrap(await store.endLogin(newSha256()));
      assert.equal(unwrap(await store.callerByTokenHash(open.accessSha256)), null);
    },
  },
  {
    promise: "a login name leads to one account: the oldest, or that of the organisation which is named",
    async run(opened) {
      const [ours, theirs] = [await newOwner(opened), await newOwner(opened)];
      const { store } = opened;
      const loginSha256 = newSha256();
      for (const { by } of [ours, theirs]) unwrap(await store.setLogin(by, { loginSha256, passwordHash: by.orgId }));
      const found = async (orgId: string | null) => unwrap(await store.loginAccount(loginSha256, orgId))?.orgId;
      assert.equal(await found(null), ours.by.orgId);
      assert.equal(await found(theirs.by.orgId), theirs.by.orgId);
      assert.equal(await found(randomUUID()), undefined);
      assert.equal(unwrap(await store.loginAccount(newSha256(), null)), null);
      const member = await addMember(store, ours.by, "viewer");
      assert.equal(codeOf(await store.setLogin(member, { loginSha256, passwordHash: "x" })), "login_taken");
    },
  },
  {
    promise: "a new password ends the logins opened with the old one",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const login = newLogin();
      assert.equal(unwrap(await store.passwordHash(by.orgId, by.memberId)), null);
      unwrap(await openLogin(store, by, login));
      unwrap(await store.setLogin(by, { loginSha256: newSha256(), passwordHash: "second" }));
      assert.equal(unwrap(await store.callerByTokenHash(login.accessSha256)), null);
      assert.equal(codeOf(await store.rotateLogin(login.refreshSha256, newLogin())), "refresh_unknown");
      assert.equal(unwrap(await store.passwordHash(by.orgId, by.memberId)), "second");
    },
  },
  {
    promise: "no login is opened with a password that was changed, or a member who was removed, meanwhile",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const member = await addMember(store, by, "viewer");
      const account = unwrap(await store.loginAccount(member.login, null));
      assert.ok(account);
      unwrap(await store.setLogin(member, { loginSha256: null, passwordHash: "second" }));
      const login = newLogin();
      assert.equal(codeOf(await store.openLogin(account, login)), "not_found");
      assert.equal(unwrap(await store.callerByTokenHash(login.accessSha256)), null);
      unwrap(await store.removeMember(by, member.memberId, "viewer"));
      assert.equal(codeOf(await store.openLogin({ ...account, passwordHash: "second" }, login)), "not_found");
    },
  },
  {
    promise: "a login that ends while it is refreshed ends, by logging out and by a new password alike",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      for (let round = 0; round < 20; round += 1) {
        const [first, next] = [newLogin(), newLogin()];
        unwrap(await openLogin(store, by, first));
        const end = () =>
          round % 2 === 0
            ? store.endLogin(first.refreshSha256)
            : store.setLogin(by, { loginSha256: null, passwordHash: `${round}` });
        const [rotated, ended] = await Promise.all([store.rotateLogin(first.refreshSha256, next), end()]);
        assert.equal(codeOf(ended), "ok");
        assert.ok(["ok", "refresh_unknown"].includes(codeOf(rotated)), codeOf(rotated));
        for (const { accessSha256 } of [first, next]) {
          assert.equal(unwrap(await store.callerByTokenHash(accessSha256)), null, `round ${round}`);
        }
      }
    },
  },
];

const memberCases: readonly Case[] = [
  {
    promise: "an invitation makes one member, once, and none when it was revoked or has ended",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const credentials = () => ({ loginSha256: newSha256(), passwordHash: "hashed" });
      const invite = async (endsInMs: number) => {
        const invitation = { id: randomUUID(), name: "Ana", role: "editor" as const, sha256: newSha256() };
        const times = { createdAtMs: Date.now(), expiresAtMs: Date.now() + endsInMs };
        unwrap(await store.createInvitation(by, { ...invitation, ...times }));
        return invitation;
      };
      const [open, ended, revoked] = [await invite(hourMs), await invite(-1), await invite(hourMs)];
      unwrap(await store.revokeInvitation(by, revoked.id));
      const ids = unwrap(await store.invitations(by.orgId)).map((item) => item.id);
      assert.deepEqual(ids, [open.id]);
      const twice = await Promise.all(
        [1, 2].map(() => store.acceptInvitation(open.sha256, randomUUID(), credentials())),
      );
      assert.deepEqual(twice.map(codeOf).sort(), ["invitation_unknown", "ok"]);
      for (const { sha256 } of [ended, revoked, { sha256: newSha256() }]) {
        assert.equal(codeOf(await store.acceptInvitation(sha256, randomUUID(), credentials())), "invitation_unknown");
      }
      const members = unwrap(await store.members(by.orgId)).map(({ name, role, logsIn }) => [name, role, logsIn]);
      assert.deepEqual(members, [
        ["Owner", "owner", false],
        ["Ana", "editor", true],
      ]);
    },
  },
  {
    promise: "an invitation counts as long as who made it may invite: what is taken from them can't come back by it",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const demoted = await addMember(store, by, "admin");
      const removed = await addMember(store, by, "admin");
      const invite = async (maker: Principal) => {
        const invitation = { id: randomUUID(), name: "Eve", role: "admin" as const, sha256: newSha256() };
        const times = { createdAtMs: Date.now(), expiresAtMs: Date.now() + hourMs };
        unwrap(await store.createInvitation(maker, { ...invitation, ...times }));
        return invitation.sha256;
      };
      const [ofDemoted, ofRemoved, ofOwner] = [await invite(demoted), await invite(removed), await invite(by)];
      unwrap(await store.changeRole(by, demoted.memberId, "admin", "editor"));
      unwrap(await store.removeMember(by, removed.memberId, "admin"));
      const listed = unwrap(await store.invitations(by.orgId)).map(({ createdBy }) => createdBy);
      assert.deepEqual(listed, [by.memberId]);
      const accept = (sha256: string) =>
        store.acceptInvitation(sha256, randomUUID(), { loginSha256: newSha256(), passwordHash: "hashed" });
      assert.equal(codeOf(await accept(ofDemoted)), "invitation_unknown");
      assert.equal(codeOf(await accept(ofRemoved)), "invitation_unknown");
      assert.equal(codeOf(await accept(ofOwner)), "ok");
    },
  },
  {
    promise: "a changed role counts for the member's next call; a removed member's tokens and logins open nothing",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const member = await addMember(store, by, "admin");
      const login = newLogin();
      const token = { id: randomUUID(), name: "t", role: "owner" as const, sha256: newSha256() };
      unwrap(await openLogin(store, member, login));
      unwrap(await store.createApiToken(member, { ...token, createdAtMs: Date.now(), expiresAtMs: null }));
      const roles = async () =>
        Promise.all(
          [login.accessSha256, token.sha256].map(async (sha) => unwrap(await store.callerByTokenHash(sha))?.role),
        );
      assert.deepEqual(await roles(), ["admin", "admin"]);
      unwrap(await store.changeRole(by, member.memberId, "admin", "viewer"));
      assert.deepEqual(await roles(), ["viewer", "viewer"]);
      assert.equal(codeOf(await store.changeRole(by, member.memberId, "admin", "editor")), "version_conflict");
      assert.equal(codeOf(await store.removeMember(by, member.memberId, "admin")), "version_conflict");
      unwrap(await store.removeMember(by, member.memberId, "viewer"));
      assert.deepEqual(await roles(), [undefined, undefined]);
      assert.equal(unwrap(await store.loginAccount(member.login, null)), null);
    },
  },
  {
    promise: "there is exactly one owner, whoever transfers to whom at the same time",
    async run(opened) {
      const { by } = await newOwner(opened);
      const { store } = opened;
      const heirs = [await addMember(store, by, "viewer"), await addMember(store, by, "admin")];
      assert.equal(codeOf(await store.transferOwnership(by, randomUUID())), "not_found");
      const moved = await Promise.all(heirs.map((successor) => store.transferOwnership(by, successor.memberId)));
      assert.deepEqual(moved.map(codeOf).sort(), ["ok", "version_conflict"]);
      const members = unwrap(await store.members(by.orgId));
      assert.equal(members.filter((member) => member.role === "owner").length, 1);
      assert.equal(members.find((member) => member.id === by.memberId)?.role, "admin");
    },
  },
  {
    promise: "the audit log has each change with who made it, old and new, newest first, and no secret",
    async run(opened) {
      const [{ by }, theirs] = [await newOwner(opened), await newOwner(opened)];
      const { store } = opened;
      const member = await addMember(store, by, "viewer");
      await addMember(store, theirs.by, "viewer");
      unwrap(await store.changeRole(by, member.memberId, "viewer", "editor"));
      const all = unwrap(await store.auditLog(by.orgId, { limit: 10, beforeId: null }));
      assert.deepEqual(
        all.map((entry) => [entry.action, entry.memberId]),
        [
          ["member_role_changed", by.memberId],
          ["invitation_accepted", member.memberId],
          ["invitation_created", by.memberId],
        ],
      );
      assert.deepEqual([all[0]?.before, all[0]?.after], [{ role: "viewer" }, { role: "editor" }]);
      assert.equal(JSON.stringify(all).includes(member.login), false);
      const older = unwrap(await store.auditLog(by.orgId, { limit: 1, beforeId: all[0]?.id ?? 0 }));
      assert.deepEqual(older, all.slice(1, 2));
    },
  },
];

/** The promises of ports/account-store.ts, run against one adapter. `open` gives a new, empty store each time. */
export function accountStoreSuite(name: string, open: () => Promise<OpenedAccountStore>): void {
  describe(`account store: ${name}`, () => {
    for (const { promise, run } of [...tokenCases, ...loginCases, ...memberCases]) {
      it(promise, async () => {
        const opened = await open();
        try {
          await run(opened);
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
