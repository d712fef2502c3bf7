import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { Random } from "../../../ports/random.ts";
import type { RetryNow } from "../../../ports/retry-now.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { SecretPlace, Vault } from "../../../ports/vault.ts";
import type { Integration, Vendor } from "../../model/delivery.ts";
import type { Principal, SealedSecret } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, invalid, refused, requireRole } from "../refusal.ts";
import { findIntegration } from "./find-integration.ts";
import { type IntegrationWithSecret, mintSecret, showIntegration } from "./integrations.ts";

export const secretOverlapHoursMax = 168;
const overlapHoursDefault = 24;
const hourMs = 3_600_000;

export interface RotateSecretParts {
  readonly tenants: Pick<TenantStore, "integrations" | "replaceIntegrationSecrets">;
  readonly destinations: ReadonlyMap<Vendor, Pick<Destination, "mintedSecret">>;
  readonly vault: Vault;
  readonly random: Pick<Random, "token">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly outbox: Pick<RetryNow, "retryNow">;
  readonly forget: (orgId: string) => void;
}

/**
 * Makes the use case that gives an integration another secret of our making; admins may.
 *
 * For `overlapHours` requests are signed with both, so that the receiver can change in its own time. What waits is
 * tried with the new one at once. Of two rotations at the same time one is refused: each says that its secret counts.
 */
export function createRotateIntegrationSecret(parts: RotateSecretParts) {
  return async function rotateIntegrationSecret(
    by: Principal,
    integrationId: string,
    overlapHours: number | undefined,
    expectedVersion: number | null,
  ): Promise<AdminResult<IntegrationWithSecret>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const found = await findIntegration(parts.tenants, by, integrationId);
    if (!found.ok) return found;
    const integration = found.value;
    if (expectedVersion !== null && expectedVersion !== integration.version) return refused("version_conflict");
    const minted = parts.destinations.get(integration.vendor)?.mintedSecret;
    if (!minted) return invalid([notOurs]);

    const hours = overlapHours ?? overlapHoursDefault;
    const made = mintSecret(minted, parts.random);
    const secret = made[minted.name] as string;
    const untilMs = parts.clock.nowMs() + hours * hourMs;
    const before = await openBefore(integration, minted.name);
    const sealedSecrets = {
      [minted.name]: await parts.vault.seal(secret, placeOf(integration, minted.name)),
      ...(before === null || hours === 0
        ? {}
        : {
            [minted.previousName]: await parts.vault.seal(
              `${untilMs}.${before}`,
              placeOf(integration, minted.previousName),
            ),
          }),
    };
    const replaced = await parts.tenants.replaceIntegrationSecrets(
      by,
      integration.id,
      sealedSecrets,
      integration.version,
    );
    parts.forget(by.orgId);
    if (!replaced.ok) return failed(replaced.failure);
    await parts.outbox.retryNow(replaced.value, parts.clock.nowMs());
    const until = hours === 0 ? {} : { previous_secret_valid_until: new Date(untilMs).toISOString() };
    return granted({ ...showIntegration(replaced.value), signing_secret: secret, ...until });
  };

  /** The secret until now; null where it can't be read, and then there is nothing to sign with beside the new one. */
  async function openBefore(integration: Integration, name: string): Promise<string | null> {
    const sealed: SealedSecret | undefined = integration.sealedSecrets[name];
    if (sealed === undefined) return null;
    const opened = await parts.vault.open(sealed, placeOf(integration, name));
    return opened.ok ? opened.value : null;
  }
}

function placeOf({ orgId, id }: Integration, column: string): SecretPlace {
  return { orgId, table: "integrations", column, id };
}

const notOurs = {
  path: "integration_id",
  code: "secret_not_ours",
  message: "Its secret is the vendor's own: make another there.",
};
