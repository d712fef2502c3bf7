import type { Random } from "../../ports/random.ts";
import type { TenantStore } from "../../ports/tenant-store.ts";
import type { Vault } from "../../ports/vault.ts";
import { defaultDataLayer } from "../data-layer/configuration.ts";
import type { Result } from "../model/failure.ts";

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
    signing_secret: `ss_${random.token(tokenChars)}`,
    admin_token: mintAdminToken(random),
  };
}

export function mintAdminToken(random: Random): string {
  return `tga_${random.token(tokenChars)}`;
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
}

/**
 * Creates the first organisation, project, source and owner, unless the store has an organisation already.
 *
 * Shape: true if it was created now. The admin token is stored as a hash, the signing secret sealed.
 */
export function createFirstTenant(parts: FirstTenantParts): (keys: FirstCredentials) => Promise<Result<boolean>> {
  return async function createTenant(keys) {
    const place = { orgId: keys.org_id, table: "sources", column: "signing_secret", id: keys.source_id };
    return parts.tenants.createFirstTenant({
      orgId: keys.org_id,
      orgName: "My organisation",
      projectId: keys.project_id,
      projectName: "My app",
      sourceId: keys.source_id,
      sourceName: "First source",
      sourceKind: "server",
      writeKey: keys.write_key,
      appId: keys.app_id,
      sealedSigningSecret: await parts.vault.seal(keys.signing_secret, place),
      ownerId: keys.owner_id,
      ownerName: "Owner",
      adminTokenSha256: parts.sha256Hex(keys.admin_token),
      dataLayer: defaultDataLayer,
    });
  };
}
