import type { AccountStore } from "../../../ports/account-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Random } from "../../../ports/random.ts";
import type { WorkspaceStore } from "../../../ports/workspace-store.ts";
import { fail, type Result, succeed } from "../../model/failure.ts";
import {
  createFirstTenant,
  type FirstCredentials,
  type FirstTenantParts,
  mintAdminToken,
  mintFirstCredentials,
} from "./first-tenant.ts";

export interface FirstCredentialsParts extends FirstTenantParts {
  readonly accounts: AccountStore;
  readonly workspace: WorkspaceStore;
  readonly random: Random;
  readonly clock: Clock;
  /** The file of keys. What is written is durable when `write` returns. */
  readonly file: { read(): FirstCredentials | null; write(keys: FirstCredentials): void };
}

export interface PreparedCredentials {
  readonly keys: FirstCredentials;
  /**
   * `recovered`: the file was gone and was written anew, with another admin token. `stale`: the file's keys open
   * nothing here.
   */
  readonly how: "known" | "created" | "recovered" | "stale";
  /** Names of the file's keys that open nothing here. */
  readonly dead: readonly ("write_key" | "admin_token")[];
}

const recoveredTokenName = "written into a new credentials.json";

/**
 * Makes the use case of every start: there are an organisation and a file with keys that work.
 *
 * Keys are written down before anything is created with them, so that no crash loses them. Where the organisation is
 * there and the file is not, the owner gets another token, which takes the place of one that was made so before.
 */
export function createPrepareCredentials(parts: FirstCredentialsParts): () => Promise<Result<PreparedCredentials>> {
  const { tenants, accounts, workspace, vault, random, clock, sha256Hex, file } = parts;
  const create = createFirstTenant(parts);

  async function createWith(keys: FirstCredentials): Promise<Result<PreparedCredentials>> {
    const created = await create(keys);
    if (!created.ok) return created;
    if (created.value) return succeed({ keys, how: "created", dead: [] });
    const source = await tenants.bindingByWriteKey(keys.write_key);
    if (!source.ok) return source;
    const caller = await accounts.callerByTokenHash(sha256Hex(keys.admin_token));
    if (!caller.ok) return caller;
    const isWriteKeyDead = source.value === null || source.value.source.orgId !== keys.org_id;
    const dead = [...(isWriteKeyDead ? ["write_key" as const] : []), ...(caller.value ? [] : ["admin_token" as const])];
    return succeed({ keys, how: dead.length === 0 ? "known" : "stale", dead });
  }

  async function secretOf(writeKey: string, place: { orgId: string; id: string }): Promise<string | null> {
    const binding = await tenants.bindingByWriteKey(writeKey);
    const sealed = binding.ok ? binding.value?.sealedSigningSecret : null;
    if (!sealed) return null;
    const opened = await vault.open(sealed, { ...place, table: "sources", column: "signing_secret" });
    return opened.ok ? opened.value : null;
  }

  /** The first source's keys, where there is one. */
  async function sourceKeys(orgId: string): Promise<Result<Partial<FirstCredentials>>> {
    const sources = await workspace.sources(orgId);
    if (!sources.ok) return sources;
    const oldestFirst = [...sources.value].sort((one, other) => (one.id < other.id ? -1 : 1));
    const source = oldestFirst.find(({ kind }) => kind === "server") ?? oldestFirst[0];
    if (!source) return succeed({});
    const page = oldestFirst.find(({ kind }) => kind === "browser");
    const pageKeys = { browser_source_id: page?.id, browser_write_key: page?.writeKey };
    const { id, projectId, writeKey, appId } = source;
    const keys = {
      project_id: projectId,
      source_id: id,
      write_key: writeKey,
      app_id: appId,
      ...(page ? pageKeys : {}),
    };
    const secret = await secretOf(writeKey, { orgId, id });
    return succeed(secret === null ? keys : { ...keys, signing_secret: secret });
  }

  async function replaceToken(orgId: string, ownerId: string): Promise<Result<string>> {
    const by = { orgId, memberId: ownerId, role: "owner" } as const;
    const tokens = await accounts.apiTokens(orgId, ownerId);
    if (!tokens.ok) return tokens;
    for (const { id } of tokens.value.filter(({ name }) => name === recoveredTokenName)) {
      await accounts.revokeApiToken(by, id);
    }
    const token = mintAdminToken(random);
    const made = await accounts.createApiToken(by, {
      id: random.uuidv7(),
      name: recoveredTokenName,
      role: "owner",
      sha256: sha256Hex(token),
      createdAtMs: clock.nowMs(),
      expiresAtMs: null,
    });
    return made.ok ? succeed(token) : made;
  }

  async function recover(orgId: string): Promise<Result<PreparedCredentials>> {
    const members = await accounts.members(orgId);
    if (!members.ok) return members;
    const owner = members.value.find(({ role }) => role === "owner");
    if (!owner) return fail("owner_missing", { retry: "never" });
    const source = await sourceKeys(orgId);
    if (!source.ok) return source;
    const token = await replaceToken(orgId, owner.id);
    if (!token.ok) return token;
    const own = { org_id: orgId, owner_id: owner.id, admin_token: token.value };
    const { browser_source_id, browser_write_key, ...minted } = mintFirstCredentials(random);
    const keys = { ...minted, ...source.value, ...own };
    file.write(keys);
    return succeed({ keys, how: "recovered", dead: [] });
  }

  return async function prepareCredentials() {
    const known = file.read();
    if (known) return createWith(known);
    const first = await tenants.firstOrganization();
    if (!first.ok) return first;
    if (first.value !== null) return recover(first.value);
    const keys = mintFirstCredentials(random);
    file.write(keys);
    return createWith(keys);
  };
}
