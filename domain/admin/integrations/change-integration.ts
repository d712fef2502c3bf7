import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { RetryNow } from "../../../ports/retry-now.ts";
import type { IntegrationChange, TenantStore } from "../../../ports/tenant-store.ts";
import type { Vault } from "../../../ports/vault.ts";
import type { Integration, Vendor } from "../../model/delivery.ts";
import { succeed } from "../../model/failure.ts";
import type { Principal } from "../../model/tenant.ts";
import { openSecrets, sealSecrets } from "../../pipeline/relay/integration-secrets.ts";
import type { TrialGate } from "../data-layer/trial-gate.ts";
import { nameFaults } from "../names.ts";
import { given } from "../query-filters.ts";
import { type AdminResult, failed, granted, invalid, refused, requireRole } from "../refusal.ts";
import { checkCredentials } from "./check-credentials.ts";
import { findIntegration } from "./find-integration.ts";
import { configFault, mergeConfig, personalFaults, splitConfig, vendorFault } from "./integration-config.ts";
import { type ShownIntegration, showIntegration } from "./integrations.ts";

/** What is to change; what is left out stays. */
export interface IntegrationChanges {
  readonly name?: string;
  readonly enabled?: boolean;
  /** A paused one is sent nothing, but goes on collecting: its events wait, and grow old. */
  readonly paused?: boolean;
  /** Laid over what there is; null takes a member away. A secret among them replaces the one before. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whether to change it only if the vendor knows the credentials. */
  readonly check?: boolean;
}

type ConfigDestination = Pick<Destination, "checkConfig" | "secretNames" | "mintedSecret" | "send">;

export interface ChangeIntegrationParts {
  readonly tenants: Pick<TenantStore, "integrations" | "changeIntegration">;
  readonly destinations: ReadonlyMap<Vendor, ConfigDestination>;
  readonly vault: Vault;
  readonly outbox: Pick<RetryNow, "retryNow">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly gate: TrialGate;
  /** Makes this process read an organisation's configuration anew. */
  readonly forget: (orgId: string) => void;
}

interface Draft {
  readonly integration: Integration;
  /** Every secret, opened. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Makes the use case that renames, enables, disables, pauses, resumes or configures an integration; admins may.
 *
 * It is at work with the relay's next claim. Nothing is queued for a disabled one; for a paused one everything is.
 * What waits behind a circuit is tried at once when the configuration is another, or the vendor was asked and said yes.
 */
export function createChangeIntegration(parts: ChangeIntegrationParts) {
  const { tenants, destinations, vault, outbox, clock, gate, forget } = parts;

  /** The integration as it would be, its secrets opened and those that are new sealed. */
  async function draftOf(
    before: Integration,
    destination: ConfigDestination,
    changes: Readonly<Record<string, unknown>>,
  ): Promise<AdminResult<Draft>> {
    // A secret of our own making is no member of the configuration: it stays, and is not checked.
    const { name: ownName, previousName } = destination.mintedSecret ?? {};
    const isOurs = ([name]: readonly [string, unknown]) => name === ownName || name === previousName;
    const kept = Object.fromEntries(
      Object.entries(before.sealedSecrets).filter((entry) => isOurs(entry) || !(entry[0] in changes)),
    );
    const opened = await openSecrets(vault, before, kept);
    if (!opened.ok) return failed(opened.failure);
    const given = Object.fromEntries(Object.entries(opened.value).filter((entry) => !isOurs(entry)));
    const merged = mergeConfig({ ...before.config, ...given }, changes);
    const issues = destination.checkConfig(merged);
    const personal = personalFaults(merged, destination.secretNames);
    if (issues.length > 0 || personal.length > 0) return invalid([...issues.map(configFault), ...personal]);
    const { open: config, secrets } = splitConfig(merged, destination.secretNames);
    const fresh = Object.fromEntries(Object.entries(secrets).filter(([name]) => name in changes));
    const sealedSecrets = { ...kept, ...(await sealSecrets(vault, before, fresh)) };
    return granted({
      integration: { ...before, config, sealedSecrets },
      secrets: { ...opened.value, ...secrets },
    });
  }

  async function configured(before: Integration, { config, check }: IntegrationChanges): Promise<AdminResult<object>> {
    if (config === undefined && !check) return granted({});
    const destination = destinations.get(before.vendor);
    if (!destination) return invalid([vendorFault([...destinations.keys()])]);
    const draft = await draftOf(before, destination, config ?? {});
    if (!draft.ok) return draft;
    const { integration, secrets } = draft.value;
    if (check) {
      const checked = await gate(before.orgId, () => checkCredentials(destination, integration, secrets));
      if (!checked.ok) return checked;
    }
    return granted(
      config === undefined ? {} : { config: integration.config, sealedSecrets: integration.sealedSecrets },
    );
  }

  return async function changeIntegration(
    by: Principal,
    integrationId: string,
    changes: IntegrationChanges,
    expectedVersion: number | null,
  ): Promise<AdminResult<ShownIntegration>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const faults = nameFaults(changes.name);
    if (faults.length > 0) return invalid(faults);
    const found = await findIntegration(tenants, by, integrationId);
    if (!found.ok) return found;
    const before = found.value;
    if (expectedVersion !== null && expectedVersion !== before.version) return refused("version_conflict");
    const config = await configured(before, changes);
    if (!config.ok) return config;
    const { name, enabled, paused } = changes;
    const change: IntegrationChange = { ...given({ name, enabled, paused }), ...config.value };
    const isMerged = changes.config !== undefined;
    const changed =
      Object.keys(change).length === 0
        ? succeed(before)
        : await tenants.changeIntegration(by, before.id, change, isMerged ? before.version : expectedVersion);
    forget(by.orgId);
    if (!changed.ok) return failed(changed.failure);
    // The change is made. Where this fails the relay finds out by itself, a few minutes later.
    if (isMerged || changes.check) await outbox.retryNow(changed.value, clock.nowMs());
    return granted(showIntegration(changed.value));
  };
}
