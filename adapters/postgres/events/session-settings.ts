import type pg from "pg";
import { type SessionSettings, sessionSettingsOf } from "../../../domain/model/session.ts";
import type { Arrival } from "./store-events.ts";

/** What each event's own version of its data layer says of sessions. Null if there is no such version. */
export type SettingsOf = (arrival: Arrival) => SessionSettings | null;

/** Reads versions of data layers as they are needed; they never change, so that each is read once. */
export interface SettingsReader {
  read(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<SettingsOf>;
}

const versionsMax = 10_000;

const readText = `
  select org_id, version, config -> 'session' as session from data_layer_versions
  where (org_id, version) in (select * from unnest($1::uuid[], $2::int[]))`;

function keyOf(orgId: string, version: number): string {
  return `${orgId} ${version}`;
}

/** Makes a reader that remembers up to 10,000 versions. */
export function createSettingsReader(): SettingsReader {
  const known = new Map<string, SessionSettings>();

  async function read(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<SettingsOf> {
    const records = new Map(arrivals.map(({ record }) => [keyOf(record.orgId, record.dataLayerVersion), record]));
    const missing = [...records].filter(([key]) => !known.has(key)).map(([, record]) => record);
    const found = new Map([...records.keys()].map((key) => [key, known.get(key) ?? null]));
    if (missing.length > 0) {
      const values = [missing.map((record) => record.orgId), missing.map((record) => record.dataLayerVersion)];
      const { rows } = await client.query(readText, values);
      if (known.size + rows.length > versionsMax) known.clear();
      for (const { org_id, version, session } of rows) {
        const settings = sessionSettingsOf(session);
        found.set(keyOf(org_id, version), settings);
        known.set(keyOf(org_id, version), settings);
      }
    }
    return ({ record }) => found.get(keyOf(record.orgId, record.dataLayerVersion)) ?? null;
  }

  return { read };
}
