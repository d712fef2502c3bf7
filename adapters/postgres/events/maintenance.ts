import type pg from "pg";
import type { Result } from "../../../domain/model/failure.ts";
import {
  dedupWindowDays,
  keptVersionBytesMax,
  keptVersionsMax,
  recentVersionDays,
} from "../../../domain/model/limits.ts";
import { attempt } from "../failure.ts";

export const retentionDaysDefault = 400;
export const retentionDaysMin = 30;
const partitionDaysAhead = 3;
/** A process that was down over a weekend may find records of days that have no partition yet. */
const partitionDaysBehind = 3;
/** Records outlast the dedup window, because a stream may show one again after a long outage. */
const recordDays = 30;
const keySlackDays = 1;
/** Of what changed, and of who logged in. */
const auditDays = 400;
const loginDays = 90;
const pruneRowsMax = 5_000;
const pruneStepsMax = 200;
const dayMs = 86_400_000;

/** Makes partitions for these days, UTC, both included; those there are stay as they are. */
export async function ensurePartitions(pool: pg.Pool, fromMs: number, toMs: number): Promise<void> {
  await pool.query("select ensure_event_partitions($1::date, $2::date)", [dayOf(fromMs), dayOf(toMs)]);
}

/** The day of a time in UTC, as Postgres reads it. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Keeps the store in shape: partitions for the days ahead, old ones dropped, windows that have passed forgotten.
 * To be called at the start and then every hour, by any number of processes.
 *
 * Units: days; fewer than `retentionDaysMin` count as that.
 */
export function maintain(pool: pg.Pool, nowMs: number, retentionDays: number): Promise<Result<void>> {
  return attempt(async () => {
    const keptDays = Math.max(retentionDaysMin, retentionDays);
    await ensurePartitions(pool, nowMs - partitionDaysBehind * dayMs, nowMs + partitionDaysAhead * dayMs);
    await pool.query("select drop_event_partitions($1)", [keptDays]);
    for (let step = 0; step < pruneStepsMax; step += 1) {
      const { rows } = await pool.query<{ more: boolean }>(
        `select prune(now() - make_interval(days => $1), now() - make_interval(days => $2),
          now() - make_interval(days => $3), $4) as more`,
        [recordDays, dedupWindowDays + keySlackDays, keptDays, pruneRowsMax],
      );
      if (!rows[0]?.more) break;
    }
    await pool.query("select prune_data_layer_versions(now() - make_interval(days => $1), $2, $3)", [
      recentVersionDays,
      keptVersionsMax,
      keptVersionBytesMax,
    ]);
    for (let step = 0; step < pruneStepsMax; step += 1) {
      const { rows } = await pool.query<{ more: boolean }>(
        "select prune_audit_log(now() - make_interval(days => $1), now() - make_interval(days => $2), $3) as more",
        [auditDays, loginDays, pruneRowsMax],
      );
      if (!rows[0]?.more) break;
    }
    for (const prune of ["prune_sessions", "prune_attributions"]) {
      for (let step = 0; step < pruneStepsMax; step += 1) {
        const text = `select ${prune}(now() - make_interval(days => $1), $2) as more`;
        const { rows } = await pool.query<{ more: boolean }>(text, [keptDays, pruneRowsMax]);
        if (!rows[0]?.more) break;
      }
    }
  });
}
