import type pg from "pg";
import { tokenLifeMs } from "../../../domain/model/attribution.ts";
import { visitorOf } from "../../../domain/model/session.ts";
import { uuidOf } from "./session-events.ts";
import type { Arrival } from "./store-events.ts";

const insertText = `
  insert into attributions (
    org_id, attribution_id, project_id, source_id, app_id, event_id, visitor_id, anonymous_id, user_id, token_sha256,
    sealed_token, state, code, made_at, expires_at, received_at, due_at, settled_at
  )
  select org, id, project, source, app, event, visitor, anonymous, "user", sha256,
    case when not denied then sealed end, case when denied then 'failed' else 'pending' end,
    case when denied then 'consent_denied' end, to_timestamp(made / 1000.0), to_timestamp((made + $12) / 1000.0),
    to_timestamp(received / 1000.0), case when not denied then to_timestamp(received / 1000.0) end,
    case when denied then to_timestamp(received / 1000.0) end
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::bool[], $13::float8[], $14::float8[], $15::text[])
    as n (org, id, project, source, app, event, anonymous, "user", sha256, sealed, denied, made, received, visitor)
  order by org, sha256 collate "C", project
  on conflict (org_id, token_sha256, project_id) do nothing`;

/**
 * Keeps the tokens that events brought, each once. Who denies advertising is not asked about, which the row says.
 *
 * Shape: true if there may be work.
 */
export async function insertAttributions(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<boolean> {
  const tokens = arrivals.flatMap(({ record, event }) => {
    const { attributionToken: token } = event;
    return token === undefined ? [] : [{ record, event, token }];
  });
  if (tokens.length === 0) return false;
  const { rowCount } = await client.query(insertText, [
    tokens.map(({ record }) => record.orgId),
    tokens.map(({ record, token }) => uuidOf("attribution", record.orgId, record.projectId, token.sha256)),
    tokens.map(({ record }) => record.projectId),
    tokens.map(({ record }) => record.sourceId),
    tokens.map(({ record }) => record.appId),
    tokens.map(({ event }) => event.id),
    tokens.map(({ event }) => event.anonymousId),
    tokens.map(({ event }) => event.userId),
    tokens.map(({ token }) => token.sha256),
    tokens.map(({ token }) => token.sealed),
    tokens.map(({ event }) => event.advertising === "denied"),
    tokenLifeMs,
    tokens.map(({ event }) => event.timestampMs),
    tokens.map(({ record }) => record.receivedAtMs),
    tokens.map(({ event }) => visitorOf(event)),
  ]);
  return (rowCount ?? 0) > 0;
}
