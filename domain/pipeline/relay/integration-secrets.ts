import type { SecretPlace, Vault } from "../../../ports/vault.ts";
import type { Integration } from "../../model/delivery.ts";
import { type Result, succeed } from "../../model/failure.ts";
import type { SealedSecret } from "../../model/tenant.ts";

type Place = Pick<Integration, "orgId" | "id">;

/** Where an integration's secret is sealed: part of what the vault authenticates. */
export function secretPlace(integration: Place, name: string): SecretPlace {
  return { orgId: integration.orgId, table: "integrations", column: name, id: integration.id };
}

/** Opens an integration's secrets. Errors: those of the vault, at the first that can't be opened. */
export async function openSecrets(
  vault: Pick<Vault, "open">,
  integration: Place,
  sealed: Readonly<Record<string, SealedSecret>>,
): Promise<Result<Record<string, string>>> {
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(sealed)) {
    const opened = await vault.open(value, secretPlace(integration, name));
    if (!opened.ok) return opened;
    secrets[name] = opened.value;
  }
  return succeed(secrets);
}

/** Seals secrets for their places. */
export async function sealSecrets(
  vault: Pick<Vault, "seal">,
  integration: Place,
  secrets: Readonly<Record<string, string>>,
): Promise<Record<string, SealedSecret>> {
  const sealed: Record<string, SealedSecret> = {};
  for (const [name, secret] of Object.entries(secrets)) {
    sealed[name] = await vault.seal(secret, secretPlace(integration, name));
  }
  return sealed;
}
