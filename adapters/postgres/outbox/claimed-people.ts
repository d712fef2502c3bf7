import type pg from "pg";
import type { Consent } from "../../../domain/model/event/event.ts";
import type { IdentityBlock } from "../../../domain/model/identity/identity.ts";
import { joinableId } from "../../../domain/model/identity/placeholder-id.ts";
import { hashRows, type KnownRow, wordOf } from "../events/known-people.ts";

/** Whom an event is about, by ids that name somebody. */
export interface Person {
  readonly orgId: string;
  readonly projectId: string;
  readonly userId: string | null;
  readonly anonymousId: string | null;
}

/** What is known of a person beside what an event says. */
export interface Known extends IdentityBlock {
  readonly advertising: Consent;
}

export const nothingKnown: Known = {
  ...{ emailSha256: null, phoneSha256: null, phoneE164Sha256: null },
  advertising: "unknown",
};

/** So many ids joined into a user are looked at, those of alias calls first, then the latest. */
const joinedMax = 6;
const stepsMax = 3;
/** A visitor with more other users is shared, whatever alias calls say: nobody makes a claim look further. */
const othersMax = 8;

const isSame = (alias: string, other: string) =>
  `${alias}.org_id = ${other}.org_id and ${alias}.project_id = ${other}.project_id`;

/**
 * What is known under the ids of people, and under those that were joined with them.
 *
 * `people`: who is asked for, with the only user that a visitor was seen with where an event names none. `reached`:
 * that user, and the ids joined into it, over a few steps. `heirs`: users whom an event's own ids were joined into.
 * Each look-up is lateral and bounded, so that the planner takes the whole key from the index: under row-level security
 * a join may read every visitor there is.
 */
export const peopleText = `
  with recursive asked as materialized (
    select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
      as p (n, org_id, project_id, user_id, anonymous_id)
  ), people as materialized (
    select p.*, coalesce(p.user_id, s.user_id) as base_id
    from asked p
    left join lateral (
      select min(l.user_id) as user_id from (
        select l.user_id, l.kind from identity_links l
        where ${isSame("l", "p")} and l.id_kind = 'anonymous' and l.visitor_id = p.anonymous_id
          and p.user_id is null
        limit 3
      ) l
      having count(distinct l.user_id) = 1 and bool_or(l.kind = 'seen')
    ) s on true
  ), reached as (
    select n, org_id, project_id, 'user'::text as id_kind, base_id as visitor_id, 0 as depth, null::text as kind,
      null::text collate "C" as into_id
    from people where base_id is not null
    union all
    select r.n, r.org_id, r.project_id, l.id_kind, l.visitor_id, r.depth + 1, l.kind, r.visitor_id
    from reached r
    cross join lateral (
      select l.id_kind, l.visitor_id, l.kind from identity_links l
      where ${isSame("l", "r")} and l.user_id = r.visitor_id
      order by l.kind, l.seen_at desc limit ${joinedMax}
    ) l
    where r.id_kind = 'user' and r.depth < ${stepsMax}
  ), sources as (
    select n, org_id, project_id, 'own' as role, 0 as depth, null::text as kind, 'anonymous' as id_kind,
      anonymous_id as visitor_id, base_id as into_id
    from people where anonymous_id is not null
    union all
    select n, org_id, project_id, case when depth = 0 then 'user' else 'joined' end, depth, kind, id_kind, visitor_id,
      into_id
    from reached
    union all
    select p.n, p.org_id, p.project_id, 'heir', 1, 'alias', 'user', l.user_id, null
    from people p
    cross join lateral (
      (select l.user_id from identity_links l
        where ${isSame("l", "p")} and l.id_kind = 'user' and l.visitor_id = p.user_id limit ${joinedMax})
      union
      (select l.user_id from identity_links l
        where ${isSame("l", "p")} and l.id_kind = 'anonymous' and l.visitor_id = p.anonymous_id and l.kind = 'alias'
        limit ${joinedMax})
    ) l
  )
  select s.n, s.role, s.depth, s.kind, s.visitor_id, coalesce(o.shared, false) as shared,
    i.email_sha256, i.phone_sha256, i.phone_e164_sha256, c.advertising, c.advertising_at
  from sources s
  left join lateral (
    select * from identities i where ${isSame("i", "s")} and i.id_kind = s.id_kind and i.visitor_id = s.visitor_id
      and (i.linked or s.role <> 'joined' or s.id_kind = 'user')
    limit 1
  ) i on s.role <> 'heir'
  left join lateral (
    select * from consents c where ${isSame("c", "s")} and c.id_kind = s.id_kind and c.visitor_id = s.visitor_id limit 1
  ) c on true
  left join lateral (
    select count(*) > ${othersMax} or bool_or(
      not exists (
        select from identity_links a where ${isSame("a", "s")} and a.id_kind = 'user' and a.kind = 'alias'
          and a.visitor_id = o.user_id and a.user_id = s.into_id
      ) and not exists (
        select from identity_links a where ${isSame("a", "s")} and a.id_kind = 'user' and a.kind = 'alias'
          and a.visitor_id = s.into_id and a.user_id = o.user_id
      )
    ) as shared
    from (
      select o.user_id from identity_links o
      where ${isSame("o", "s")} and o.id_kind = s.id_kind and o.visitor_id = s.visitor_id and o.user_id <> s.into_id
      limit ${othersMax + 1}
    ) o
  ) o on s.role in ('own', 'joined')
  where i.org_id is not null or c.org_id is not null`;

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
  const byPerson = new Map<number, KnownRow[]>();
  for (const row of rows) {
    const others = byPerson.get(row.n);
    if (others) others.push(row);
    else byPerson.set(row.n, [row]);
  }
  return new Map([...byPerson].map(([n, own]) => [n, knownOf(people[n] as Person, own)]));
}

function knownOf({ userId }: Person, rows: readonly KnownRow[]): Known {
  const sources = hashRows(rows, userId !== null);
  const first = (name: "email_sha256" | "phone_sha256" | "phone_e164_sha256") =>
    sources.find((row) => row[name] !== null)?.[name] ?? null;
  return {
    emailSha256: first("email_sha256"),
    phoneSha256: first("phone_sha256"),
    phoneE164Sha256: first("phone_e164_sha256"),
    advertising: wordOf(rows, userId !== null),
  };
}

function personOf(row: NamingRow): Person {
  const [userId, anonymousId] = [joinableId(row.user_id), joinableId(row.anonymous_id)];
  return { orgId: row.org_id, projectId: row.project_id, userId, anonymousId };
}
