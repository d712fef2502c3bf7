import type { Random } from "../../../ports/random.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import { defaultDataLayer } from "../../data-layer/configuration.ts";
import type { Result } from "../../model/failure.ts";

/** What a newcomer needs to send a first event and to read it back; kept in a file of the secrets folder. */
export interface FirstCredentials {
  readonly org_id: string;
  readonly project_id: string;
  readonly source_id: string;
  readonly owner_id: string;
  readonly write_key: string;
  readonly app_id: string;
  readonly signing_secret: string;
  readonly admin_token: string;
  /** Of the source for pages; files of earlier versions have none. */
  readonly browser_source_id?: string;
  readonly browser_write_key?: string;
}

const keyChars = 32;
const tokenChars = 43;

/** Mints the ids and keys of the first organisation. They are written down before anything is created with them. */
export function mintFirstCredentials(random: Random): FirstCredentials {
  return {
    org_id: random.uuidv7(),
    project_id: random.uuidv7(),
    source_id: random.uuidv7(),
    owner_id: random.uuidv7(),
    write_key: `wk_${random.token(keyChars)}`,
    app_id: `app_${random.token(keyChars)}`,
    signing_secret: mintSigningSecret(random),
    admin_token: mintAdminToken(random),
    browser_source_id: random.uuidv7(),
    browser_write_key: `wk_${random.token(keyChars)}`,
  };
}

export function mintAdminToken(random: Random): string {
  return `tga_${random.token(tokenChars)}`;
}

function mintSigningSecret(random: Random): string {
  return `ss_${random.token(tokenChars)}`;
}

/** The names of all keys, for whoever checks a file of them. */
export const firstCredentialNames = [
  "org_id",
  "project_id",
  "source_id",
  "owner_id",
  "write_key",
  "app_id",
  "signing_secret",
  "admin_token",
] as const satisfies readonly (keyof FirstCredentials)[];

export interface FirstTenantParts {
  readonly tenants: TenantStore;
  readonly vault: Vault;
  readonly sha256Hex: (text: string) => string;
  readonly random: Random;
}

/**
 * Creates the first organisation with its owner, project and two sources, unless the store has an organisation already.
 *
 * One source is for servers, whose word on their users' addresses counts, one for pages, whose word does not.
 * Shape: true if it was created now. The admin token is stored as a hash, signing secrets sealed.
 */
export function createFirstTenant(parts: FirstTenantParts): (keys: FirstCredentials) => Promise<Result<boolean>> {
  return async function createTenant(keys) {
    const sealed = (id: string, secret: string) =>
      parts.vault.seal(secret, { orgId: keys.org_id, table: "sources", column: "signing_secret", id });
    const { browser_source_id: pageSourceId, browser_write_key: pageKey } = keys;
    const pages = pageSourceId !== undefined &&
      pageKey !== undefined && {
        sourceId: pageSourceId,
        sourceName: "First website",
        sourceKind: "browser" as const,
        writeKey: pageKey,
        appId: `app_${parts.random.token(keyChars)}`,
        sealedSigningSecret: await sealed(pageSourceId, mintSigningSecret(parts.random)),
      };
    return parts.tenants.createFirstTenant({
      orgId: keys.org_id,
      orgName: "My organisation",
      projectId: keys.project_id,
      projectName: "My app",
      sourceId: keys.source_id,
      sourceName: "First server",
      sourceKind: "server",
      writeKey: keys.write_key,
      appId: keys.app_id,
      sealedSigningSecret: await sealed(keys.source_id, keys.signing_secret),
      ...(pages ? { otherSources: [pages] } : {}),
      ownerId: keys.owner_id,
      ownerName: "Owner",
      adminTokenSha256: parts.sha256Hex(keys.admin_token),
      dataLayer: defaultDataLayer,
    });
  };
}
