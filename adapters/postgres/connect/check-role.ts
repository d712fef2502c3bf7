import type pg from "pg";
import { fail, type Result, succeed } from "../../../domain/model/failure.ts";
import { attempt } from "../failure.ts";

interface RoleFacts {
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly creates_roles: boolean;
  readonly owns: boolean;
  readonly migrated: boolean;
}

const factsOfRole = `
  select r.rolsuper as superuser, r.rolbypassrls as bypasses, r.rolcreaterole as creates_roles,
    exists (
      select from pg_class c
      where c.relnamespace = to_regnamespace('tidegate') and pg_has_role(session_user, c.relowner, 'member')
    ) or exists (
      select from pg_proc p
      where p.pronamespace = to_regnamespace('tidegate') and pg_has_role(session_user, p.proowner, 'member')
    ) as owns,
    exists (
      select from pg_class c where c.relnamespace = to_regnamespace('tidegate') and c.relname = 'sdk_events'
    ) as migrated
  from pg_roles r where r.rolname = session_user`;

/**
 * Refuses a login that row-level security would not bind, or that could lift it: the walls between tenants hold only
 * for a role that owns nothing and is no superuser.
 *
 * Errors: `role_unsafe`, `schema_missing`, `store_unavailable`.
 */
export async function checkRole(pool: pg.Pool): Promise<Result<void>> {
  const facts = await attempt(async () => (await pool.query<RoleFacts>(factsOfRole)).rows[0]);
  if (!facts.ok) return facts;
  const role = facts.value;
  if (!role || role.superuser || role.bypasses || role.creates_roles || role.owns) {
    return fail("role_unsafe", { retry: "never" });
  }
  return role.migrated ? succeed(undefined) : fail("schema_missing", { retry: "never" });
}
