import { createHash } from "node:crypto";
import { join } from "node:path";
import { createPrepareCredentials } from "../../domain/admin/workspace/first-credentials.ts";
import { type FirstCredentials, firstCredentialNames } from "../../domain/admin/workspace/first-tenant.ts";
import { createTryVault } from "../../domain/admin/workspace/rotate-vault.ts";
import { isClockPlausible } from "../../domain/pipeline/ingest/clock-plausible.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Vault } from "../../ports/vault.ts";
import { type Config, ConfigError, credentialsPath } from "../config.ts";
import type { PostgresStore } from "../postgres/open.ts";
import { readSecretFile, writeSecretFile } from "../system/secret-file.ts";

/** What the first start, and the check of every later one, needs. */
export interface FirstTenantParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly vault: Vault;
  readonly postgres: PostgresStore;
}

/** There are an organisation and a file with keys that work. */
export async function prepareFirstTenant({ config, postgres, vault, random, clock, telemetry }: FirstTenantParts) {
  const path = credentialsPath(config);
  const { tenantStore: tenants, accountStore: accounts, workspaceStore: workspace } = postgres;
  const file = {
    read: () => readSecretFile<FirstCredentials>(path, firstCredentialNames),
    write: (keys: FirstCredentials) => writeSecretFile(path, keys),
  };
  const parts = { tenants, accounts, workspace, vault, random, clock, sha256Hex, file };
  const prepared = await createPrepareCredentials(parts)();
  const kept = prepared.ok ? null : keptBesideDamage(prepared.failure.code, file.read());
  if (kept !== null) {
    telemetry.log("error", "the keys in credentials.json could not be tried: a page of the database is damaged");
    return { keys: kept, isFirstStart: false, dead: [] };
  }
  if (!prepared.ok) throw new ConfigError(`the first organisation's keys can't be had: ${prepared.failure.code}`);
  const { keys, how, dead } = prepared.value;
  if (how === "recovered") {
    telemetry.log(
      "warn",
      "credentials.json was gone: a new one holds another token of the owner's; older ones still work",
    );
  }
  if (how === "stale") telemetry.log("error", staleCredentials(path, dead));
  if (!isClockPlausible(clock.nowMs())) {
    telemetry.log("error", "the machine's clock can't be right: events are refused until it is set");
  }
  const opens = await createTryVault({ vault, secrets: postgres.secretStore })();
  if (opens.ok && !opens.value) {
    const put = config.vaultKey === null ? join(config.secretsDir, "vault.key") : "TIDEGATE_VAULT_KEY";
    telemetry.log("error", `the vault's keys open none of the credentials kept here: put back the ${put} they have`);
  }
  return { keys, isFirstStart: how === "created", dead };
}

/** The file's own keys where damage of the database keeps them from being tried: what is whole goes on being served. */
function keptBesideDamage(code: string, keys: FirstCredentials | null): FirstCredentials | null {
  return code.startsWith("store_damaged") ? keys : null;
}

/** Keys of a file that open nothing: they were revoked, or the file is another installation's. */
function staleCredentials(path: string, dead: readonly string[]): string {
  return (
    `${path}: nothing here opens with ${dead.join(" and ")}: revoked, or the file is another installation's; ` +
    "put the right one back, or move it away and start again to have one made"
  );
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
