import type pg from "pg";
import type { Consent } from "../../domain/model/event.ts";
import type { IdentityBlock, Sha256Hex } from "../../domain/model/identity.ts";
import { joinableId } from "../../domain/model/placeholder-id.ts";

/** Whom an event is about, by ids that name somebody. */
export interface Person {
  readonly orgId: string;
  readonly projectId: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

/** What is known of a person beside what an event says. */
export interface Known extends IdentityBlock {
  readonly words: readonly (Consent | null)[];
}

export const nothingKnown: Known = { emailSha256: null, phoneSha256: null, phoneE164Sha256: null, words: [] };

interface KnownRow {
  readonly n: number;
  readonly email_sha256: Sha256Hex | null;
  readonly phone_sha256: Sha256Hex | null;
  readonly phone_e164_sha256: Sha256Hex | null;
  readonly user_advertising: Consent | null;
  readonly visitor_advertising: Consent | null;
}

/**
 * An event that names a user takes hashes from that user only: others may share the device. Consent is stricter:
 * either id may deny. Each look-up is lateral and ends at one row, so that the planner takes the whole key from the
 * index: under row-level security a join may read every visitor there is.
 */
export const peopleText = `
  select p.n, i.email_sha256, i.phone_sha256, i.phone_e164_sha256,
    cu.advertising as user_advertising, ca.advertising as visitor_advertising
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    as p (n, org_id, project_id, user_id, anonymous_id)
  left join lateral (
    select * from identities i where i.org_id = p.org_id and i.project_id = p.project_id
      and i.id_kind = case when p.user_id is null then 'anonymous' else 'user' end
      and i.visitor_id = case when p.user_id is null then p.anonymous_id else p.user_id end
    limit 1
  ) i on true
  left join lateral (
    select * from consents cu where cu.org_id = p.org_id and cu.project_id = p.project_id
      and cu.id_kind = 'user' and cu.visitor_id = p.user_id
    limit 1
  ) cu on true
  left join lateral (
    select * from consents ca where ca.org_id = p.org_id and ca.project_id = p.project_id
      and ca.id_kind = 'anonymous' and ca.visitor_id = p.anonymous_id
    limit 1
  ) ca on true`;

interface NamingRow {
  readonly org_id: string;
  readonly project_id: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
}

/** What is known of the people behind stored events, in one query. Shape: one per row, in order. */
export async function readPeople(client: pg.PoolClient, rows: readonly NamingRow[]): Promise<Known[]> {
  const numbers = new Map<string, number>();
  const people: Person[] = [];
  const ofRow = rows.map((row) => {
    const person = personOf(row);
    if (person.userId === null && person.anonymousId === null) return -1;
    const key = JSON.stringify([person.projectId, person.userId, person.anonymousId]);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, people.length);
    people.push(person);
    return people.length - 1;
  });
  const known = await readKnown(client, people);
  return ofRow.map((n) => known.get(n) ?? nothingKnown);
}

async function readKnown(client: pg.PoolClient, people: readonly Person[]): Promise<Map<number, Known>> {
  if (people.length === 0) return new Map();
  const { rows } = await client.query<KnownRow>(peopleText, [
    people.map((_, n) => n),
    people.map(({ orgId }) => orgId),
    people.map(({ projectId }) => projectId),
    people.map(({ userId }) => userId),
    people.map(({ anonymousId }) => anonymousId),
  ]);
  return new Map(
    rows.map((row) => [
      row.n,
      {
        emailSha256: row.email_sha256,
        phoneSha256: row.phone_sha256,
        phoneE164Sha256: row.phone_e164_sha256,
        words: [row.user_advertising, row.visitor_advertising],
      },
    ]),
  );
}

function personOf(row: NamingRow): Person {
  const [userId, anonymousId] = [joinableId(row.user_id), joinableId(row.anonymous_id)];
  return { orgId: row.org_id, projectId: row.project_id, userId, anonymousId };
}
