import { type RawBuilder, sql } from "kysely";

/** A time for a statement: columns of times read as milliseconds, and take what this makes. Units: milliseconds. */
export function moment(ms: number): RawBuilder<number> {
  return sql<number>`to_timestamp(${ms}::double precision / 1000)`;
}
