import type pg from "pg";
import type { Result } from "../../../domain/model/failure.ts";
import type { StorePosition } from "../../../domain/model/store-position.ts";
import { attempt } from "../failure.ts";

/** Places in the log as bytes. The log's timeline is the first part of its file's name. */
const positionText = `
  select s.system_identifier::text as system, c.timeline_id as timeline,
    pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::text as flushed,
    pg_wal_lsn_diff(c.checkpoint_lsn, '0/0')::text as checkpoint,
    floor(extract(epoch from pg_postmaster_start_time()) * 1000)::text as started
  from pg_control_system() s, pg_control_checkpoint() c`;

interface PositionRow {
  readonly system: string;
  readonly timeline: number;
  readonly flushed: string;
  readonly checkpoint: string;
  readonly started: string;
}

/** How far the database's log is on disk. */
export function readStorePosition(pool: pg.Pool): Promise<Result<StorePosition>> {
  return attempt(async () => {
    const { rows } = await pool.query<PositionRow>(positionText);
    const { system, timeline, flushed, checkpoint, started } = rows[0] as PositionRow;
    return {
      system,
      timeline,
      flushed: BigInt(flushed),
      checkpoint: BigInt(checkpoint),
      startedMs: Number(started),
    };
  });
}

/** When the newest record was received that the database has. */
export function readNewestRecord(pool: pg.Pool): Promise<Result<number | null>> {
  return attempt(async () => {
    const { rows } = await pool.query<{ at: number | null }>("select newest_record_at() as at");
    return rows[0]?.at ?? null;
  });
}
