import { newTenant } from "../../contracts/tenants.ts";
import { benchConditions } from "../kernel-program.ts";
import type { Sender } from "./generator-messages.ts";
import type { Server } from "./server.ts";

/** What the organisations of a run have set up: rules, two paths of personal data and, if asked for, a script. */
export function dataLayerOf({ rules, customJs }: { readonly rules: number; readonly customJs: boolean }) {
  return {
    pii_rules: { enabled: true, hash_fields: ["traits.first_name"], redact_fields: ["properties.internal_note"] },
    routing_rules: benchConditions(rules).map((condition) => ({ condition, action: "drop" })),
    ...(customJs ? { custom_js: { enabled: true, code: script } } : {}),
  };
}

const script = `function process(event) {
  if (event.properties && event.properties.revenue > 100) event.properties.is_large = true;
  return event;
}`;

/** The organisation that the first start made. */
export function firstSender(server: Server): Sender {
  const { write_key: writeKey, app_id: appId, signing_secret: signingSecret } = server.credentials;
  return { writeKey, appId, signingSecret };
}

/**
 * Adds organisations, straight to the tables: there is no other way to have a thousand. They have the first one's data
 * layer as it is now, and can't sign.
 */
export async function addOrganizations(server: Server, count: number): Promise<{ orgId: string; sender: Sender }[]> {
  const first = server.credentials.org_id;
  const made = Array.from({ length: count }, (_, at) => newTenant(`Bench ${at}`));
  const insert = (text: string, rows: readonly (readonly unknown[])[]) => {
    const columns = (rows[0] as readonly unknown[]).map((_, column) => rows.map((row) => row[column]));
    return server.query(text, columns);
  };
  await insert(
    "insert into tidegate.organizations (org_id, name) select * from unnest($1::uuid[], $2::text[])",
    made.map(({ orgId, orgName }) => [orgId, orgName]),
  );
  await insert(
    `insert into tidegate.members (org_id, member_id, name, role)
    select *, 'owner' from unnest($1::uuid[], $2::uuid[], $3::text[])`,
    made.map(({ orgId, ownerId, ownerName }) => [orgId, ownerId, ownerName]),
  );
  await insert(
    `insert into tidegate.projects (org_id, project_id, name)
    select * from unnest($1::uuid[], $2::uuid[], $3::text[])`,
    made.map(({ orgId, projectId, projectName }) => [orgId, projectId, projectName]),
  );
  await insert(
    `insert into tidegate.sources (org_id, source_id, project_id, name, kind, write_key, app_id, sealed_signing_secret)
    select o, s, p, 'Bench', 'server', w, a, 'none'
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) as n (o, s, p, w, a)`,
    made.map(({ orgId, sourceId, projectId, writeKey, appId }) => [orgId, sourceId, projectId, writeKey, appId]),
  );
  await insert(
    `insert into tidegate.data_layer_versions (org_id, version, config, updated_by)
    select o, 1, first.config, m
    from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as n (o, m, f)
    cross join lateral (
      select config from tidegate.data_layer_versions where org_id = f order by version desc limit 1
    ) first`,
    made.map(({ orgId, ownerId }) => [orgId, ownerId, first]),
  );
  return made.map(({ orgId, writeKey, appId }) => ({ orgId, sender: { writeKey, appId, signingSecret: "" } }));
}
