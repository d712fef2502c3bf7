import { type Kysely, sql } from "kysely";
import type { Clock } from "../../../ports/clock.ts";
import type { ChangeWatch, TenantChange } from "../../../ports/tenant-store.ts";
import { changesChannel } from "../audit.ts";
import type { DatabaseLogin } from "../connect/connection.ts";
import { openListener } from "../connect/listener.ts";
import type { Database } from "../database.ts";

/** A change is dated by the start of its transaction, which may lie before the silence that hid its commit. */
const longestChangeSeconds = 60;

/** Hears of committed changes; after a silence it asks for the organisations that changed in the meantime. */
export function watchChanges(
  db: Kysely<Database>,
  login: DatabaseLogin,
  clock: Clock,
  changed: (change: TenantChange) => void,
): Promise<ChangeWatch> {
  return openListener({
    login,
    channel: changesChannel,
    clock,
    heard: (orgId) => changed({ orgId }),
    async missed(silentMs) {
      const seconds = silentMs / 1000 + longestChangeSeconds;
      const missed = await sql<{ org_id: string }>`select org_id from organizations_changed_within(${seconds})`.execute(
        db,
      );
      for (const row of missed.rows) changed({ orgId: row.org_id });
    },
  });
}
