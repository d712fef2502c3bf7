import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { AttributionStep } from "../../../domain/model/attribution.ts";
import type { SealedSecret } from "../../../domain/model/tenant.ts";
import type { AttributionClaim, AttributionStore, ClaimedToken } from "../../../ports/attribution-store.ts";
import { setTenants, withTenants } from "../tenant-scope.ts";

type Bounds = Parameters<AttributionStore["claim"]>[0];

/** One organisation's share of a claim, however many there are. */
const orgTokensMin = 2;

const claimText = `
  select * from claim_attributions($1, to_timestamp($2::float8 / 1000.0), to_timestamp($3::float8 / 1000.0), $4, $5)`;

const claimedText = `
  select a.attribution_id, a.org_id, a.token_sha256, a.sealed_token, a.attempts, a.not_found, a.expires_at,
    a.received_at, coalesce('denied' in (cu.advertising, ca.advertising), false) as denied
  from attributions a
  left join consents cu on cu.org_id = a.org_id and cu.project_id = a.project_id
    and cu.id_kind = 'user' and cu.visitor_id = a.user_id
  left join consents ca on ca.org_id = a.org_id and ca.project_id = a.project_id
    and ca.id_kind = 'anonymous' and ca.visitor_id = a.anonymous_id
  where (a.org_id, a.attribution_id) in (select * from unnest($1::uuid[], $2::uuid[])) and a.claim_id = $3
  order by a.received_at, a.attribution_id`;

interface ClaimedRow {
  readonly attribution_id: string;
  readonly org_id: string;
  readonly token_sha256: string;
  readonly sealed_token: SealedSecret;
  readonly attempts: number;
  readonly not_found: number;
  readonly expires_at: number;
  readonly received_at: number;
  readonly denied: boolean;
}

/** Leases due tokens in one transaction. */
export async function claimTokens(pool: pg.Pool, { tokensMax, leaseMs, nowMs }: Bounds): Promise<AttributionClaim> {
  const id = randomUUID();
  const leaseUntilMs = nowMs + leaseMs;
  const tokens = await withTenants(pool, [], async (client) => {
    const values = [id, nowMs, leaseUntilMs, tokensMax, orgTokensMin];
    const { rows: leased } = await client.query<{ org_id: string; attribution_id: string }>(claimText, values);
    if (leased.length === 0) return [];
    const orgIds = leased.map((row) => row.org_id);
    await setTenants(client, orgIds);
    const ids = leased.map((row) => row.attribution_id);
    return (await client.query<ClaimedRow>(claimedText, [orgIds, ids, id])).rows.map(tokenOf);
  });
  return { id, tokens, leaseUntilMs };
}

function tokenOf(row: ClaimedRow): ClaimedToken {
  return {
    id: row.attribution_id,
    orgId: row.org_id,
    sha256: row.token_sha256,
    sealed: row.sealed_token,
    attempts: row.attempts,
    notFound: row.not_found,
    expiresAtMs: row.expires_at,
    receivedAtMs: row.received_at,
    isDenied: row.denied,
  };
}

const settleText = `
  update attributions a
  set state = n.state, code = n.code, attempts = n.attempts, not_found = n.not_found, development = n.development,
    campaign = n.campaign, due_at = to_timestamp(n.due / 1000.0), claim_id = null,
    sealed_token = case when n.due is not null then a.sealed_token end,
    settled_at = case when n.due is null then to_timestamp($2::float8 / 1000.0) end
  from jsonb_to_recordset($1) as n (org uuid, id uuid, state text, code text, attempts integer, not_found integer,
    development boolean, campaign jsonb, due double precision)
  where a.org_id = n.org and a.attribution_id = n.id and a.claim_id = $3 and a.state = 'pending'`;

/** Writes what became of a claim's tokens; those another claim has by now are left alone. */
export async function settleTokens(
  pool: pg.Pool,
  claim: AttributionClaim,
  steps: ReadonlyMap<string, AttributionStep>,
  nowMs: number,
): Promise<void> {
  const rows = claim.tokens.flatMap(({ id, orgId }) => {
    const step = steps.get(id);
    if (!step) return [];
    const { state, code, attempts, notFound, development, campaign, dueAtMs } = step;
    return [{ org: orgId, id, state, code, attempts, not_found: notFound, development, campaign, due: dueAtMs }];
  });
  if (rows.length === 0) return;
  const orgIds = rows.map(({ org }) => org);
  await withTenants(pool, orgIds, (client) => client.query(settleText, [JSON.stringify(rows), nowMs, claim.id]));
}
