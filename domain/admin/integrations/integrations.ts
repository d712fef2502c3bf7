import type { Destination, MintedSecret } from "../../../ports/destination.ts";
import type { Random } from "../../../ports/random.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import type { Integration, Vendor } from "../../model/delivery.ts";
import type { Principal } from "../../model/tenant.ts";
import { sealSecrets } from "../../pipeline/relay/integration-secrets.ts";
import type { TrialGate } from "../data-layer/trial-gate.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime, nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, invalid, isId, requireRole } from "../refusal.ts";
import { checkCredentials } from "./check-credentials.ts";
import { findIntegration } from "./find-integration.ts";
import { configFault, personalFaults, splitConfig, vendorFault } from "./integration-config.ts";

/** What stands for a secret in every answer, whatever its length. */
const mask = "••••";

/** An integration as it is shown: its secrets are there, unreadable. */
export interface ShownIntegration {
  readonly id: string;
  readonly project_id: string;
  readonly vendor: Vendor;
  readonly name: string;
  readonly enabled: boolean;
  /** Null if it is not paused. */
  readonly paused_at: string | null;
  readonly version: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Words an integration for an answer. */
export function showIntegration(integration: Integration): ShownIntegration {
  const masked = Object.fromEntries(Object.keys(integration.sealedSecrets).map((name) => [name, mask]));
  const { id, projectId, vendor, name, enabled, pausedAtMs, version, config } = integration;
  return {
    ...{ id, project_id: projectId, vendor, name, enabled },
    paused_at: pausedAtMs === null ? null : isoTime(pausedAtMs),
    version,
    config: { ...config, ...masked },
  };
}

/** Makes the use case that lists an organisation's integrations; viewers may. */
export function createListIntegrations(tenants: Pick<TenantStore, "integrations">) {
  return async function listIntegrations(by: Principal): Promise<AdminResult<ShownPage<ShownIntegration>>> {
    const found = await tenants.integrations(by.orgId);
    return found.ok ? granted({ items: found.value.map(showIntegration), next_cursor: null }) : failed(found.failure);
  };
}

/** Makes the use case that shows one integration; viewers may. */
export function createShowIntegration(tenants: Pick<TenantStore, "integrations">) {
  return async function showOne(by: Principal, integrationId: string): Promise<AdminResult<ShownIntegration>> {
    const found = await findIntegration(tenants, by, integrationId);
    return found.ok ? granted(showIntegration(found.value)) : found;
  };
}

/** What is asked for; secrets stand in `config` beside the rest. */
export interface IntegrationRequest {
  readonly project_id: string;
  readonly vendor: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether to make it only if the vendor knows the credentials. */
  readonly check?: boolean;
}

export interface CreateIntegrationParts {
  readonly tenants: Pick<TenantStore, "createIntegration" | "hasProject">;
  readonly destinations: ReadonlyMap<
    Vendor,
    Pick<Destination, "checkConfig" | "secretNames" | "mintedSecret" | "send">
  >;
  readonly vault: Vault;
  readonly random: Pick<Random, "uuidv7" | "token">;
  /** Bounds how many calls to vendors an organisation may have under way. */
  readonly gate: TrialGate;
}

/** An integration whose secret was made just now: this answer is the only one that holds it. */
export type IntegrationWithSecret = ShownIntegration & {
  readonly signing_secret?: string;
  readonly previous_secret_valid_until?: string;
};

/**
 * Makes the use case that connects a project to a vendor; admins may. Secrets are sealed before they are stored.
 *
 * Shape: a secret that is made here stands in this one answer, and in no other.
 */
export function createCreateIntegration(parts: CreateIntegrationParts) {
  const { tenants, destinations, vault, random, gate } = parts;

  async function isOwnProject(by: Principal, projectId: string): Promise<AdminResult<null>> {
    const own = await tenants.hasProject(by.orgId, projectId);
    if (!own.ok) return failed(own.failure);
    return own.value ? granted(null) : failed({ code: "not_found", retry: "never", effect: "none" });
  }

  return async function createIntegration(
    by: Principal,
    request: IntegrationRequest,
  ): Promise<AdminResult<IntegrationWithSecret>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const faults = nameFaults(request.name);
    if (faults.length > 0) return invalid(faults);
    const vendor = request.vendor as Vendor;
    const destination = destinations.get(vendor);
    if (!destination) return invalid([vendorFault([...destinations.keys()])]);
    const issues = destination.checkConfig(request.config);
    const personal = personalFaults(request.config, destination.secretNames);
    if (issues.length > 0 || personal.length > 0) return invalid([...issues.map(configFault), ...personal]);
    if (!isId(request.project_id)) return invalid([projectFault]);
    const minted = mintSecret(destination.mintedSecret, random);
    const { open: config, secrets } = splitConfig({ ...request.config, ...minted }, destination.secretNames);
    const { name = vendor, enabled = true } = request;
    const place = { id: random.uuidv7(), orgId: by.orgId };
    const wanted = { id: place.id, projectId: request.project_id.toLowerCase(), vendor, name, enabled, config };
    if (request.check) {
      const own = await isOwnProject(by, wanted.projectId);
      if (!own.ok) return own;
      const draft = { ...wanted, orgId: by.orgId, pausedAtMs: null, version: 1, sealedSecrets: {} };
      const checked = await gate(by.orgId, () => checkCredentials(destination, draft, secrets));
      if (!checked.ok) return checked;
    }
    const sealedSecrets = await sealSecrets(vault, place, secrets);
    const created = await tenants.createIntegration(by, { ...wanted, sealedSecrets });
    if (!created.ok) return failed(created.failure);
    const [secret] = Object.values(minted);
    return granted({ ...showIntegration(created.value), ...(secret ? { signing_secret: secret } : {}) });
  };
}

const projectFault = { path: "project_id", code: "invalid_id", message: "Send the project's id, a UUID." };

const secretChars = 48;

/** The secret that a vendor's integrations get from here, under its name; none for the others. */
export function mintSecret(minted: MintedSecret | undefined, random: Pick<Random, "token">): Record<string, string> {
  return minted ? { [minted.name]: minted.prefix + random.token(secretChars) } : {};
}
