import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { AccountStore } from "../../ports/account-store.ts";
import type { AttributionStore } from "../../ports/attribution-store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { EventTail } from "../../ports/event-tail.ts";
import type { Outbox } from "../../ports/outbox.ts";
import type { ScriptFaultStore } from "../../ports/script-fault-store.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type { SessionStore } from "../../ports/session-store.ts";
import type { TenantStore } from "../../ports/tenant-store.ts";
import type { TransformationStore } from "../../ports/transformation-store.ts";
import type { WorkspaceStore } from "../../ports/workspace-store.ts";
import { openAccountStore } from "./accounts/account-store.ts";
import { openAttributionStore } from "./attributions/attribution-store.ts";
import { checkRole } from "./connect/check-role.ts";
import { type DatabaseLogin, openPool } from "./connect/connection.ts";
import { createDamageNotice } from "./connect/damaged-indexes.ts";
import { createWorkNotice } from "./connect/work-notice.ts";
import { openDatabase } from "./database.ts";
import { openEventStore } from "./events/event-store.ts";
import { openEventTail } from "./events/event-tail.ts";
import { maintain, retentionDaysDefault } from "./events/maintenance.ts";
import { openSessionStore } from "./events/session-sweep.ts";
import { openOutbox } from "./outbox/outbox.ts";
import { openScriptFaultStore } from "./tenants/script-fault-store.ts";
import { openSecretStore } from "./tenants/secret-store.ts";
import { openTenantStore } from "./tenants/tenant-store.ts";
import { openTransformationStore } from "./tenants/transformation-store.ts";
import { openWorkspaceStore } from "./tenants/workspace-store.ts";

export interface PostgresSettings {
  /** Login of the role for one tenant's requests, `tidegate_admin`. */
  readonly admin: DatabaseLogin;
  /** Login of the role for the pipeline's batches, `tidegate_pipeline`. */
  readonly pipeline: DatabaseLogin;
  readonly clock: Clock;
  /** Connections per role, listeners not counted. */
  readonly connectionsMax?: number;
  readonly retentionDays?: number;
}

/** The store's ports over one database. */
export interface PostgresStore {
  readonly eventStore: EventStore;
  readonly outbox: Outbox;
  readonly attributionStore: AttributionStore;
  readonly sessionStore: SessionStore;
  readonly tenantStore: TenantStore;
  readonly transformationStore: TransformationStore;
  readonly eventTail: EventTail;
  readonly scriptFaultStore: ScriptFaultStore;
  readonly accountStore: AccountStore;
  readonly workspaceStore: WorkspaceStore;
  readonly secretStore: SecretStore;
  /** Partitions ahead, retention, windows: to be called at the start and then every hour. */
  maintain(): Promise<Result<void>>;
  close(): Promise<void>;
}

const connectionsMaxDefault = 8;

/** Why the store could not be opened, and what to do. */
export function storeFault(code: string): string {
  return `the database can't be used (${code}): ${nextSteps[code] ?? "look at its own log"}`;
}

const nextSteps: Readonly<Record<string, string>> = {
  role_unsafe:
    "tidegate_admin and tidegate_pipeline must own nothing and be no one's members, without SUPERUSER, BYPASSRLS and " +
    "CREATEROLE, or the walls between organisations would not hold for them",
  schema_missing: "its tables are not there; start Tidegate with a DATABASE_URL whose role may create them",
  store_unavailable: "it let the migrating role in, but not tidegate_admin or tidegate_pipeline; look at its own log",
};

/**
 * Opens the store as the application's two roles, and refuses roles that row-level security would not bind.
 *
 * Errors: `role_unsafe`, `schema_missing` (not migrated), `store_unavailable`.
 */
export async function openPostgres(settings: PostgresSettings): Promise<Result<PostgresStore>> {
  const { clock, connectionsMax = connectionsMaxDefault, retentionDays = retentionDaysDefault } = settings;
  const admin = openPool(settings.admin, "tidegate-admin", connectionsMax);
  const pipeline = openPool(settings.pipeline, "tidegate-pipeline", connectionsMax);
  createDamageNotice([pipeline, admin], clock);
  const endPools = async () => {
    await Promise.all([admin.end(), pipeline.end()]);
  };
  for (const pool of [admin, pipeline]) {
    const checked = await checkRole(pool);
    if (checked.ok) continue;
    await endPools();
    const { code, ...rest } = checked.failure;
    return fail(code, rest);
  }
  const db = openDatabase(admin);
  const notice = createWorkNotice(settings.pipeline, pipeline, clock);
  return succeed({
    eventStore: openEventStore(pipeline, db, notice.announce),
    outbox: openOutbox(pipeline, db, notice),
    attributionStore: openAttributionStore(pipeline, db, notice.createWaiter()),
    sessionStore: openSessionStore(pipeline, notice.announce),
    tenantStore: openTenantStore(db, settings.admin, clock),
    transformationStore: openTransformationStore(db),
    eventTail: openEventTail(db),
    scriptFaultStore: openScriptFaultStore(pipeline, db),
    accountStore: openAccountStore(db, clock),
    workspaceStore: openWorkspaceStore(db),
    secretStore: openSecretStore(admin, db),
    maintain: () => maintain(pipeline, clock.nowMs(), retentionDays),
    async close() {
      await notice.close();
      await endPools();
    },
  });
}
