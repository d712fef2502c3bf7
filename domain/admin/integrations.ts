import type { ConfigIssue, Destination, MintedSecret } from "../../ports/destination.ts";
import type { Random } from "../../ports/random.ts";
import type { TenantStore } from "../../ports/tenant-store.ts";
import type { Vault } from "../../ports/vault.ts";
import type { Integration, Vendor } from "../model/delivery.ts";
import type { Principal, SealedSecret } from "../model/tenant.ts";
import type { ShownPage } from "./list-events.ts";
import { nameFaults } from "./names.ts";
import { type AdminResult, failed, granted, invalid, isId, requireRole } from "./refusal.ts";

/** What stands for a secret in every answer, whatever its length. */
const mask = "••••";

/** An integration as it is shown: its secrets are there, unreadable. */
export interface ShownIntegration {
  readonly id: string;
  readonly project_id: string;
  readonly vendor: Vendor;
  readonly name: string;
  readonly enabled: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

/** An integration whose secret was made just now: this answer is the only one that holds it. */
export type IntegrationWithSecret = ShownIntegration & {
  readonly signing_secret?: string;
  readonly previous_secret_valid_until?: string;
};

/** An integration as answers show it. */
export function showIntegration(integration: Integration): ShownIntegration {
  const masked = Object.fromEntries(Object.keys(integration.sealedSecrets).map((name) => [name, mask]));
  const { id, projectId, vendor, name, enabled, config } = integration;
  return { id, project_id: projectId, vendor, name, enabled, config: { ...config, ...masked } };
}

/** Makes the use case that lists an organisation's integrations; viewers may. */
export function createListIntegrations(tenants: Pick<TenantStore, "integrations">) {
  return async function listIntegrations(by: Principal): Promise<AdminResult<ShownPage<ShownIntegration>>> {
    const found = await tenants.integrations(by.orgId);
    return found.ok ? granted({ items: found.value.map(showIntegration), next_cursor: null }) : failed(found.failure);
  };
}

export interface IntegrationChanges {
  readonly name?: string;
  readonly enabled?: boolean;
}

/**
 * Makes the use case that renames, disables or enables an integration; admins may.
 *
 * Nothing is sent by a disabled one; what waits for it waits on.
 */
export function createChangeIntegration(parts: {
  readonly tenants: Pick<TenantStore, "changeIntegration">;
  readonly forget: (orgId: string) => void;
}) {
  return async function changeIntegration(
    by: Principal,
    integrationId: string,
    changes: IntegrationChanges,
  ): Promise<AdminResult<ShownIntegration>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const faults = nameFaults(changes.name);
    if (faults.length > 0) return invalid(faults);
    const changed = await parts.tenants.changeIntegration(by, integrationId, changes);
    parts.forget(by.orgId);
    return changed.ok ? granted(showIntegration(changed.value)) : failed(changed.failure);
  };
}

/** What is asked for; secrets stand in `config` beside the rest. */
export interface IntegrationRequest {
  readonly project_id: string;
  readonly vendor: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface CreateIntegrationParts {
  readonly tenants: Pick<TenantStore, "createIntegration">;
  readonly destinations: ReadonlyMap<Vendor, Pick<Destination, "checkConfig" | "secretNames" | "mintedSecret">>;
  readonly vault: Vault;
  readonly random: Pick<Random, "uuidv7" | "token">;
}

/**
 * Makes the use case that connects a project to a vendor; admins may. Secrets are sealed before they are stored.
 *
 * Shape: a secret that is made here stands in this one answer, and in no other.
 */
export function createCreateIntegration(parts: CreateIntegrationParts) {
  return async function createIntegration(
    by: Principal,
    request: IntegrationRequest,
  ): Promise<AdminResult<IntegrationWithSecret>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const vendor = request.vendor as Vendor;
    const destination = parts.destinations.get(vendor);
    if (!destination) return invalid([unknownVendor([...parts.destinations.keys()])]);
    const issues = destination.checkConfig(request.config);
    if (issues.length > 0) return invalid(issues.map(configFault));
    if (!isId(request.project_id)) return invalid([projectFault]);
    const id = parts.random.uuidv7();
    const minted = mintSecret(destination.mintedSecret, parts.random);
    const given = { ...request.config, ...minted };
    const { config, sealedSecrets } = await sealSecrets(given, destination.secretNames, by.orgId, id);
    const { name = vendor, enabled = true } = request;
    const projectId = request.project_id.toLowerCase();
    const created = await parts.tenants.createIntegration(by, {
      id,
      projectId,
      vendor,
      name,
      enabled,
      config,
      sealedSecrets,
    });
    if (!created.ok) return failed(created.failure);
    const [secret] = Object.values(minted);
    return granted({ ...showIntegration(created.value), ...(secret ? { signing_secret: secret } : {}) });
  };

  async function sealSecrets(
    config: Readonly<Record<string, unknown>>,
    secretNames: readonly string[],
    orgId: string,
    id: string,
  ) {
    const open = { ...config };
    const sealedSecrets: Record<string, SealedSecret> = {};
    for (const column of secretNames) {
      const secret = open[column];
      delete open[column];
      if (typeof secret !== "string") continue;
      sealedSecrets[column] = await parts.vault.seal(secret, { orgId, table: "integrations", column, id });
    }
    return { config: open, sealedSecrets };
  }
}

const secretChars = 48;

/** The secret that a vendor's integrations get from here, under its name; none for the others. */
export function mintSecret(minted: MintedSecret | undefined, random: Pick<Random, "token">): Record<string, string> {
  return minted ? { [minted.name]: minted.prefix + random.token(secretChars) } : {};
}

/** A member's name is repeated only if it looks like one of ours: anything else may be a value in the wrong place. */
function configFault({ path, message }: ConfigIssue) {
  const shown = /^[a-z][a-z0-9_]{0,40}$/.test(path) ? `config.${path}` : "config[…]";
  return { path: shown, code: "invalid_config", message };
}

const projectFault = { path: "project_id", code: "invalid_id", message: "Send the project's id, a UUID." };

function unknownVendor(vendors: readonly string[]) {
  return { path: "vendor", code: "unknown_vendor", message: `Use one of: ${vendors.join(", ")}.` };
}
